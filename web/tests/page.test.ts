/**
 * The page in Chromium, with a twin as the device. Everything goes over Bluetooth's protocols: see bridge.py. Environment variables:
 * WAMRCTL, PYTHON, CHROMIUM, and SCREENSHOTS for a directory to save screenshots in.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { type Browser, type JSHandle, type Page, chromium } from "playwright-core";
import { Bridge } from "./bridge.js";
import { fakeBluetooth } from "./fake-bluetooth.js";
import { withManifest, withSection } from "./modules.js";
import { type Site, serve } from "./site.js";

const WAMRCTL = process.env["WAMRCTL"] ?? "../target/debug/wamrctl";
const PYTHON = process.env["PYTHON"] ?? "../.venv/bin/python";
const SCREENSHOTS = process.env["SCREENSHOTS"];
const SIZE_OF_BIG_APP = 24_000;

const directory = mkdtempSync(join(tmpdir(), "wamr-web-"));
const guest = (name: string): Buffer => readFileSync(`../guest/${name}.wasm`);

let site: Site;
let bridge: Bridge;
let browser: Browser;
let page: Page;
const problems: string[] = [];

before(async () => {
  for (const key of ["key", "other"]) execFileSync(WAMRCTL, ["keygen", join(directory, key)]);
  cpSync("dist", join(directory, "site"), { recursive: true });
  site = await serve(join(directory, "site"));
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  // Last: the twin accepts a new client for a minute.
  mkdirSync(join(directory, "twin"));
  bridge = await Bridge.start(PYTHON, "tests/bridge.py", [
    ...["--wamrctl", WAMRCTL, "--directory", join(directory, "twin")],
    ...["--trust", join(directory, "key.pub")],
  ]);
  await page.exposeFunction("bridge", (request: object) => bridge.perform(request));
  bridge.onEvent = (event) => void page.evaluate((event) => window.onBridge(event), event).catch(() => undefined);
  await page.addInitScript(fakeBluetooth);
  await page.goto(site.address);
});

after(async () => {
  await browser?.close();
  await site?.stop();
  await bridge?.stop();
  rmSync(directory, { recursive: true });
});

/** Focuses an element. That the Tab key reaches each one is a test of its own. */
async function focus(selector: string): Promise<void> {
  await page.focus(selector);
  assert.ok(await page.evaluate((selector) => document.activeElement?.matches(selector), selector), selector);
}

/** The name of the element with the focus. */
const focused = (): Promise<string | null> =>
  page.evaluate(() => document.activeElement!.ariaLabel ?? document.activeElement!.textContent);

const press = async (selector: string): Promise<void> => {
  await page.locator(selector).and(page.locator(":enabled")).waitFor();
  await focus(selector);
  await page.keyboard.press("Enter");
};

const type = async (selector: string, text: string): Promise<void> => {
  await focus(selector);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.press("Delete");
  await page.keyboard.type(text);
};

const contains = (selector: string, text: string | RegExp): Promise<void> =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();

/** Chooses a file in the dialog that the keyboard opens. */
async function choose(name: string, content: Uint8Array | string): Promise<void> {
  await focus("#file");
  const dialog = page.waitForEvent("filechooser");
  await page.keyboard.press("Space");
  await (await dialog).setFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(content) });
}

async function install(name: string, module: Uint8Array): Promise<void> {
  await choose(name, module);
  await contains("#report", name);
  await press("#install");
  await contains("#news", `Installed ${name}`);
}

async function call(app: string, name: string, words: string): Promise<string> {
  await page.selectOption("#call-app", { label: app });
  await type("#call-export", name);
  await type("#call-arguments", words);
  await page.locator("#result").evaluate((result) => (result.textContent = ""));
  await press("#call-send");
  await page.waitForFunction(() => document.querySelector("#result")!.textContent !== "");
  return (await page.textContent("#result"))!;
}

async function screenshot(name: string): Promise<void> {
  if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** Checks contrast, labels and the rest of what axe knows. */
async function checkAccessibility(): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
}

/** Signs a module as developers do. */
function signed(module: Uint8Array, key: string): Buffer {
  const file = join(directory, "module.wasm");
  writeFileSync(file, module);
  execFileSync(WAMRCTL, ["sign", file, "--key", join(directory, key), "-o", file]);
  return readFileSync(file);
}

/** A signed app of some size that may use more than it needs. */
function bigApp(): Buffer {
  const padded = withSection(guest("hello"), "padding", new Uint8Array(SIZE_OF_BIG_APP).map((_, at) => at * at));
  return signed(withManifest(padded, "hello", ["wamr", "gpio:led0"]), "key");
}

test("the page connects, and the computer pairs with the device", async () => {
  await press("#connect");
  await contains("#connection", "Connected to twin. Modules up to 122,880 bytes, signatures optional.");
  assert.equal(await focused(), "Disconnect");
  assert.equal(await bridge.perform({ do: "count_pairings" }), 1);
  await contains("#no-apps", "No app is installed");
});

