/** The protocol in this page against the examples that wamr-proto writes (wamr-proto/tests/examples.rs). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Malformed, decode, encode } from "../src/protocol/cbor.js";
import { decodeManifest } from "../src/protocol/manifest.js";
import { decodeReceipt } from "../src/protocol/receipt.js";
import { type Command, encodeRequest } from "../src/protocol/request.js";
import { type Response, decodeResponse } from "../src/protocol/response.js";
import { decodeApps, decodeStatus } from "../src/protocol/status.js";
import { limitText, refusalText, signaturesText, stateText, trapText } from "../src/protocol/texts.js";

interface Examples {
  messages: { name: string; bytes: string }[];
  texts: Record<"refusals" | "traps" | "limits" | "states" | "signatures", Record<string, string>>;
}

// Tests run in web/.
const { messages, texts } = JSON.parse(readFileSync("../wamr-proto/tests/examples.json", "utf8")) as Examples;
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

const digest = new Uint8Array(32).fill(0xd1);
const key = new Uint8Array(32).fill(0x8e);
const fingerprint = bytes("4ae76c6e3cae1e43");
const values = (f32: number) => [
  { type: "f32" as const, value: f32 },
  { type: "f64" as const, value: 0.1 },
];

const REQUESTS: Record<string, Command> = {
  begin: { command: "begin", size: 70_000, digest, denied: 0 },
  "begin, with a denied entry": { command: "begin", size: 70_000, digest, denied: 0b10 },
  commit: { command: "commit" },
  run: {
    command: "run",
    app: 0,
    export: "add",
    args: [
      { type: "i32", value: -1 },
      { type: "i64", value: 2n ** 63n - 1n },
      { type: "f32", value: 1.5 },
      { type: "f64", value: -0.1 },
    ],
    limits: {},
  },
  "run, with limits": { command: "run", app: 30, export: "add", args: [], limits: { fuel: 5e9, hostCalls: 10 } },
  describe: { command: "describe", app: 1 },
  start: { command: "start", app: 1 },
  stop: { command: "stop", app: 1 },
  remove: { command: "remove", app: 1 },
  trust: { command: "trust", key },
  revoke: { command: "revoke", key },
  read: { command: "read", part: 1, app: 2, at: 64 },
  failure: { command: "failure", app: 2 },
  send: { command: "send", app: 2, message: bytes("32312e35") },
};

const response = (fill: Partial<Response>): Response => ({
  seq: 7,
  refusal: undefined,
  details: undefined,
  excerpt: undefined,
  failure: undefined,
  denied: 0,
  ...fill,
});

const idle = { version: 5, slot: 57_344, activity: 0, apps: [], upload: undefined, signatures: 2, more: undefined };
const app = { number: 3, state: 4, failures: 1, fingerprint };
const receipt = { seq: 9, fuel: 1234, micros: 5678, memory: 65_536, pool: 9568, hostCalls: 2, backtrace: [], app: 3 };

/** What each other example is decoded as. */
const DECODED: Record<string, [(bytes: Uint8Array) => unknown, unknown]> = {
  success: [decodeResponse, response({})],
  refusal: [decodeResponse, response({ refusal: { code: 21, bound: undefined, message: "" } })],
  "refusal, with a bound": [decodeResponse, response({ refusal: { code: 12, bound: 2, message: "it takes (i64)" } })],
  details: [
    decodeResponse,
    response({ details: { name: "fan", version: 3, size: 4096, restart: 1, hasEntry: true, counter: 5 }, denied: 4 }),
  ],
  excerpt: [decodeResponse, response({ excerpt: bytes("010203") })],
  "failure by a trap": [decodeResponse, response({ failure: { kind: "trap", trap: 1, message: "unreachable" } })],
  "failure by a refusal": [
    decodeResponse,
    response({ failure: { kind: "refusal", refusal: { code: 8, bound: 100, message: "" } } }),
  ],
  status: [decodeStatus, idle],
  "status, with an app and an upload": [
    decodeStatus,
    {
      ...idle,
      activity: 2,
      apps: [app],
      upload: { size: 70_000, fingerprint, durable: 4096, granted: 8192, resend: 6000 },
      more: 8,
    },
  ],
  "page of apps": [decodeApps, [app, { ...app, number: 9 }]],
  receipt: [
    decodeReceipt,
    {
      ...receipt,
      outcome: {
        kind: "returned",
        values: [{ type: "i32", value: 42 }, { type: "i64", value: -(2n ** 63n) }, ...values(Math.fround(0.1))],
      },
    },
  ],
  "receipt of a trap": [
    decodeReceipt,
    { ...receipt, outcome: { kind: "trap", trap: 7, message: "integer divide by zero" }, backtrace: [4, 2] },
  ],
  "receipt of an exceeded limit": [
    decodeReceipt,
    { ...receipt, outcome: { kind: "limit", limit: 0, allowed: 1_000_000, used: 1_000_001 }, backtrace: [4] },
  ],
  manifest: [
    decodeManifest,
    { name: "blink", version: 2, entry: "start", counter: 4, capabilities: ["wamr", "gpio:led0"] },
  ],
};

test("requests are encoded as wamr-proto encodes them, and messages of devices decoded", () => {
  messages.forEach(({ name, bytes: hex }, at) => {
    const request = REQUESTS[name];
    if (request !== undefined) {
      assert.equal(Buffer.from(encodeRequest(at + 1, request)).toString("hex"), hex, name);
      return;
    }
    const [decodeMessage, expected] = DECODED[name] ?? assert.fail(`no test knows the example "${name}"`);
    assert.deepEqual(decodeMessage(bytes(hex)), expected, name);
  });
  assert.equal(messages.length, Object.keys(REQUESTS).length + Object.keys(DECODED).length, "each is an example");
});

test("numbers are shown in the words of wamrctl", () => {
  const check = (words: Record<string, string>, text: (number: number) => string): void => {
    assert.ok(Object.keys(words).length > 2);
    for (const [number, word] of Object.entries(words)) assert.equal(text(Number(number)), word);
  };
  check(texts.refusals, (code) => refusalText({ code, bound: undefined, message: "" }));
  check(texts.traps, trapText);
  check(texts.limits, limitText);
  check(texts.states, stateText);
  check(texts.signatures, signaturesText);
  assert.match(refusalText({ code: 99, bound: undefined, message: "" }), /does not know/);
});

test("a later version may add fields", () => {
  const status = decodeStatus(bytes("a600050109020003800501186363" + "6e6577"));
  assert.deepEqual([status.slot, status.apps], [9, []]);
});

test("no beginning of a message is a message", () => {
  for (const { bytes: hex } of messages) {
    const whole = bytes(hex);
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => decode(whole.subarray(0, length)), Malformed);
    }
    assert.throws(() => decode(Uint8Array.of(...whole, 0)), Malformed);
    assert.deepEqual(encode(decode(whole)), whole, "encoded again");
  }
  assert.deepEqual(decode(bytes("81a100".repeat(4) + "00")), [new Map([[0, [new Map([[0, [new Map([[0, [new Map([[0, 0]])]]])]]])]]])]);
  for (const depth of [9, 100_000]) assert.throws(() => decode(new Uint8Array(depth + 1).fill(0x81, 0, depth)), Malformed);
  // Indefinite lengths, tags, half floats, and more elements than there are bytes.
  for (const hex of ["9f01ff", "c001", "f93c00", "9affffffff01", "bb7fffffffffffffff"]) {
    assert.throws(() => decode(bytes(hex)), Malformed, hex);
  }
});
