/** The modules that this page has installed, which later versions are sent as changes to. The browser stores them. */

import { FINGERPRINT_SIZE, isEqual, sha256 } from "./module/signature.js";

const CACHE = "wamr versions";
const KEPT = 16;

const address = (fingerprint: Uint8Array): string =>
  `versions/${[...fingerprint].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** Returns the module with this fingerprint, if it is stored. */
export async function findVersion(fingerprint: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const found = await storage().then((cache) => cache?.match(address(fingerprint)));
  if (found === undefined) return undefined;
  const module = new Uint8Array(await found.arrayBuffer());
  return isEqual((await sha256(module)).subarray(0, fingerprint.length), fingerprint) ? module : undefined;
}

/** Stores a module, in place of the oldest one. */
export async function keepVersion(module: Uint8Array<ArrayBuffer>): Promise<void> {
  const cache = await storage();
  if (cache === undefined) return;
  const fingerprint = (await sha256(module)).subarray(0, FINGERPRINT_SIZE);
  await cache.put(address(fingerprint), new Response(module)).catch(() => undefined);
  const stored = await cache.keys();
  await Promise.all(stored.slice(0, Math.max(0, stored.length - KEPT)).map((request) => cache.delete(request)));
}

/** Browsers can block storage. */
async function storage(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE);
  } catch {
    return undefined;
  }
}