test("a file that is no module, or was altered, is not uploaded", async () => {
  await choose("photo.jpg", "JFIF");
  await contains("#problem", "photo.jpg is not a WebAssembly module");
  const altered = bigApp();
  altered[altered.length - 1]! ^= 1;
  await choose("altered.wasm", altered);
  await contains("#report .problem", "changed after it was signed");
  assert.ok(await page.isDisabled("#install"));
});

test("an upload shows what the app may reach, resumes after the connection was lost, and denies what was cleared", async () => {
  const module = bigApp();
  await choose("hello.wasm", module);
  await contains("#report", "Verified: a key that the device trusts signed these bytes.");
  await contains("#report", "use the pin led0");
  await focus("input[name=grant]");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await screenshot("install");

  await bridge.perform({ do: "lose", after: 14_000 });
  await press("#install");
  await contains("#news", "The connection was lost");
  await contains("#news", "Installed hello.wasm, after the connection was lost.");
  const [, resumedAt] = /Resumed at byte ([\d,]+)/.exec((await page.textContent("#progress-text"))!) ?? assert.fail("it did not resume");
  assert.ok(Number(resumedAt!.replace(",", "")) >= 8192, `resumed at ${resumedAt}`);
  assert.equal(await bridge.perform({ do: "count_pairings" }), 1, "the bond was used");
  await contains("#apps tr", /hello.*started.*use the pin led0 \(denied\)/);
});

test("an upgrade sends only the changes", async () => {
  const next = bigApp();
  const changed = withSection(next.subarray(0), "note", Buffer.from("of this version"));
  await install("hello.wasm", signed(changed, "key"));
  const [, sent] = /Sent ([\d,]+) bytes: only the changes/.exec((await page.textContent("#progress-text"))!) ?? assert.fail("it sent all");
  assert.ok(Number(sent!.replace(",", "")) < 2048, sent);
  await contains("#apps tr", /hello.*started/);
});

test("a module can be dropped", async () => {
  await page.evaluate((bytes) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([Uint8Array.from(bytes)], "dropped.wasm"));
    document.querySelector("#drop")!.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, [...withManifest(guest("add"), "add", [])]);
  await contains("#report", "dropped.wasm");
  await contains("#report", "The app may reach nothing of the device.");
  await press("#install");
  await contains("#news", "Installed dropped.wasm");
});

test("calls return values, and their receipts are plotted", async () => {
  for (const word of ["40", "-40", "0x28"]) {
    assert.match(await call("add", "add", `2 ${word}`), /^(42|-38) \(i32\) after \d+ instructions/);
  }
  await type("#call-fuel", "1");
  assert.match(await call("add", "add", "2 40"), /exceeded its limit of fuel, 1 instructions/);
  await type("#call-fuel", "");
  await call("add", "add", "1 2");
  await page.selectOption("#runs-app", { label: "add" });
  const labels = await page.locator("#runs svg").evaluateAll((charts) => charts.map((chart) => chart.getAttribute("aria-label")!));
  assert.equal(labels.length, 3);
  assert.match(labels[0]!, /^Fuel of 5: lowest \d instructions, highest \d instructions/);
  assert.equal(await page.locator("#runs svg .cross").count(), 3, "the run that failed, in each chart");
  assert.equal(await page.locator("#runs-table tr").count(), 5);
});

test("a call that the device refuses is explained", async () => {
  await type("#call-export", "subtract");
  await press("#call-send");
  await contains("#problem", "The device refused: no such export");
  assert.equal(await page.textContent("#result"), "");
  await type("#call-export", "add");
  await type("#call-arguments", "1");
  await press("#call-send");
  await contains("#problem", "The function takes (i32, i32).");
});

test("the log is live", async () => {
  assert.match(await call("hello", "hello", ""), /^returned/);
  await contains("#log", "hello: Hello from WebAssembly");
  const first = (await page.locator("#log").evaluateHandle((log) => log.firstChild!)) as JSHandle<ChildNode>;
  await call("hello", "hello", "");
  await page.waitForFunction(() => document.querySelector("#log")!.textContent!.split("Hello from WebAssembly").length === 3);
  assert.ok(await first.evaluate((line) => line.isConnected), "screen readers would read the first line again");
});

test("messages go both ways, and their values are plotted", async () => {
  const echo = readFileSync("../tests/end_to_end/echo.wasm");
  await install("echo.wasm", withManifest(echo, "echo", ["message:client", "kv"]));
  await page.selectOption("#message-app", { label: "echo" });
  const option = await page.locator("#message-app option").first().elementHandle();
  for (const value of ["21.5", "22", "24.25", "23"]) {
    await type("#message-text", value);
    await press("#message-send");
    await contains("#messages li", value);
  }
  const label = await page.getAttribute("#message-chart svg", "aria-label");
  assert.equal(label, "Values of 4: lowest 21.5, highest 24.25, last 23");
  assert.ok(await option!.evaluate((option) => option.isConnected), "an open selection would close");
  await screenshot("page");
});

