/** The client's side of the protocol (docs/protocol.md): requests over a link, and what the device notifies. */

import { type Characteristic, type Link, Lost } from "./bluetooth/link.js";
import { Malformed } from "./protocol/cbor.js";
import { type Manifest, NO_MANIFEST, decodeManifest } from "./protocol/manifest.js";
import { type Receipt, decodeReceipt } from "./protocol/receipt.js";
import { type Command, type Limits, Part, encodeRequest } from "./protocol/request.js";
import { type Details, type Failure, type Refusal, type Response, decodeResponse } from "./protocol/response.js";
import { Activity, type AppStatus, PROTOCOL_VERSION, type Status, decodeApps, decodeStatus } from "./protocol/status.js";
import { refusalText } from "./protocol/texts.js";
import { TYPES, type Type, type Value, likelyValue, parseValue } from "./protocol/value.js";
import { pause, within } from "./time.js";

/** Milliseconds without a message from a device that is idle. */
const PATIENCE = 5000;

/** How often a request to a busy device is repeated, and the milliseconds between. */
const BUSY_TIMES = 20;
const BUSY_PAUSE = 500;

const BUSY = 1;
const BAD_ARGUMENTS = 12;
/** An excerpt with fewer bytes, or a page with fewer apps, is the last one. */
const EXCERPT_MAX = 64;
const PAGE_MAX = 4;

/** The device refused a request. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(`The device refused: ${refusalText(refusal)}.`);
  }
}

/** Somebody typed what no device accepts. */
export class Usage extends Error {}

export interface App extends AppStatus, Details {
  /** The entries of its list of capabilities that it is denied: a bit for each, the lowest for the first. */
  denied: number;
  manifest: Manifest;
  failure: Failure | undefined;
}

export interface TrustedKey {
  key: Uint8Array;
  /** It is a key of the firmware. */
  isBuiltIn: boolean;
  /** It may sign native code. */
  isForNative: boolean;
}

/** Takes the notifications of a device. */
export interface Listener {
  status(status: Status): void;
  receipt(receipt: Receipt): void;
  log(line: string): void;
  message(app: number, bytes: Uint8Array): void;
}

export class Client {
  #seq = 0;
  /** Settles after the requests so far. */
  #last: Promise<unknown> = Promise.resolve();
  #responses = new Map<number, (response: Response) => void>();
  #receipts = new Map<number, Receipt>();
  #statusListeners = new Set<(status: Status) => void>();

  /** Why this client has ended the connection. */
  failure: Malformed | undefined;
  /** Rejects when the connection has ended. */
  readonly #lost: Promise<never>;

