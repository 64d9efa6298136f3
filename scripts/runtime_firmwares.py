"""The firmwares of benches/runtimes: which there are, how each is built, and the figures that it reports when QEMU runs it.

scripts/runtimes writes docs/runtimes.md from this, and scripts/bench a table of docs/benchmarks.md.
"""

from __future__ import annotations

import functools
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import emulator
from environment import ROOT
from lock_files import LockFile

BOARD = "mps2/an521/cpu0"
SOURCES = ROOT / "benches" / "runtimes"
BUILD = ROOT / "build" / "runtimes"
RESULTS = BUILD / "results.json"

KERNELS = ("mont64", "nbody", "chacha", "fir", "sort", "scanner", "huffman", "inverse")

SPEED = {"CARGO_PROFILE_RELEASE_OPT_LEVEL": "3"}
SIZE = {"CARGO_PROFILE_RELEASE_OPT_LEVEL": "s"}
# Features of Rust that no stable version has.
UNSTABLE = {"RUSTC_BOOTSTRAP": "1"}


@dataclass(frozen=True)
class Runtime:
    """A firmware."""

    name: str
    """In the tables."""
    label: str
    """A feature of benches/runtimes/Cargo.toml."""
    feature: str
    """A crate, whose version Cargo.lock has. None: see `version`."""
    crate: str | None = None
    """The format of its modules, for runtimes-modules."""
    modules: str = "wasm"
    environment: dict[str, str] = field(default_factory=dict)
    """Where it is built. One that Zephyr has options for, in `feature`.conf, needs a directory of its own."""
    directory: str = "firmware"
    options: tuple[str, ...] = ()

    @property
    def kconfig(self) -> bool:
        return self.directory != "firmware"

    def version(self) -> str:
        if self.crate:
            version = dict(LockFile(SOURCES / "Cargo.lock").versions())[self.crate]
            return version if self.crate in self.label else f"{self.crate} {version}"
        if self.name in BASES:
            return re.search(r"\S+$", output(["arm-none-eabi-gcc", "-dumpfullversion"]).strip())[0]
        return re.search(r"wasm-micro-runtime\n\s+revision: (\w{8})", (ROOT / "west.yml").read_text())[1]


RUNTIMES = [
    Runtime("empty", "no runtime", "empty", environment=SPEED),
    Runtime("native", "native code, no WebAssembly", "native", environment=SPEED),
    Runtime("wamr", "`wamr`, fast", "wamr", directory="wamr"),
    Runtime("wamr-off", "`wamr`, fast, not counting", "wamr", directory="wamr-off", options=("-DCONFIG_WAMR_ZEPHYR_METERING=n",)),
    Runtime("wamr-classic", "`wamr`, classic", "wamr-classic", directory="wamr-classic"),
    Runtime("wamr-native", "`wamr`, AOT and fast", "wamr-native", modules="counting", directory="wamr-native"),
    Runtime("upstream-fast", "WAMR, fast", "upstream-fast", environment=SPEED, directory="upstream-fast"),
    Runtime("upstream-classic", "WAMR, classic", "upstream-classic", environment=SPEED, directory="upstream-classic"),
    Runtime(
        "upstream-aot", "WAMR, AOT", "upstream-aot", modules="aot", environment=SPEED, directory="upstream-aot",
        options=("-DWAMR_BUILD_TARGET=THUMBV8M.MAIN",),
    ),
    # Only WAMR's own runtime executes code of `wamr` that does not count.
    Runtime(
        "aot-off", "WAMR, AOT of `wamr`, not counting", "upstream-aot", modules="not-counting", environment=SPEED, directory="upstream-aot",
        options=("-DWAMR_BUILD_TARGET=THUMBV8M.MAIN",),
    ),
    Runtime("wasm3", "wasm3", "wasm3", crate="wasm3x-sys", environment=SPEED),
    Runtime("wasmi", "wasmi", "wasmi", crate="wasmi", environment=SPEED),
    Runtime("wasmi-small", "wasmi, `opt-level = \"s\"`", "wasmi", crate="wasmi", environment=SIZE),
    Runtime("wasmi-fuel", "wasmi with fuel", "wasmi-fuel", crate="wasmi", environment=SPEED),
    Runtime("tinywasm", "tinywasm", "tinywasm", crate="tinywasm", environment=SPEED),
    Runtime("tinywasm-small", "tinywasm, `opt-level = \"s\"`", "tinywasm", crate="tinywasm", environment=SIZE),
    Runtime("wasefire", "wasefire-interpreter", "wasefire", crate="wasefire-interpreter", modules="wasefire", environment=SPEED | UNSTABLE),
    Runtime(
        "wasefire-small", "wasefire-interpreter, `opt-level = \"s\"`", "wasefire", crate="wasefire-interpreter", modules="wasefire",
        environment=SIZE | UNSTABLE,
    ),
    Runtime("pulley", "Wasmtime, Pulley", "pulley", crate="wasmtime", modules="pulley", environment=SIZE),
]


# A firmware without a runtime, and one without WebAssembly.
BASES = ("empty", "native")


class Failed(Exception):
    """Why there are no figures."""


