/** What a module is, and whether a device will take it: for people who are about to install it. */

import { Signatures, type Status } from "../protocol/status.js";
import { BadModule } from "./reader.js";
import { type Sections, capabilityOf, readModule } from "./sections.js";
import { type Verdict, verify } from "./signature.js";
import { Malformed } from "../protocol/cbor.js";
import { escapeText } from "../protocol/escape.js";
import { grantText } from "./grants.js";

export interface Grant {
  entry: string;
  words: string;
}

export interface Inspection {
  sections: Sections;
  /** The entries of its list of capabilities; without one, those that its imports need. */
  grants: Grant[];
  /** Whether single grants can be denied: only those of a list. */
  isDeniable: boolean;
  signature: string;
  /** Why the device would refuse it. */
  problem: string | undefined;
}

/** Inspects a module for a device, if the page is connected to one. Throws `BadModule`. */
export async function inspect(
  module: Uint8Array<ArrayBuffer>,
  device: { status: Status; keys: Uint8Array[] } | undefined,
): Promise<Inspection> {
  const sections = read(module);
  const { capabilities } = sections.manifest;
  const entries = capabilities ?? [...new Set(sections.imports.map(capabilityOf))].map(escapeText);
  const verdict = await verify(module, device?.keys ?? []);
  return {
    sections,
    grants: entries.map((entry) => ({ entry, words: grantText(entry) })),
    isDeniable: capabilities !== undefined,
    signature: signatureText(verdict, device !== undefined),
    problem: problemOf(module, verdict, device?.status),
  };
}

function read(module: Uint8Array): Sections {
  try {
    return readModule(module);
  } catch (error) {
    if (error instanceof Malformed) throw new BadModule("Its manifest cannot be read.");
    throw error;
  }
}

function signatureText(verdict: Verdict, isConnected: boolean): string {
  switch (verdict.kind) {
    case "unsigned":
      return "Not signed.";
    case "verified":
      return "Verified: a key that the device trusts signed these bytes.";
    case "altered":
      return "Wrong: these are not the bytes that were signed.";
    case "malformed":
      return `It cannot be read. ${verdict.why}`;
    case "cannot-verify":
      return "Not verified: this browser cannot verify Ed25519 signatures. The device verifies them in any case.";
    case "unknown-key":
      return isConnected
        ? "Signed by a key that the device does not trust."
        : "Signed. Connect to a device to verify the signature with the keys that it trusts.";
  }
}

/** Checks in the order of a device: first the size, then the signature, unless signatures are off. */
function problemOf(module: Uint8Array, verdict: Verdict, status: Status | undefined): string | undefined {
  if (status && module.length > status.slot) return `The file is larger than the device takes: ${status.slot} bytes.`;
  if (status?.signatures === Signatures.Off) return undefined;
  if (verdict.kind === "altered") return "The file is damaged or was changed after it was signed.";
  if (verdict.kind === "malformed") return "The signature of the file is damaged.";
  if (verdict.kind === "unsigned" && status?.signatures === Signatures.Required) {
    return "The device only takes signed modules: sign it with “wamrctl sign”.";
  }
  if (verdict.kind === "unknown-key" && status !== undefined) {
    return "The device does not trust the key. Its owner can change that under “Keys that the device trusts”.";
  }
  return undefined;
}
