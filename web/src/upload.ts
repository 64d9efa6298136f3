/** An upload that resumes by itself when the connection ends. It sends only the changes to an installed app, if it can. */

import { Lost } from "./bluetooth/link.js";
import { type Client, Refused } from "./client.js";
import { Plan } from "./delta.js";
import { FINGERPRINT_SIZE, isEqual, sha256 } from "./module/signature.js";
import { DELTA_FRAME, FRAME_HEADER, encodeFrame } from "./protocol/request.js";
import { Activity, type Status, type Upload } from "./protocol/status.js";
import { pause, within } from "./time.js";

/** Milliseconds to wait for a status before data is sent again, and how often that happens without progress. */
const RESEND_AFTER = 1000;
const RESEND_TIMES = 10;

/** Milliseconds before the first and the last attempts to connect again. They double after each attempt without progress. */
const PAUSE = 500;
const PAUSE_MAX = 8000;
const ATTEMPTS_MAX = 8;

/**
 * Bytes of a frame. A page cannot find out how many fit into a packet of this connection, but the protocol requires that these do:
 * an ATT MTU of 185 bytes less the 3 of ATT.
 */
const FRAME_MAX = 182;
const ROOM = FRAME_MAX - FRAME_HEADER;

/** Half of the window that devices have, in bytes of the module. */
const ENOUGH = 2048;

const MALFORMED = 0;
const DIGEST_MISMATCH = 5;
const NO_APP = 10;

/** Where the modules come from that are installed on devices. */
export interface Bases {
  find(fingerprint: Uint8Array): Promise<Uint8Array | undefined>;
  /** Loads the encoder of deltas, if possible. */
  encoder(): Promise<WebAssembly.Module | undefined>;
}

export interface Installation {
  module: Uint8Array<ArrayBuffer>;
  /** What the app gets nothing of, although its manifest lists it: a bit for each entry, the lowest for the first. */
  denied: number;
  /** Without them, the upload sends the whole module. */
  bases?: Bases;
  /** Called with the number of bytes to send, if these are only the changes to an installed app. */
  changes?(bytes: number): void;
  /** Called with the number of bytes that the device has in flash. */
  progress(bytes: number): void;
  /** Called when the connection was lost, before it is established again. */
  lost(): void;
}

/** Uploads a module, which the device then installs, and connects again as often as necessary. */
export async function install(
  client: Client,
  reconnect: () => Promise<Client>,
  installation: Installation,
): Promise<void> {
  const upload = new Uploading(installation, await sha256(installation.module));
  let connected: Client | undefined = client;
  for (let attempts = 0; ; ) {
    const before = upload.best;
    try {
      connected ??= await reconnect();
      return await upload.goOn(connected);
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      attempts = upload.best > before ? 1 : attempts + 1;
      if (attempts > ATTEMPTS_MAX) throw error;
      connected = undefined;
      installation.lost();
      await pause(Math.min(PAUSE * 2 ** (attempts - 1), PAUSE_MAX));
    }
  }
}

class Uploading {
  /** The most bytes that the device has had so far. */
  best = 0;
  /** The device copied other bytes than the page has. */
  #isWhole = false;

  constructor(
    private readonly installation: Installation,
    private readonly digest: Uint8Array,
  ) {}