  private constructor(
    readonly link: Link,
    private readonly listener: Listener,
  ) {
    this.#lost = link.ended.then(() => {
      throw this.failure ?? new Lost();
    });
    // No request may be waiting for it.
    this.#lost.catch(() => undefined);
  }

  /** Subscribes to everything that the device notifies. The first read makes the computer pair with a device that requires it. */
  static async over(link: Link, listener: Listener): Promise<Client> {
    const client = new Client(link, listener);
    await client.status();
    await client.#listen("control", (value) => client.#respond(decodeResponse(value)));
    await client.#listen("status", (value) => client.#announce(decodeStatus(value)));
    await client.#listen("result", (value) => client.#file(decodeReceipt(value)));
    await client.#listen("log", (value) => listener.log(new TextDecoder().decode(value)));
    await client.#listen("message", ([app, ...bytes]) => listener.message(app!, Uint8Array.from(bytes)));
    return client;
  }

  /** Reads the status. */
  async status(): Promise<Status> {
    const status = decodeStatus(await this.#unlessLost(this.link.read("status")));
    if (status.version !== PROTOCOL_VERSION) {
      throw new Error(
        `The device speaks version ${status.version} of the protocol, and this page version ${PROTOCOL_VERSION}. Update the older one.`,
      );
    }
    return status;
  }

  /** Writes a frame of an upload. */
  sendFrame(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#unlessLost(this.link.writeData(frame));
  }

  /** Calls `listener` with each status that the device notifies, until the returned function is called. */
  onStatus(listener: (status: Status) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Sends a request, again while the device is busy. Requests wait for each other, except those that interrupt a running app. */
  request(command: Command): Promise<Response> {
    const interrupts = command.command === "stop" || command.command === "remove";
    const done = interrupts ? this.#untilIdle(command) : this.#last.then(() => this.#untilIdle(command));
    this.#last = Promise.allSettled([this.#last, done]);
    return done;
  }

  /** The installed apps with their details. */
  async apps(): Promise<App[]> {
    const apps: App[] = [];
    for (const app of await this.installed()) {
      const { details, denied } = await this.request({ command: "describe", app: app.number });
      const { failure } = await this.request({ command: "failure", app: app.number });
      const section = await this.#section(Part.Manifest, app.number);
      const manifest = section.length === 0 ? NO_MANIFEST : decodeManifest(section);
      if (details !== undefined) apps.push({ ...app, ...details, denied, failure, manifest });
    }
    return apps;
  }

  /** The installed apps. A status has only the first of many. */
  async installed(): Promise<AppStatus[]> {
    const { apps, more } = await this.status();
    for (let next = more; next !== undefined; ) {
      const page = decodeApps(await this.#excerpt(Part.Apps, 0, next));
      apps.push(...page);
      const last = page.at(-1);
      // A device that repeats itself ends it, too.
      next = last !== undefined && page.length === PAGE_MAX && last.number >= next ? last.number + 1 : undefined;
    }
    return apps;
  }

  /** The keys that the device trusts, those of its firmware first. */
  async keys(): Promise<TrustedKey[]> {
    const keys: TrustedKey[] = [];
    for (;;) {
      const excerpt = await this.#excerpt(Part.Key, 0, keys.length);
      const properties = excerpt.at(-1);
      if (properties === undefined) return keys;
      keys.push({ key: excerpt.slice(0, -1), isBuiltIn: (properties & 1) !== 0, isForNative: (properties & 2) !== 0 });
    }
  }

  /**
   * Calls an export with what somebody typed as arguments. The types that they most likely have are tried first: a device that wants others
   * calls nothing and returns them.
   */
  async call(app: number, name: string, words: string[], limits: Limits): Promise<Receipt> {
    const likely = words.map((word) => likelyValue(word) ?? ({ type: "f64", value: Number.NaN } satisfies Value));
    try {
      return await this.#run(app, name, likely, limits);
    } catch (error) {
      const bound = error instanceof Refused && error.refusal.code === BAD_ARGUMENTS ? error.refusal.bound : undefined;
      if (bound === undefined) throw error;
      return await this.#run(app, name, parseArguments(words, typesOf(bound)), limits);
    }
  }

  async #run(app: number, name: string, args: Value[], limits: Limits): Promise<Receipt> {
    const { seq } = await this.request({ command: "run", app, export: name, args, limits });
    const receipt = this.#receipts.get(seq);
    this.#receipts.delete(seq);
    if (receipt !== undefined) return receipt;
    // The notification was lost on the way; the value is still there.
    const last = decodeReceipt(await this.#unlessLost(this.link.read("result")));
    if (last.seq !== seq) throw new Error("The device sent no receipt.");
    // A browser may report a value that is read like one that is notified.
    if (!this.#receipts.delete(seq)) this.listener.receipt(last);
    return last;
  }

  async #section(part: number, app: number): Promise<Uint8Array> {
    const content: number[] = [];
    for (;;) {
      const excerpt = await this.#excerpt(part, app, content.length);
      content.push(...excerpt);
      if (excerpt.length < EXCERPT_MAX) return Uint8Array.from(content);
    }
  }

  async #excerpt(part: number, app: number, at: number): Promise<Uint8Array> {
    return (await this.request({ command: "read", part, app, at })).excerpt ?? new Uint8Array();
  }

  async #untilIdle(command: Command): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.#ask(command);
      if (response.refusal === undefined) return response;
      if (response.refusal.code !== BUSY || attempt === BUSY_TIMES) throw new Refused(response.refusal);
      await pause(BUSY_PAUSE);
    }
  }

  /** Sends a request and waits for the response, without a timeout as long as the device reports that it is working. */
  async #ask(command: Command): Promise<Response> {
    const seq = ++this.#seq;
    const answered = new Promise<Response>((resolve) => this.#responses.set(seq, resolve));
    try {
      await this.link.writeControl(encodeRequest(seq, command));
      for (let idle = 0; ; ) {
        const response = await within(PATIENCE, this.#unlessLost(answered));
        if (response !== undefined) return response;
        // Only if it is idle twice in a row: a response that was on its way arrives in between.
        idle = (await this.status()).activity === Activity.Idle ? idle + 1 : 0;
        if (idle === 2) throw new Error("The device does not answer. Restart it.");
      }
    } finally {
      this.#responses.delete(seq);
    }
  }

  #respond(response: Response): void {
    // 0: the device could not read the request. It answers such a request at once, so it is the latest.
    const seq = response.seq === 0 ? this.#seq : response.seq;
    this.#responses.get(seq)?.({ ...response, seq });
  }

  #announce(status: Status): void {
    this.#statusListeners.forEach((listener) => listener(status));
    this.listener.status(status);
  }

  #file(receipt: Receipt): void {
    if (receipt.seq !== 0) this.#receipts.set(receipt.seq, receipt);
    this.listener.receipt(receipt);
  }

  /** Ends the connection if a notification cannot be decoded: its request would wait for nothing. */
  #listen(characteristic: Characteristic, take: (value: Uint8Array) => void): Promise<boolean> {
    const listening = this.link.listen(characteristic, (value) => {
      try {
        take(value);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.failure = error;
        this.link.close();
      }
    });
    return this.#unlessLost(listening);
  }

  /** An operation, which fails with the reason if the connection ends. */
  #unlessLost<T>(operation: Promise<T>): Promise<T> {
    return Promise.race([this.#lost, operation]);
  }
}

/** The types in the bound of a refusal: four bits each, the first in the lowest. */
function typesOf(bound: number): Type[] {
  const types: Type[] = [];
  for (let rest = bound; rest !== 0; rest >>>= 4) {
    const type = TYPES[(rest & 15) - 1];
    if (type === undefined) throw new Usage("The function takes a reference, which no call can pass.");
    types.push(type);
  }
  return types;
}

function parseArguments(words: string[], types: Type[]): Value[] {
  const takes = types.length === 0 ? "no arguments" : `(${types.join(", ")})`;
  if (words.length !== types.length) throw new Usage(`The function takes ${takes}.`);
  return words.map((word, at) => {
    const value = parseValue(word, types[at]!);
    if (value === undefined) throw new Usage(`The function takes ${takes}, and "${word}" is not of the type ${types[at]}.`);
    return value;
  });
}
