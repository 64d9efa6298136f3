// Puts the page together in dist/: the static files, the compiled scripts, the encoder of deltas, and the service worker with their list.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

const WORKER = "service-worker.js";
rmSync("dist", { recursive: true, force: true });
cpSync("static", "dist", { recursive: true });
cpSync("build/src", "dist/scripts", { recursive: true, filter: (file) => !file.startsWith("build/src/worker") });

const cargo = ["build", "--locked", "--quiet", "--release", "--package=wamr-web-delta", "--target=wasm32-unknown-unknown"];
execFileSync("cargo", [...cargo, "--target-dir=build/cargo"], { stdio: "inherit" });
cpSync("build/cargo/wasm32-unknown-unknown/release/wamr_web_delta.wasm", "dist/scripts/delta.wasm");

const files = readdirSync("dist", { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice("dist/".length))
  .sort();
const hash = createHash("sha256");
for (const file of files) hash.update(file).update(readFileSync(`dist/${file}`));
const worker = readFileSync(`build/src/worker/${WORKER}`, "utf8")
  .replace("__FILES__", JSON.stringify(["./", ...files]).replaceAll('"', '\\"'))
  .replace("__HASH__", hash.digest("hex").slice(0, 16));
writeFileSync(`dist/${WORKER}`, worker);

const size = files.reduce((sum, file) => sum + readFileSync(`dist/${file}`).length, worker.length);
console.log(`dist: ${files.length + 1} files, ${size} bytes`);
