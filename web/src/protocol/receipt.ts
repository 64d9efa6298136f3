/** The receipt of a run: the value of *result*. */

import { type Cbor, Malformed, decode } from "./cbor.js";
import { count, list, map, text, uint } from "./fields.js";
import { type Value, readValue } from "./value.js";

export type Outcome =
  | { kind: "returned"; values: Value[] }
  | { kind: "trap"; trap: number; message: string }
  | { kind: "limit"; limit: number; allowed: number; used: number };

export interface Receipt {
  /** The request, or 0 if the device started the run by itself. */
  seq: number;
  outcome: Outcome;
  /** Instructions. */
  fuel: number;
  micros: number;
  /** Bytes of linear memory. */
  memory: number;
  /** Peak use of the memory quota in bytes. */
  pool: number;
  hostCalls: number;
  backtrace: number[];
  app: number;
}

export function decodeReceipt(value: Uint8Array): Receipt {
  const receipt = map(decode(value));
  return {
    seq: uint(receipt.get(0)),
    outcome: readOutcome(receipt.get(1)),
    fuel: count(receipt.get(2)),
    micros: count(receipt.get(3)),
    memory: uint(receipt.get(4)),
    pool: uint(receipt.get(5)),
    hostCalls: uint(receipt.get(6)),
    backtrace: list(receipt.get(7)).map(uint),
    app: uint(receipt.get(8)),
  };
}

function readOutcome(value: Cbor | undefined): Outcome {
  const [kind, ...rest] = list(value);
  switch (kind) {
    case 0:
      return { kind: "returned", values: list(rest[0]).map(readValue) };
    case 1:
      return { kind: "trap", trap: uint(rest[0]), message: text(rest[1]) };
    case 2:
      return { kind: "limit", limit: uint(rest[0]), allowed: count(rest[1]), used: count(rest[2]) };
    default:
      throw new Malformed("a run ended in an unknown way");
  }
}