def output(command: list, environment: dict[str, str] | None = None, directory: Path = ROOT) -> str:
    done = subprocess.run(
        command, cwd=directory, env=os.environ | (environment or {}), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    if done.returncode != 0:
        raise Failed(done.stdout)
    return done.stdout


# --- The modules --------------------------------------------------------------------------------------------------------


def coremark() -> Path:
    """CoreMark as a guest with a stack of 8 KiB in its memory, and without names."""
    directory = BUILD / "guest"
    target = "wasm32-unknown-unknown"
    output(
        ["cargo", "build", "--locked", "--release", "-p", "wamr-benches-coremark", "--target", target, "--target-dir", directory],
        {"CARGO_PROFILE_RELEASE_STRIP": "true", "RUSTFLAGS": "-Clink-arg=-zstack-size=8192"},
        ROOT / "benches",
    )
    return directory / target / "release" / "wamr_benches_coremark.wasm"


@functools.cache
def make_modules(form: str) -> Path:
    """The directory of the modules in a format."""
    directory = BUILD / "modules" / form
    # These need their makers' crates.
    features = ["--features", form] if form in ("pulley", "wasefire") else []
    output(
        ["cargo", "run", "--locked", "-p", "runtimes-modules", *features, "--target-dir", BUILD / "host", "--", form, directory],
        {"COREMARK_WASM": str(coremark())} | UNSTABLE,
        SOURCES,
    )
    return directory


# --- Building and running ---------------------------------------------------------------------------------------------------------


def environment_of(runtime: Runtime) -> dict[str, str]:
    return runtime.environment | {"RUNTIME_MODULES": str(make_modules(runtime.modules))}


def build(runtime: Runtime) -> Path:
    directory = BUILD / runtime.directory
    # An empty list, so that the next runtime in this directory does not keep it.
    conf = SOURCES / f"{runtime.feature}.conf" if runtime.kconfig else ""
    west = ["west", "build", "-b", BOARD, "-d", directory, SOURCES, "--", f"-DRUNTIME={runtime.feature}", f"-DEXTRA_CONF_FILE={conf}"]
    output([ROOT / "scripts" / "zephyr-env", BOARD, *west, *runtime.options], environment_of(runtime))
    return directory


def run(directory: Path, environment: dict[str, str]) -> dict:
    """What the firmware reports: numbers by words, and reasons of failures by the app."""
    figures: dict[str, int] = {}
    failures: dict[str, str] = {}
    with emulator.console(BOARD, directory, patience=300, environment=environment) as lines:
        for line in lines:
            if failure := re.fullmatch(r"failed (\w+) (.+) 0", line):
                failures[failure[1]] = failure[2]
            elif line == "measured 0":
                return {"figures": figures, "failures": failures}
            elif line.startswith("panic ") or "FATAL ERROR" in line:
                raise Failed(f"error: it ended with {line}")
            elif report := re.fullmatch(r"([\w ]+) (\d+)", line):
                figures[report[1]] = int(report[2])
    raise Failed("error: it did not come to its end")


def sizes(directory: Path, figures: dict[str, int]) -> dict[str, int]:
    """Flash and RAM without the modules and without the heap, whose use is reported."""
    elf = directory / "zephyr" / "zephyr.elf"
    text, data, bss = map(int, output(["arm-none-eabi-size", elf]).splitlines()[1].split()[:3])
    heap = re.search(r"^\w+ (\w+) \w heap_memory$", output(["arm-none-eabi-nm", "-S", elf]), re.M)
    modules = sum(count for words, count in figures.items() if words.startswith("bytes "))
    return {"flash": text + data - modules, "ram": data + bss - (int(heap[1], 16) if heap else 0)}


def reason(log: str) -> str:
    """The line of a build's log that says why it failed."""
    errors = [line.strip() for line in log.splitlines() if re.search(r"\berror\b|undefined reference|cannot|No such", line, re.I)]
    line = (errors or log.strip().splitlines() or ["unknown"])[0]
    # Without the place in an object file, and without paths of this computer.
    line = re.sub(r"^\S+:\(\S+\): ", "", line)
    return re.sub(r"(?<![\w.])/(\S+/)+", "", line)[:160]


def measure_one(runtime: Runtime) -> dict:
    """The figures and sizes of a firmware, or the reason why there are none."""
    print(f"measuring {runtime.name}", file=sys.stderr)
    result: dict = {"version": runtime.version()}
    try:
        directory = build(runtime)
        result |= run(directory, environment_of(runtime))
        if runtime.name not in BASES and (refused := result["failures"].get("kernels")):
            raise Failed(f"error: the kernels: {refused}")
        result |= sizes(directory, result["figures"])
    except Failed as failed:
        (BUILD / f"{runtime.name}.log").write_text(str(failed))
        result["failed"] = reason(str(failed))
        print(f"  {result['failed']}", file=sys.stderr)
    return result


def measure(names: Iterable[str]) -> dict[str, dict]:
    """Measures these, and returns their results with the earlier ones of the others, by name.

    Exits if a base cannot be measured, with which everything is compared."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    by_name = {runtime.name: runtime for runtime in RUNTIMES}
    names = list(names)
    bases = [name for name in BASES if names and (name not in results or "failed" in results[name])]
    for name in dict.fromkeys([*bases, *names]):
        results[name] = measure_one(by_name[name])
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1))
    for base in BASES:
        if failed := results.get(base, {"failed": "run scripts/runtimes"}).get("failed"):
            sys.exit(f"{base} is not measured, and everything is compared with it: {failed}")
    return results


def ratio(results: dict[str, dict], name: str, kernels: Iterable[str]) -> float | None:
    """Instructions of calls, divided by those of native code: the geometric mean of some kernels, if all were measured."""
    calls = [f"call {kernel}" for kernel in kernels]
    counts = [results[name].get("figures", {}).get(call) for call in calls]
    if not all(counts):
        return None
    return statistics.geometric_mean(count / results["native"]["figures"][call] for count, call in zip(counts, calls))
