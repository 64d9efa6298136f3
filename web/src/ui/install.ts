/** Choosing a module, by a dialog or by dropping it, and installing it. */

import { type Inspection, inspect } from "../module/inspection.js";
import { BadModule } from "../module/reader.js";
import { isEqual, sha256 } from "../module/signature.js";
import { AppState } from "../protocol/status.js";
import type { Session } from "../session.js";
import { type Bases, install } from "../upload.js";
import { findVersion, keepVersion } from "../versions.js";
import { announce, attempt, byId, complain, make, refill } from "./dom.js";

const ENCODER = new URL("../delta.wasm", import.meta.url);

const BASES: Bases = {
  find: findVersion,
  encoder: () => WebAssembly.compileStreaming(fetch(ENCODER)).catch(() => undefined),
};

interface Chosen {
  fileName: string;
  module: Uint8Array<ArrayBuffer>;
  inspection: Inspection;
}

export function showInstall(session: Session, exportsKnown: (names: string[]) => void): void {
  const zone = byId("drop", HTMLElement);
  const input = byId("file", HTMLInputElement);
  const report = byId("report", HTMLElement);
  const start = byId("install", HTMLButtonElement);
  const progress = byId("progress", HTMLProgressElement);
  const progressText = byId("progress-text", HTMLElement);
  let chosen: Chosen | undefined;
  let isUploading = false;

  const show = (): void => {
    start.disabled = isUploading || !session.client || !chosen || chosen.inspection.problem !== undefined;
  };

  /** The number of the last look. Only this one may show its result. */
  let last = 0;
  const look = async (fileName: string, reading: Promise<Uint8Array<ArrayBuffer>>): Promise<void> => {
    const number = ++last;
    const module = await reading;
    const { client, status, keys } = session;
    const inspection = await inspect(module, client && status && { status, keys: keys.map(({ key }) => key) });
    if (number !== last) return;
    const denied = chosen?.module === module ? deniedIn(report) : 0;
    chosen = { fileName, module, inspection };
    refill(report, reportOn(chosen, denied));
    report.hidden = false;
    exportsKnown(inspection.sections.exports);
    show();
  };

  const choose = (file: File | undefined): void => {
    if (file === undefined || isUploading) return;
    void attempt(async () => {
      chosen = undefined;
      report.hidden = true;
      progress.hidden = true;
      progressText.textContent = "";
      show();
      try {
        await look(file.name, file.arrayBuffer().then((buffer) => new Uint8Array(buffer)));
      } catch (error) {
        if (error instanceof BadModule) throw new Error(`${file.name} is not a WebAssembly module. ${error.message}`);
        throw error;
      }
    });
  };

  const upload = async ({ module, fileName }: Chosen): Promise<void> => {
    isUploading = true;
    show();
    progress.hidden = false;
    progress.max = module.length;
    let resumedAt: number | undefined;
    let changes = "";
    let wasLost = false;
    const { device } = session;
    const showProgress = (bytes: number): void => {
      progress.value = bytes;
      resumedAt ??= bytes;
      const resumed = resumedAt === 0 ? "" : ` Resumed at byte ${resumedAt.toLocaleString("en")}.`;
      progressText.textContent = `${Math.floor((100 * bytes) / module.length)} % of ${module.length.toLocaleString("en")} bytes.${resumed}${changes}`;
    };
    try {
      announce(`Uploading ${fileName}.`);
      await install(session.connected(), () => session.reconnect(device), {
        module,
        denied: deniedIn(report),
        bases: BASES,
        changes: (bytes) => (changes = ` Sent ${bytes.toLocaleString("en")} bytes: only the changes to the installed version.`),
        progress: showProgress,
        lost: () => {
          [resumedAt, wasLost] = [undefined, true];
          announce("The connection was lost. Connecting again; the upload resumes.");
        },
      });
      await keepVersion(module);
      await session.refresh();
    } finally {
      isUploading = false;
      show();
    }
    announce(`Installed ${fileName}${wasLost ? ", after the connection was lost" : ""}.${await newsOf(session, module)}`);
  };

  input.addEventListener("change", () => {
    choose(input.files?.[0]);
    // The same file, changed, can be chosen again.
    input.value = "";
  });
  start.addEventListener("click", () => chosen && void attempt(() => upload(chosen!)));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    choose(event.dataTransfer?.files[0]);
  });
  // The keys of the device are known now, or no longer. This is no action of the user, so an error that is shown stays.
  const lookAgain = (): void => {
    if (chosen && !isUploading) void look(chosen.fileName, Promise.resolve(chosen.module)).catch(complain);
  };
  session.on("connection", show);
  session.on("connection", lookAgain);
  session.on("apps", lookAgain);
  show();
}

/** How the app is that was just installed. */
async function newsOf(session: Session, module: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await sha256(module);
  const app = session.apps.find(({ fingerprint }) => isEqual(fingerprint, digest.subarray(0, fingerprint.length)));
  if (app === undefined) throw new Error("The new version has failed, so the device went back to the previous one.");
  if (app.state === AppState.OnTrial) return " It is on trial: if it fails, the device goes back to the previous version.";
  return app.failure === undefined ? "" : " Its last run has failed: see the list of apps.";
}

function reportOn({ fileName, module, inspection }: Chosen, denied: number): HTMLElement[] {
  const { manifest } = inspection.sections;
  const facts = make("dl");
  const fact = (name: string, value: string): void => facts.append(make("dt", {}, name), make("dd", {}, value));
  fact("File", `${fileName}, ${module.length.toLocaleString("en")} bytes`);
  fact("App", manifest.name === "" ? "without a name" : `${manifest.name}, version ${manifest.version}`);
  fact("Signature", inspection.signature);
  const problem = inspection.problem === undefined ? [] : [make("p", { className: "problem" }, inspection.problem)];
  return [facts, grantsOf(inspection, denied), ...problem];
}

function grantsOf({ grants, isDeniable }: Inspection, denied: number): HTMLElement {
  if (grants.length === 0) return make("p", {}, "The app may reach nothing of the device.");
  const legend = isDeniable ? "The app may do this. Clear what you deny it." : "The app has no list of capabilities. Its imports permit it this:";
  return make(
    "fieldset",
    { className: "grants" },
    make("legend", {}, legend),
    ...grants.map(({ entry, words }, at) => {
      const checked = (denied & (1 << at)) === 0;
      const box = make("input", { type: "checkbox", id: `grant-${at}`, checked, disabled: !isDeniable, name: "grant" });
      return make("label", {}, box, ` ${words} `, make("code", {}, entry));
    }),
  );
}

/** A bit for each grant that was cleared, the lowest for the first. */
function deniedIn(report: HTMLElement): number {
  const boxes = [...report.querySelectorAll<HTMLInputElement>("input[name=grant]")];
  return boxes.reduce((denied, box, at) => (box.checked ? denied : denied | (1 << at)), 0);
}
