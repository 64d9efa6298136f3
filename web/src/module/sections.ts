/** The contents of a module: manifest, imports and exported functions. */

import { MANIFEST_SECTION, type Manifest, NO_MANIFEST, decodeManifest } from "../protocol/manifest.js";
import { BadModule, Reader } from "./reader.js";

export const HEADER = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

const CUSTOM = 0;
const IMPORTS = 2;
const EXPORTS = 7;
const FUNCTION = 0;

export interface Sections {
  manifest: Manifest;
  /** The names of the modules that it imports from, each once. */
  imports: string[];
  /** The names of the functions that it exports. */
  exports: string[];
}

/** Reads a module. Throws `BadModule` or `Malformed`. */
export function readModule(bytes: Uint8Array): Sections {
  if (!HEADER.every((byte, at) => bytes[at] === byte)) throw new BadModule("It does not start like a WebAssembly module.");
  const sections: Sections = { manifest: NO_MANIFEST, imports: [], exports: [] };
  const reader = new Reader(bytes);
  reader.take(HEADER.length);
  while (!reader.isAtEnd) {
    const number = reader.byte();
    const content = new Reader(reader.sized());
    if (number === CUSTOM && content.text() === MANIFEST_SECTION) {
      sections.manifest = decodeManifest(content.take(content.bytes.length - content.at));
    } else if (number === IMPORTS) {
      sections.imports = readImports(content);
    } else if (number === EXPORTS) {
      sections.exports = readExports(content);
    }
  }
  return sections;
}

function readImports(section: Reader): string[] {
  const names = new Set<string>();
  for (let left = section.number(); left > 0; left--) {
    names.add(section.text());
    section.text();
    skipType(section);
  }
  return [...names];
}

/** Skips the type of an import: a function, a table, a memory or a global. */
function skipType(section: Reader): void {
  const kind = section.byte();
  if (kind === 0) section.number();
  if (kind === 1 || kind === 3) section.byte();
  if (kind === 3) section.byte();
  if (kind === 1 || kind === 2) {
    const hasMaximum = (section.byte() & 1) !== 0;
    section.number();
    if (hasMaximum) section.number();
  }
}

function readExports(section: Reader): string[] {
  const names: string[] = [];
  for (let left = section.number(); left > 0; left--) {
    const name = section.text();
    const kind = section.byte();
    section.number();
    if (kind === FUNCTION) names.push(name);
  }
  return names;
}

/**
 * The capability that a module needs to import from a module of this name: the name of the interface if the name is that of a WIT
 * interface, otherwise the name itself. A proposal of WASI is one capability.
 */
export function capabilityOf(importModule: string): string {
  const name = importModule.split("@", 1)[0]!;
  const slash = name.lastIndexOf("/");
  if (slash < 0) return name;
  const packageName = name.slice(0, slash).replace(/^cm32p2\|/, "");
  return packageName.startsWith("wasi:") ? packageName.slice("wasi:".length) : name.slice(slash + 1);
}
