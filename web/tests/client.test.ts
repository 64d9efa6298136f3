/** The client and the upload against a device whose answers the tests choose. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Lost } from "../src/bluetooth/link.js";
import { Plan } from "../src/delta.js";
import { Client, type Listener, Refused, Usage } from "../src/client.js";
import { sha256 } from "../src/module/signature.js";
import { type Cbor, type CborMap, Malformed, encode } from "../src/protocol/cbor.js";
import type { Receipt } from "../src/protocol/receipt.js";
import type { Status } from "../src/protocol/status.js";
import { pause } from "../src/time.js";
import { Sender, install } from "../src/upload.js";
import { FakeLink } from "./fake-link.js";

const NOBODY: Listener = { status: () => {}, receipt: () => {}, log: () => {}, message: () => {} };

const refusal = (code: number, bound?: number): CborMap =>
  new Map([[1, new Map<number, Cbor>([[0, code], ...(bound === undefined ? [] : ([[1, bound]] as [number, Cbor][]))])]]);

test("a request is repeated while the device is busy", async () => {
  const link = new FakeLink([refusal(1), refusal(1), new Map()]);
  const client = await Client.over(link, NOBODY);
  await client.request({ command: "start", app: 2 });
  assert.deepEqual(link.commands, [[5, 2], [5, 2], [5, 2]]);
});

test("a refusal is an error in words, and the next request goes on", async () => {
  const client = await Client.over(new FakeLink([refusal(10), new Map()]), NOBODY);
  await assert.rejects(client.request({ command: "stop", app: 9 }), (error: Refused) => /no such app/.test(error.message));
  await client.request({ command: "commit" });
});

test("requests wait for each other, but a stop does not wait for the run that it interrupts", async () => {
  const link = new FakeLink(["late", new Map(), new Map()]);
  const client = await Client.over(link, NOBODY);
  const run = client.request({ command: "run", app: 0, export: "spin", args: [], limits: {} });
  await pause(0);
  const start = client.request({ command: "start", app: 0 });
  const stop = client.request({ command: "stop", app: 0 });
  await Promise.all([run, stop, start]);
  assert.deepEqual(link.commands, [[3, 0, "spin", []], [6, 0], [5, 0]]);
});

test("a request fails when the connection ends", async () => {
  const client = await Client.over(new FakeLink(["end"]), NOBODY);
  await assert.rejects(client.request({ command: "commit" }), Lost);
});

test("a request fails with the reason when the device sends something else than a message", async () => {
  const link = new FakeLink([]);
  const client = await Client.over(link, NOBODY);
  const request = client.request({ command: "commit" });
  await pause(0);
  link.notify("control", "no response");
  await assert.rejects(request, Malformed);
  await link.ended;
  await assert.rejects(client.sendFrame(new Uint8Array(4)), Malformed);
});

test("a receipt that is read is reported once, also by a browser that reports it like a notification", async () => {
  for (const notifies of [false, true]) {
    const reported: Receipt[] = [];
    const link = new FakeLink([new Map()]);
    const client = await Client.over(link, { ...NOBODY, receipt: (receipt) => reported.push(receipt) });
    const receipt: Cbor = new Map<number, Cbor>([[0, 1], [1, [0, []]], [2, 9], [3, 9], [4, 0], [5, 0], [6, 0], [7, []], [8, 0]]);
    link.read = () => {
      if (notifies) link.notify("result", receipt);
      return Promise.resolve(encode(receipt));
    };
    assert.deepEqual([await client.call(0, "add", [], {})], reported);
  }
});

test("a call is repeated with the types that the function takes", async () => {
  // Two f32: 0x33.
  const link = new FakeLink([refusal(12, 0x33), refusal(10), refusal(12, 0x33), refusal(12, 0x1)]);
  const client = await Client.over(link, NOBODY);
  await assert.rejects(client.call(0, "mix", ["2", "40"], {}), Refused);
  const [, second] = link.commands as Cbor[][];
  assert.deepEqual((second![3] as Cbor[][]).map(([type]) => type), [2, 2]);
  await assert.rejects(client.call(0, "mix", ["2"], {}), Usage);
  await assert.rejects(client.call(0, "mix", ["1.5"], {}), /not of the type i32/);
});

test("a device of another version is refused", async () => {
  const link = new FakeLink([]);
  link.read = () => Promise.resolve(encode(new Map<number, Cbor>([[0, 6], [1, 1], [2, 0], [3, []], [5, 0]])));
  await assert.rejects(Client.over(link, NOBODY), /version 6/);
});

test("an upload sends lost data again although statuses of other activity come", { timeout: 30_000 }, async () => {
  const module = new Uint8Array(100);
  const fingerprint = (await sha256(module)).slice(0, 8);
  const link = new FakeLink([new Map(), new Map()]);
  let frames = 0;
  const status = (entries: [number, Cbor][]): Cbor => new Map<number, Cbor>([[0, 5], [1, 1000], [2, 0], [3, []], [5, 0], ...entries]);
  const upload = (): Cbor => new Map<number, Cbor>([[0, 100], [1, fingerprint], [2, frames > 1 ? 100 : 0], [3, 100]]);
  link.read = () => Promise.resolve(encode(status([[4, upload()]])));
  // The first frame is lost.
  link.writeData = () => {
    frames += 1;
    if (frames === 2) link.notify("status", status([[4, upload()]]));
    return Promise.resolve();
  };
  const client = await Client.over(link, NOBODY);
  const others = setInterval(() => link.notify("status", status([])), 100);
  try {
    const nobody = () => assert.fail("the connection was not lost");
    await install(client, nobody, { module, denied: 0, progress: () => {}, lost: nobody });
  } finally {
    clearInterval(others);
  }
  assert.deepEqual([frames, (link.commands as Cbor[][]).map(([command]) => command)], [2, [0, 1]]);
});

const ENCODER = new WebAssembly.Module(readFileSync("dist/scripts/delta.wasm"));

test("an upload sends only the changes to an installed app, and else the whole module", async () => {
  const base = new Uint8Array(3000).map((_, at) => at * at);
  const module = base.slice();
  module[1500]! ^= 1;
  const [installed, fingerprint] = [(await sha256(base)).slice(0, 8), (await sha256(module)).slice(0, 8)];

  /** Uploads to a device that answers like this. Returns the commands, and the bytes of the frames after each Begin. */
  const upload = async (answers: CborMap[]): Promise<[number[], number[]]> => {
    const link = new FakeLink(answers);
    const sent: number[] = [];
    let end = 0;
    link.writeData = (frame: Uint8Array) => {
      sent.push(sent.pop()! + frame.length);
      const { offset, isDelta } = offsetOf(frame);
      end = isDelta ? module.length : offset + frame.length - 4;
      return Promise.resolve();
    };
    const write = link.writeControl.bind(link);
    link.writeControl = (request) => {
      const done = write(request);
      if ((link.commands.at(-1) as Cbor[])[0] === 0) [end] = [0, sent.push(0)];
      return done;
    };
    link.read = () => {
      const upload = new Map<number, Cbor>([[0, module.length], [1, fingerprint], [2, end], [3, module.length]]);
      return Promise.resolve(encode(new Map<number, Cbor>([[0, 5], [1, 9999], [2, 0], [3, [[2, 1, 0, installed]]], [4, upload], [5, 0]])));
    };
    const client = await Client.over(link, NOBODY);
    const bases = { find: () => Promise.resolve(base), encoder: () => Promise.resolve(ENCODER) };
    const nobody = () => assert.fail("the connection was not lost");
    await install(client, nobody, { module, denied: 0, bases, progress: () => {}, lost: nobody });
    return [(link.commands as number[][]).map(([command]) => command!), sent];
  };

  const [BEGIN, COMMIT, BASE] = [0, 1, 18];
  const whole = module.length + 4 * Math.ceil(module.length / 178);
  const [commands, [changes]] = await upload([new Map(), new Map(), new Map()]);
  assert.deepEqual(commands, [BEGIN, BASE, COMMIT]);
  assert.ok(changes! < 100, `${changes} bytes`);
  for (const code of [0, 10]) {
    assert.deepEqual(await upload([new Map(), refusal(code), new Map()]), [[BEGIN, BASE, COMMIT], [whole]]);
  }
  const again = await upload([new Map(), new Map(), refusal(5), new Map(), new Map()]);
  assert.deepEqual(again, [[BEGIN, BASE, COMMIT, BEGIN, COMMIT], [changes, whole]]);
  await assert.rejects(upload([new Map(), new Map(), refusal(5), new Map(), refusal(5)]), /digest mismatch/);
});

