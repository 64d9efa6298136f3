/** Reads decoded messages: each function returns a value of its type, or throws `Malformed`. */

import { type Cbor, type CborMap, Float, Malformed } from "./cbor.js";
import { escapeText } from "./escape.js";

export function uint(value: Cbor | undefined): number {
  if (typeof value !== "number" || value < 0) throw new Malformed("a number is missing");
  return value;
}

/** A number of up to 64 bits. Counters of instructions and times are far below the limit of exact numbers, unless they mean "unlimited". */
export function count(value: Cbor | undefined): number {
  return typeof value === "bigint" ? Number(value) : uint(value);
}

export function integer(value: Cbor | undefined): number | bigint {
  if (typeof value !== "number" && typeof value !== "bigint") throw new Malformed("an integer is missing");
  return value;
}

export function float(value: Cbor | undefined): number {
  if (!(value instanceof Float)) throw new Malformed("a float is missing");
  return value.value;
}

/** A text for people: an app may have chosen it to mislead them. */
export function text(value: Cbor | undefined): string {
  if (typeof value !== "string") throw new Malformed("a text is missing");
  return escapeText(value);
}

export function bytes(value: Cbor | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Malformed("bytes are missing");
  return value;
}

export function bool(value: Cbor | undefined): boolean {
  if (typeof value !== "boolean") throw new Malformed("a truth value is missing");
  return value;
}

export function list(value: Cbor | undefined): Cbor[] {
  if (!Array.isArray(value)) throw new Malformed("a list is missing");
  return value;
}

export function map(value: Cbor | undefined): CborMap {
  if (!(value instanceof Map)) throw new Malformed("a map is missing");
  return value;
}

/** An entry that may be absent, or null. */
export function optional<T>(value: Cbor | undefined, read: (value: Cbor) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}
