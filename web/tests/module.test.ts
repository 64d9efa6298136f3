/** What the page reads from modules before it uploads them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { grantText } from "../src/module/grants.js";
import { inspect } from "../src/module/inspection.js";
import { BadModule } from "../src/module/reader.js";
import { capabilityOf, readModule } from "../src/module/sections.js";
import { verify } from "../src/module/signature.js";
import type { Status } from "../src/protocol/status.js";
import { sign, withManifest, withSection } from "./modules.js";

const guest = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(`../guest/${name}.wasm`));
const makeKey = () => crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as Promise<CryptoKeyPair>;
const raw = async ({ publicKey }: CryptoKeyPair) => new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));

test("a module is read: manifest, imports and exported functions", () => {
  const app = readModule(withManifest(guest("hello"), "hello", ["wamr"]));
  assert.deepEqual(app.manifest.capabilities, ["wamr"]);
  assert.deepEqual(app.imports, ["wamr"]);
  assert.deepEqual(app.exports, ["hello", "uptime_s"]);
  const fan = readModule(guest("apps/fan"));
  assert.ok(fan.imports.map(capabilityOf).includes("i2c"), fan.imports.join());
  assert.equal(readModule(guest("add")).manifest.name, "");
});

test("no beginning of a module makes the page fail in another way", () => {
  const module = withManifest(guest("apps/fan"), "fan", ["gpio"]);
  for (let length = 0; length < 200; length++) {
    try {
      readModule(module.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof BadModule, `${error}`);
    }
  }
  assert.throws(() => readModule(Uint8Array.from(Buffer.from("MZ, no module"))), BadModule);
});

test("capabilities of imports are those of wamr-proto", () => {
  const names = ["wamr:device/gpio@0.1.0", "cm32p2|wasi:spi/spi", "wasi:gpio/digital@0.2.0", "wamr:device/gpio@0.1.0/log", "wamr"];
  assert.deepEqual(names.map(capabilityOf), ["gpio", "spi", "gpio", "gpio", "wamr"]);
});

test("a name cannot look like another", () => {
  const { manifest } = readModule(withManifest(guest("add"), "a\u202eb\n", ["gpio:\u200bled0"]));
  assert.equal(manifest.name, "a\\u{202e}b\\u{a}");
  assert.deepEqual(manifest.capabilities, ["gpio:\\u{200b}led0"]);
});

test("grants are described in the words of wamrctl", () => {
  const words = JSON.parse(readFileSync("../wamrctl/src/grants.json", "utf8")) as Record<string, string>;
  assert.ok(Object.keys(words).length > 20);
  for (const [entry, text] of Object.entries(words)) assert.equal(grantText(entry), text, entry);
});

test("a signature is verified with the keys that a device trusts", async () => {
  const [mine, other] = [await makeKey(), await makeKey()];
  const [myKey, otherKey] = [await raw(mine), await raw(other)];
  const module = await sign(guest("fir"), mine.privateKey);
  assert.deepEqual(await verify(module, [otherKey, myKey]), { kind: "verified", key: 1 });
  assert.deepEqual(await verify(module, [otherKey]), { kind: "unknown-key" });
  assert.deepEqual(await verify(guest("fir"), [myKey]), { kind: "unsigned" });

  for (const at of [module.length - 1, module.length - 100]) {
    const altered = module.slice();
    altered[at]! ^= 1;
    assert.deepEqual(await verify(altered, [myKey]), { kind: "altered" });
  }
  const garbled = module.slice();
  garbled[22] = 7; // the version of the format
  assert.equal((await verify(garbled, [myKey])).kind, "malformed");
});

test("the signature of another module is no signature of this one", async () => {
  const { privateKey, publicKey } = await makeKey();
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  const signed = await sign(guest("fir"), privateKey);
  // The hash is that of this module, and the signature that of the other.
  const forged = await sign(guest("add"), privateKey);
  const [from, size] = [signed.length - (guest("fir").length - 8) - 64, 64];
  forged.set(signed.subarray(from, from + size), forged.length - (guest("add").length - 8) - 64);
  assert.deepEqual(await verify(forged, [key]), { kind: "unknown-key" });
});

test("the page says why a device would refuse a module", async () => {
  const status = (signatures: number, slot = 10_000): Status => ({
    version: 5,
    slot,
    activity: 0,
    apps: [],
    upload: undefined,
    signatures,
    more: undefined,
  });
  const { privateKey } = await makeKey();
  const [unsigned, signed] = [guest("fir"), await sign(guest("fir"), privateKey)];
  const problem = async (module: Uint8Array<ArrayBuffer>, status?: Status) =>
    (await inspect(module, status && { status, keys: [] })).problem;
  assert.equal(await problem(unsigned), undefined);
  assert.equal(await problem(unsigned, status(1)), undefined);
  assert.match((await problem(unsigned, status(2)))!, /only takes signed/);
  assert.match((await problem(signed, status(1)))!, /does not trust/);
  assert.equal(await problem(signed, status(0)), undefined);
  assert.match((await problem(unsigned, status(0, 100)))!, /larger than the device takes/);
  const altered = signed.slice();
  altered[altered.length - 1]! ^= 1;
  assert.match((await problem(altered))!, /changed after it was signed/);
  assert.match((await problem(altered, status(1)))!, /changed after it was signed/);
  assert.match((await problem(altered, status(1, 100)))!, /larger than the device takes/);
  assert.equal(await problem(altered, status(0)), undefined);
  await assert.rejects(inspect(withSection(unsigned, "wamr-app", Uint8Array.of(0xff)), undefined), BadModule);
});
