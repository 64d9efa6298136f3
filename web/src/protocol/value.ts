/** WebAssembly numbers with their types. */

import { type Cbor, Float, Malformed } from "./cbor.js";
import { float, integer, list, uint } from "./fields.js";

export const TYPES = ["i32", "i64", "f32", "f64"] as const;
export type Type = (typeof TYPES)[number];

export interface Value {
  type: Type;
  value: number | bigint;
}

export function writeValue({ type, value }: Value): Cbor {
  const number = TYPES.indexOf(type);
  return type === "f32" || type === "f64" ? [number, new Float(Number(value), type === "f32" ? 32 : 64)] : [number, value];
}

export function readValue(item: Cbor): Value {
  const [number, value] = list(item);
  const type = TYPES[uint(number)];
  if (type === undefined) throw new Malformed("a value has an unknown type");
  return { type, value: type === "f32" || type === "f64" ? float(value) : integer(value) };
}

/** Reads what somebody typed as a value of this type; `undefined` if it is none. */
export function parseValue(word: string, type: Type): Value | undefined {
  if (type === "f32" || type === "f64") {
    const value = word === "" ? Number.NaN : Number(word.replace(/^([+-]?)inf$/i, "$1Infinity"));
    return Number.isNaN(value) && !/^nan$/i.test(word) ? undefined : { type, value };
  }
  if (!/^[+-]?\d+$|^0x[\da-f]+$/i.test(word)) return undefined;
  const value = BigInt(word.replace(/^\+/, ""));
  const bits = type === "i32" ? 32n : 64n;
  if (value < -(1n << (bits - 1n)) || value >= 1n << bits) return undefined;
  return { type, value: type === "i32" ? Number(value) : value };
}

/** The value that a word most likely is. */
export function likelyValue(word: string): Value | undefined {
  return parseValue(word, "i32") ?? parseValue(word, "i64") ?? parseValue(word, "f64");
}

export function showValue({ type, value }: Value): string {
  return type === "f32" ? `${Number(Number(value).toPrecision(8))}` : `${value}`;
}