  async goOn(client: Client): Promise<void> {
    const { module, denied } = this.installation;
    // The connection may have been lost after the last byte, before the response.
    if (this.best === module.length && (await this.#isInstalled(client))) return;
    await client.request({ command: "begin", size: module.length, digest: this.digest, denied });
    const sender = new Sender(module, this.digest);
    sender.learn(await client.status());
    sender.start(await this.#plan(client));
    this.#report(sender.durable);
    await this.#send(client, sender);
    try {
      await client.request({ command: "commit" });
    } catch (error) {
      if (this.#isWhole || !isRefusal(error, DIGEST_MISMATCH)) throw error;
      // A base was another module, or an earlier upload, maybe of another client, began with other bytes.
      this.#isWhole = true;
      this.best = 0;
      await this.goOn(client);
    }
  }

  /** Makes the device take the module as changes to an installed app, the one that saves most, if one saves half of the bytes. */
  async #plan(client: Client): Promise<Plan | undefined> {
    const { module, bases } = this.installation;
    if (bases === undefined || this.#isWhole) return undefined;
    let best: { app: number; plan: Plan; length: number } | undefined;
    let encoder: WebAssembly.Module | undefined;
    for (const { number: app, fingerprint } of await client.installed()) {
      const base = await bases.find(fingerprint);
      if (base === undefined) continue;
      encoder ??= await bases.encoder();
      if (encoder === undefined) return undefined;
      const plan = await Plan.between(encoder, base, module);
      const length = plan.length(ROOM, FRAME_HEADER);
      if (length <= (best?.length ?? module.length / 2)) best = { app, plan, length };
    }
    if (best === undefined) return undefined;
    try {
      await client.request({ command: "base", app: best.app });
    } catch (error) {
      // It does not know the command, or does not have the app any more.
      if (isRefusal(error, MALFORMED, NO_APP)) return undefined;
      throw error;
    }
    this.installation.changes?.(best.length);
    return best.plan;
  }

  /** Sends data until the device has all of it in flash, or takes no more: then it reports the reason at the end. */
  async #send(client: Client, sender: Sender): Promise<void> {
    const news = new Signal();
    const forget = client.onStatus((status) => {
      // A status without this upload is late, or means that the upload has ended: the next one that is read shows which.
      if (!sender.isOf(status)) return;
      sender.learn(status);
      news.raise();
    });
    try {
      for (let idle = 0; sender.durable < this.installation.module.length; ) {
        const before = sender.durable + sender.granted;
        const frame = sender.frame();
        if (frame !== undefined) {
          await client.sendFrame(frame);
        } else if (!(await news.wait(RESEND_AFTER))) {
          sender.learn(await client.status());
          sender.rewind(sender.durable);
          idle += 1;
        }
        if (sender.durable + sender.granted !== before) idle = 0;
        if (idle > RESEND_TIMES) return;
        this.#report(sender.durable);
      }
    } finally {
      forget();
    }
  }

  async #isInstalled(client: Client): Promise<boolean> {
    const fingerprint = this.digest.subarray(0, FINGERPRINT_SIZE);
    let status = await client.status();
    while (status.activity === Activity.Installing) {
      await pause(PAUSE);
      status = await client.status();
    }
    if (status.upload !== undefined && isEqual(status.upload.fingerprint, fingerprint)) return false;
    const app = (await client.installed()).find((app) => isEqual(app.fingerprint, fingerprint));
    if (app === undefined) return false;
    return (await client.request({ command: "describe", app: app.number })).denied === this.installation.denied;
  }

  #report(durable: number): void {
    this.best = Math.max(this.best, durable);
    this.installation.progress(durable);
  }
}

const isRefusal = (error: unknown, ...codes: number[]): boolean =>
  error instanceof Refused && codes.includes(error.refusal.code);

/** The bytes of a module that are sent next. */
export class Sender {
  next = 0;
  #plan: Plan | undefined;
  /** The bytes that the device must accept, so that a frame with operations is worth it. */
  #enough = 0;
  /** The bytes that the device has in flash, and the limit up to which it accepts more. */
  durable = 0;
  granted = 0;
  /** The last reported gap. The data from there is sent again once. */
  #gap: number | undefined;
  readonly #fingerprint: Uint8Array;

  constructor(
    private readonly module: Uint8Array,
    digest: Uint8Array,
  ) {
    this.#fingerprint = digest.subarray(0, FINGERPRINT_SIZE);
  }

  /** Starts where the device has got to. With a plan, sends its operations. */
  start(plan: Plan | undefined): void {
    this.next = this.durable;
    this.#plan = plan;
    // Of an upload that resumes, the device may already have more than the durable bytes.
    this.#enough = Math.min((this.granted - this.durable) / 2, ENOUGH);
  }

  /** The next frame, if the device takes one. */
  frame(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#plan !== undefined) return this.#operations(this.#plan);
    const end = Math.min(this.granted, this.next + ROOM, this.module.length);
    if (end <= this.next) return undefined;
    const frame = encodeFrame(this.next, this.module.subarray(this.next, end));
    this.next = end;
    return frame;
  }

  #operations(plan: Plan): Uint8Array<ArrayBuffer> | undefined {
    const granted = this.granted - this.next;
    // A frame makes many bytes, so a small part of the window is not worth one.
    const isEnough = granted >= this.#enough || this.granted === this.module.length;
    if (granted <= 0 || !isEnough) return undefined;
    const { operations, next } = plan.frame(this.next, this.granted, ROOM);
    const frame = encodeFrame(this.next + DELTA_FRAME, operations);
    this.next = next;
    return frame;
  }

  isOf({ upload }: Status): boolean {
    return this.#own(upload) !== undefined;
  }

  /** Processes a status of the upload. */
  learn({ upload }: Status): void {
    const own = this.#own(upload);
    if (own === undefined) throw new Error("The device gave up the upload: another client may have started one.");
    // A value that was read may be newer than a notification that is still on its way.
    this.durable = Math.max(this.durable, own.durable);
    this.granted = Math.max(this.granted, own.granted);
    if (own.resend !== undefined && own.resend !== this.#gap) this.rewind(own.resend);
    this.#gap = own.resend;
  }

  /** Continues from an earlier offset. */
  rewind(offset: number): void {
    this.next = Math.min(this.next, offset);
  }

  #own(upload: Upload | undefined): Upload | undefined {
    return upload?.size === this.module.length && isEqual(upload.fingerprint, this.#fingerprint) ? upload : undefined;
  }
}

/** Something that one side raises and the other waits for. */
class Signal {
  #raised = false;
  #wake = () => {};

  raise(): void {
    this.#raised = true;
    this.#wake();
  }

  /** Waits until it is raised, or for some milliseconds. Returns whether it was raised since the last call. */
  async wait(milliseconds: number): Promise<boolean> {
    if (!this.#raised) await within(milliseconds, new Promise<void>((resolve) => (this.#wake = resolve)));
    const raised = this.#raised;
    this.#raised = false;
    return raised;
  }
}
