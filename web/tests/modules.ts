/** Modules for the tests. */

import { encode } from "../src/protocol/cbor.js";

const HEADER_SIZE = 8;
const MESSAGE_PREFIX = [...Buffer.from("wasmsig"), 1, 1, 1];

/** An unsigned LEB128 number. */
function leb(number: number): number[] {
  return number < 0x80 ? [number] : [(number & 0x7f) | 0x80, ...leb(number >>> 7)];
}

const sized = (bytes: Iterable<number>): number[] => {
  const content = [...bytes];
  return [...leb(content.length), ...content];
};

/** The module with another custom section at its start. */
export function withSection(module: Uint8Array, name: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const section = [0, ...sized([...sized(Buffer.from(name)), ...content])];
  return Uint8Array.from([...module.subarray(0, HEADER_SIZE), ...section, ...module.subarray(HEADER_SIZE)]);
}

/** The module as an app of this name. */
export function withManifest(
  module: Uint8Array,
  name: string,
  capabilities?: string[],
  entry?: string,
): Uint8Array<ArrayBuffer> {
  const manifest = new Map<number, string | string[]>([[0, name]]);
  if (entry !== undefined) manifest.set(3, entry);
  if (capabilities !== undefined) manifest.set(8, capabilities);
  return withSection(module, "wamr-app", encode(manifest));
}

/** Signs a module as the tool conventions say. */
export async function sign(module: Uint8Array, key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  const body = module.slice(HEADER_SIZE);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const signed = await crypto.subtle.sign("Ed25519", key, Uint8Array.from([...MESSAGE_PREFIX, ...hash]));
  const signature = [...sized([]), 1, ...sized(new Uint8Array(signed))];
  const set = [1, ...hash, 1, ...sized(signature)];
  return withSection(module, "signature", Uint8Array.from([1, 1, 1, 1, ...sized(set)]));
}
