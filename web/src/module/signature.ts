/** Signatures inside modules: Ed25519 over SHA-256, in the format of the tool conventions, as the crate `wamr-signature` describes it. */

import { BadModule, Reader } from "./reader.js";
import { HEADER } from "./sections.js";

/** The signature section must end within this many bytes of a module. */
const HEAD_MAX = 512;
const ED25519 = 1;
const HASH_SIZE = 32;
/** The version, the content type and the hash function of signatures. */
const PREAMBLE = Uint8Array.of(1, 1, 1);
const MESSAGE_PREFIX = [...new TextEncoder().encode("wasmsig"), ...PREAMBLE];

export type Verdict =
  /** It has no signature. */
  | { kind: "unsigned" }
  /** The key with this index signed it. */
  | { kind: "verified"; key: number }
  /** The bytes are not those that were signed. */
  | { kind: "altered" }
  /** None of the keys signed it. */
  | { kind: "unknown-key" }
  /** The signature cannot be read. */
  | { kind: "malformed"; why: string }
  /** The browser cannot verify Ed25519. */
  | { kind: "cannot-verify" };

interface SignedHashes {
  hashes: Uint8Array;
  signatures: Uint8Array[];
}

/** Verifies a module with the keys that a device trusts. */
export async function verify(module: Uint8Array<ArrayBuffer>, keys: Uint8Array[]): Promise<Verdict> {
  let signed: { sets: SignedHashes[]; end: number } | undefined;
  try {
    signed = readSignatures(module);
  } catch (error) {
    if (error instanceof BadModule) return { kind: "malformed", why: error.message };
    throw error;
  }
  if (signed === undefined) return { kind: "unsigned" };
  const digest = await sha256(module.subarray(signed.end));
  // A module runs as a whole or not at all: only the last hash of a set counts.
  const covering = signed.sets.filter(({ hashes }) => isEqual(hashes.subarray(-HASH_SIZE), digest));
  if (covering.length === 0) return { kind: "altered" };
  for (const [index, bytes] of keys.entries()) {
    const key = await importKey(bytes);
    if (key === "unsupported") return { kind: "cannot-verify" };
    for (const set of covering) if (key !== undefined && (await signedBy(key, set))) return { kind: "verified", key: index };
  }
  return { kind: "unknown-key" };
}

/** Number of bytes at the start of a module's SHA-256 that identify it. */
export const FINGERPRINT_SIZE = 8;

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** The key, nothing if its bytes are none, or that the browser does not know the algorithm. */
async function importKey(bytes: Uint8Array): Promise<CryptoKey | undefined | "unsupported"> {
  try {
    return await crypto.subtle.importKey("raw", bytes.slice(), "Ed25519", false, ["verify"]);
  } catch (error) {
    return error instanceof DOMException && error.name === "NotSupportedError" ? "unsupported" : undefined;
  }
}

async function signedBy(key: CryptoKey, { hashes, signatures }: SignedHashes): Promise<boolean> {
  const message = Uint8Array.from([...MESSAGE_PREFIX, ...hashes]);
  for (const signature of signatures) {
    if (await crypto.subtle.verify("Ed25519", key, signature.slice(), message)) return true;
  }
  return false;
}

/** The signatures of a module and where they end, or nothing if its first section is another. */
function readSignatures(module: Uint8Array): { sets: SignedHashes[]; end: number } | undefined {
  const reader = new Reader(module);
  reader.take(HEADER.length);
  if (reader.isAtEnd || reader.byte() !== 0) return undefined;
  const section = new Reader(reader.sized());
  if (section.text() !== "signature") return undefined;
  if (reader.at > HEAD_MAX) throw new BadModule(`The signatures end after byte ${HEAD_MAX}.`);
  if (!isEqual(section.take(PREAMBLE.length), PREAMBLE)) throw new BadModule("The signature has an unknown format.");
  const sets = readItems(section).map((item) => {
    const set = new Reader(item);
    const hashes = set.take(set.number() * HASH_SIZE);
    return { hashes, signatures: readItems(set).flatMap(readSignature) };
  });
  return { sets, end: reader.at };
}

/** A signature, if it is one with Ed25519. */
function readSignature(item: Uint8Array): Uint8Array[] {
  const signature = new Reader(item);
  signature.sized(); // the identifier of the key, which is not signed
  const algorithm = signature.byte();
  const bytes = signature.sized();
  return algorithm === ED25519 ? [bytes] : [];
}

/** A count of items, then the items, each after its length, to the end. */
function readItems(reader: Reader): Uint8Array[] {
  const items = Array.from({ length: reader.number() }, () => reader.sized());
  if (!reader.isAtEnd) throw new BadModule("Bytes follow the signatures.");
  return items;
}

export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
