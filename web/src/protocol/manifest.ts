/** The manifest of an app: the custom section `wamr-app` of its module. */

import { decode } from "./cbor.js";
import { list, map, optional, text, uint } from "./fields.js";

export const MANIFEST_SECTION = "wamr-app";

export interface Manifest {
  name: string;
  version: number;
  entry: string | undefined;
  counter: number;
  /** All that the app may use; `undefined` if its imports alone decide. */
  capabilities: string[] | undefined;
}

/** The manifest of a module without one. */
export const NO_MANIFEST: Manifest = { name: "", version: 0, entry: undefined, counter: 0, capabilities: undefined };

export function decodeManifest(section: Uint8Array): Manifest {
  const manifest = map(decode(section));
  return {
    name: optional(manifest.get(0), text) ?? "",
    version: optional(manifest.get(1), uint) ?? 0,
    entry: optional(manifest.get(3), text),
    counter: optional(manifest.get(5), uint) ?? 0,
    capabilities: optional(manifest.get(8), (value) => list(value).map(text)),
  };
}