test("the frames of a delta produce the whole module, whatever is granted", async () => {
  const module = new Uint8Array(5000).map((_, at) => at * at);
  const plan = await Plan.between(ENCODER, module.subarray(0, 4000), module);
  const frames: [number, number][] = [];
  for (let at = 0, end = 0; at < module.length; ) {
    end = Math.min(end + 700, module.length);
    const { operations, next } = plan.frame(at, end, 178);
    assert.ok(next > at && next <= end && operations.length <= 178);
    frames.push([at, next]);
    at = next;
  }
  assert.equal(frames.at(-1)![1], module.length);
  assert.ok(plan.length(178, 4) < 1400);
});

function offsetOf(frame: Uint8Array): { offset: number; isDelta: boolean } {
  const word = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  return { offset: word & 0x7fff_ffff, isDelta: word >= 0x8000_0000 };
}

test("a sender keeps to the window, goes back once for each gap, and ignores other uploads", () => {
  const module = new Uint8Array(1000).map((_, at) => at);
  const sender = new Sender(module, new Uint8Array(32));
  const status = (upload: Partial<NonNullable<Status["upload"]>>): Status => ({
    version: 5,
    slot: 1000,
    activity: 0,
    apps: [],
    upload: { size: 1000, fingerprint: new Uint8Array(8), durable: 0, granted: 0, resend: undefined, ...upload },
    signatures: 0,
    more: undefined,
  });
  assert.equal(sender.frame(), undefined, "nothing is granted");
  sender.learn(status({ granted: 300 }));
  assert.deepEqual([sender.frame()!.length, sender.frame()!.length, sender.frame()], [182, 4 + 300 - 178, undefined]);
  sender.learn(status({ granted: 300, resend: 178 }));
  assert.equal(new DataView(sender.frame()!.buffer).getUint32(0, true), 178);
  sender.learn(status({ granted: 300, resend: 178 }));
  assert.equal(sender.frame(), undefined, "the same gap again");
  assert.ok(!sender.isOf(status({ size: 999 })));
  assert.throws(() => sender.learn(status({ fingerprint: new Uint8Array(8).fill(1) })), /gave up/);
});
