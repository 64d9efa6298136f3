/** The responses to requests, which *control* notifies. */

import { type Cbor, decode } from "./cbor.js";
import { bool, bytes, count, list, map, optional, text, uint } from "./fields.js";

export interface Refusal {
  code: number;
  bound: number | undefined;
  message: string;
}

export interface Details {
  name: string;
  version: number;
  size: number;
  restart: number;
  hasEntry: boolean;
  counter: number;
}

/** Why an app failed last. */
export type Failure =
  | { kind: "trap"; trap: number; message: string }
  | { kind: "limit"; limit: number; allowed: number; used: number }
  | { kind: "refusal"; refusal: Refusal };

export interface Response {
  seq: number;
  refusal: Refusal | undefined;
  details: Details | undefined;
  excerpt: Uint8Array | undefined;
  failure: Failure | undefined;
  denied: number;
}

export function decodeResponse(value: Uint8Array): Response {
  const response = map(decode(value));
  return {
    seq: uint(response.get(0)),
    refusal: optional(response.get(1), readRefusal),
    details: optional(response.get(2), readDetails),
    excerpt: optional(response.get(4), bytes),
    failure: optional(response.get(5), readFailure),
    denied: optional(response.get(7), uint) ?? 0,
  };
}

function readRefusal(value: Cbor): Refusal {
  const refusal = map(value);
  return {
    code: uint(refusal.get(0)),
    bound: optional(refusal.get(1), uint),
    message: optional(refusal.get(2), text) ?? "",
  };
}

function readDetails(value: Cbor): Details {
  const details = map(value);
  return {
    name: text(details.get(0)),
    version: uint(details.get(1)),
    size: uint(details.get(2)),
    restart: uint(details.get(3)),
    hasEntry: bool(details.get(4)),
    counter: uint(details.get(5)),
  };
}

function readFailure(value: Cbor): Failure {
  const [kind, ...rest] = list(map(value).get(0));
  switch (uint(kind)) {
    case 1:
      return { kind: "trap", trap: uint(rest[0]), message: text(rest[1]) };
    case 2:
      return { kind: "limit", limit: uint(rest[0]), allowed: count(rest[1]), used: count(rest[2]) };
    default:
      return {
        kind: "refusal",
        // Here, 0 means that there is no bound.
        refusal: { code: uint(rest[0]), bound: uint(rest[1]) || undefined, message: text(rest[2]) },
      };
  }
}
