/** The messages from a client to a device: `request` in docs/protocol.md. */

import { type Cbor, encode } from "./cbor.js";
import { type Value, writeValue } from "./value.js";

/** The parts that *Read* can return. */
export const Part = { Manifest: 1, Key: 4, Apps: 7 } as const;

/** The most bytes of a message to an app. */
export const APP_MESSAGE_MAX = 128;

export interface Limits {
  fuel?: number;
  millis?: number;
  hostCalls?: number;
  hostMillis?: number;
}

/** The commands that this page sends. */
export type Command =
  | { command: "begin"; size: number; digest: Uint8Array; denied: number }
  | { command: "commit" }
  | { command: "base"; app: number }
  | { command: "run"; app: number; export: string; args: Value[]; limits: Limits }
  | { command: "describe" | "start" | "stop" | "remove" | "failure"; app: number }
  | { command: "trust" | "revoke"; key: Uint8Array }
  | { command: "read"; part: number; app: number; at: number }
  | { command: "send"; app: number; message: Uint8Array };

export function encodeRequest(seq: number, command: Command): Uint8Array<ArrayBuffer> {
  return encode(
    new Map<number, Cbor>([
      [0, seq],
      [1, elements(command)],
    ]),
  );
}

function elements(command: Command): Cbor[] {
  switch (command.command) {
    case "begin":
      return [0, command.size, command.digest, ...(command.denied === 0 ? [] : [command.denied])];
    case "commit":
      return [1];
    case "run": {
      const limits = writeLimits(command.limits);
      return [3, command.app, command.export, command.args.map(writeValue), ...(limits.size === 0 ? [] : [limits])];
    }
    case "describe":
      return [4, command.app];
    case "start":
      return [5, command.app];
    case "stop":
      return [6, command.app];
    case "remove":
      return [7, command.app];
    case "trust":
      return [8, command.key];
    case "revoke":
      return [9, command.key];
    case "read":
      return [12, command.part, command.app, command.at];
    case "failure":
      return [13, command.app];
    case "send":
      return [16, command.app, command.message];
    case "base":
      return [18, command.app];
  }
}

function writeLimits({ fuel, millis, hostCalls, hostMillis }: Limits): Map<number, Cbor> {
  const limits = [fuel, millis, hostCalls, hostMillis];
  return new Map(limits.flatMap((limit, key) => (limit === undefined ? [] : [[key, limit]])));
}

/** A frame of *data*: the offset, then bytes of the module, or with this bit of the offset, operations of a delta. */
export function encodeFrame(offset: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEADER + bytes.length);
  new DataView(frame.buffer).setUint32(0, offset, true);
  frame.set(bytes, FRAME_HEADER);
  return frame;
}

export const FRAME_HEADER = 4;
export const DELTA_FRAME = 0x8000_0000;