test("the owner lets the device trust another key, and revokes it", async () => {
  await choose("counter.wasm", signed(withManifest(guest("counter"), "counter"), "other"));
  await contains("#report .problem", "The device does not trust the key");
  assert.ok(await page.isDisabled("#install"));
  await page.setInputFiles("#key-file", join(directory, "other"));
  await contains("#problem", "This is a secret key");
  assert.equal(await page.inputValue("#key-file"), "", "the same file can be chosen again");
  await page.setInputFiles("#key-file", join(directory, "other.pub"));
  await contains("#news", "The device trusts other.pub.");
  await contains("#report", "Verified: a key that the device trusts signed these bytes.");
  const hex = readFileSync(join(directory, "other.pub")).subarray(1).toString("hex");
  page.once("dialog", (dialog) => void dialog.accept());
  await press(`button[aria-label='Revoke the key ${hex.slice(0, 8)}']`);
  await contains("#news", "Revoked the key.");
  await contains("#report .problem", "The device does not trust the key");
});

test("the Tab key reaches everything that can be used", async () => {
  const usable = "a[href], button:enabled, input:enabled, select:enabled, summary, [tabindex='0']";
  const look = () =>
    page.evaluate((usable) => {
      const all = [...document.querySelectorAll(usable)].filter((element) => element.checkVisibility());
      return { count: all.length, focused: all.indexOf(document.activeElement!) };
    }, usable);
  const { count } = await look();
  const reached = new Set<number>();
  // The focus also leaves the page and comes back.
  for (let presses = 0; presses < count + 3; presses++) {
    await page.keyboard.press("Tab");
    reached.add((await look()).focused);
  }
  reached.delete(-1);
  assert.equal(reached.size, count);
});

test("people who see little, or differently, can use the page", async () => {
  await checkAccessibility();
  await page.selectOption("#theme", "dark");
  await checkAccessibility();
  await screenshot("dark");
  await page.setViewportSize({ width: 390, height: 844 });
  await screenshot("phone");
  const { scroll, client } = await page.evaluate(() => ({ scroll: document.body.scrollWidth, client: innerWidth }));
  assert.ok(scroll <= client, `the page is ${scroll} wide on a screen of ${client}`);
  await page.setViewportSize({ width: 1100, height: 900 });
});

test("apps are stopped, started and removed", async () => {
  await press("button[aria-label='Stop add']");
  await contains("#apps tr", /add.*stopped/);
  assert.equal(await focused(), "Start add");
  await press("button[aria-label='Start add']");
  await contains("#apps tr", /add.*started/);
  page.once("dialog", (dialog) => void dialog.accept());
  await press("button[aria-label='Remove add']");
  await contains("#news", "add: removed.");
  assert.equal(await focused(), "Installed apps");
  assert.equal(await page.locator("#apps tr").count(), 2);
});

test("an app is stopped while it runs a call", async () => {
  await install("spin.wasm", withManifest(guest("spin"), "spin", []));
  await page.selectOption("#call-app", { label: "spin" });
  await type("#call-export", "spin");
  await press("#call-send");
  await press("button[aria-label='Stop spin']");
  await contains("#result", "interrupted");
  await contains("#apps tr", /spin.*stopped/);
});

test("the failure of an app is shown", async () => {
  await install("trap.wasm", withManifest(guest("trap"), "trap", [], "unreachable"));
  await contains("#apps tr", /trap.*Last failure: trap: unreachable executed/);
});

test("a new version of the page replaces the old one, and no files of other pages", async () => {
  const worker = join(directory, "site", "service-worker.js");
  writeFileSync(worker, readFileSync(worker, "utf8").replace(/[0-9a-f]{16}/, "0123456789abcdef"));
  assert.equal(await page.textContent("#update"), "");
  await page.evaluate(async () => {
    await caches.open("of another page");
    await (await navigator.serviceWorker.ready).update();
  });
  await contains("#update", "A new version of this page is ready.");
  // The new worker takes over before it has deleted the old files.
  const names = await page.evaluate(async () => {
    for (let tries = 0; tries < 100 && (await caches.keys()).length !== 3; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return caches.keys();
  });
  assert.deepEqual(names.sort(), ["of another page", "wamr versions", `wamr-web ${site.address} 0123456789abcdef`]);
});

test("the page works offline, and connects again", async () => {
  await page.selectOption("#call-app", { label: "hello" });
  await type("#call-export", "subtract");
  await press("#call-send");
  await contains("#problem", "no such export");
  await press("#disconnect");
  await contains("#connection", "The connection has ended.");
  assert.equal(await focused(), "Connect again");
  await contains("#problem", "no such export");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await site.stop();
  await page.reload();
  await contains("#connection", "Not connected.");
  await press("#connect");
  await contains("#apps tr", /hello/);
});

test("a browser without Web Bluetooth, or one that blocks storage, shows the page and the reason", async () => {
  const other = await page.context().newPage();
  await other.addInitScript(() => {
    Reflect.deleteProperty(Navigator.prototype, "bluetooth");
    const get = (): never => {
      throw new DOMException("Access is denied.", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", { get });
  });
  await other.goto(site.address);
  await other.locator("#obstacle").filter({ hasText: "This browser has no Web Bluetooth" }).waitFor();
  assert.ok(await other.isDisabled("#connect"));
  await other.close();
});

test("nothing failed unseen", () => {
  assert.deepEqual(problems, []);
});
