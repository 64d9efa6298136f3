"""`wamrctl run` on modules that other people wrote or that other people's compilers made.

Nothing of it is in this repository: the packages come from their registries when the test runs, and a test is skipped when
they can't be had. The right results are the test vectors of the algorithms, or what node says of the same module.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from packages import CACHE, node, node_package, python_package

HERE = Path(__file__).parent
WAMRCTL = os.environ.get("WAMRCTL", HERE.parents[1] / "target" / "debug" / "wamrctl")


def run(module: Path, export: str, *arguments: int, pool: int | None = None, fuel: int | None = None):
    """The results of one call."""
    options = ["--pool", str(pool)] if pool else []
    options += ["--fuel", str(fuel)] if fuel else []
    command = [WAMRCTL, "run", module, *options, "--json", "--invoke", export, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # Integers beyond 2^53 are strings.
    return [int(value["value"]) for value in json.loads(done.stdout)["values"]]


def run_in_node(module: Path, export: str, *arguments: int):
    """What another engine says."""
    script = """
        const [file, name, ...args] = process.argv.slice(1);
        WebAssembly.instantiate(require("fs").readFileSync(file)).then(({ instance }) =>
            console.log(JSON.stringify([instance.exports[name](...args.map(Number))])));
    """
    done = subprocess.run([*node(), "-e", script, module, export, *map(str, arguments)], capture_output=True, check=True)
    return json.loads(done.stdout)


def signed(number: int, bits: int) -> int:
    return number - (1 << bits) if number >> (bits - 1) else number


def test_hand_written(tmp_path):
    """xxhash-wasm: WebAssembly text, assembled by wabt."""
    source = (node_package("xxhash-wasm@1.1.0") / "esm" / "xxhash-wasm.js").read_text()
    module = tmp_path / "xxhash.wasm"
    module.write_bytes(bytes(map(int, re.search(r"Uint8Array\(\[([\d,]+)\]\)", source)[1].split(","))))
    # The hashes of the empty input, from the algorithm's specification.
    assert run(module, "xxh32", 0, 0, 0) == [signed(0x02CC5D05, 32)]
    assert run(module, "xxh64", 0, 0, 0) == [signed(0xEF46DB3751D8E999, 64)]
    assert run(module, "xxh32", 0, 1000, 7) == run_in_node(module, "xxh32", 0, 1000, 7)


def test_clang(tmp_path):
    """hash-wasm: C, compiled by clang."""
    source = (node_package("hash-wasm@4.13.0") / "dist" / "argon2.umd.min.js").read_text()
    module = tmp_path / "argon2.wasm"
    module.write_bytes(base64.b64decode(re.search(r'name:"argon2",data:"([^"]+)"', source)[1]))
    # Grows the linear memory by this many KiB.
    assert run(module, "Hash_SetMemorySize", 256) == run_in_node(module, "Hash_SetMemorySize", 256)


def test_emscripten():
    """harfbuzzjs: the font engine HarfBuzz, C++, compiled by Emscripten: a large module with 65 MiB of memory."""
    module = node_package("harfbuzzjs@1.6.4") / "dist" / "harfbuzz-subset.wasm"
    done = subprocess.run([WAMRCTL, "run", module, "--invoke", "malloc", "1"], capture_output=True, text=True)
    assert done.returncode == 3 and "--pool" in done.stderr, done.stderr
    pool = 80 << 20
    assert 65 << 20 < int(re.search(r"about (\d+) bytes", done.stderr)[1]) < pool, done.stderr
    assert run(module, "malloc", 1000, pool=pool) == run_in_node(module, "malloc", 1000)
    assert run(module, "hb_face_get_empty", pool=pool) == run_in_node(module, "hb_face_get_empty")
    assert run(module, "hb_subset_input_create_or_fail", pool=pool) == run_in_node(module, "hb_subset_input_create_or_fail")


def test_emscripten_with_javascript():
    """A module that needs JavaScript around it is refused by the names of what it needs. Devices offer its imports from WASI."""
    module = node_package("harfbuzzjs@1.6.4") / "dist" / "harfbuzz.wasm"
    done = subprocess.run([WAMRCTL, "run", module, "--invoke", "malloc", "1"], capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    assert "env._abort_js" in done.stderr and "wasi_snapshot_preview1" not in done.stderr, done.stderr


def test_assemblyscript(tmp_path):
    """AssemblyScript's compiler and garbage collector."""
    compiler = node_package("assemblyscript@0.28.20") / "bin" / "asc.js"
    module = tmp_path / "sieve.wasm"
    options = ["--outFile", module, "-O", "--runtime", "incremental", "--use", "abort="]
    subprocess.run([*node(), compiler, os.path.relpath(HERE / "sieve.ts"), *options], check=True)
    assert run(module, "primes", 10_000, pool=1 << 20) == [1229]


def test_zig(tmp_path):
    """Zig's compiler and standard library."""
    compiler = python_package("ziglang==0.17.0") / "ziglang" / "zig"
    module = tmp_path / "sieve.wasm"
    options = ["-target", "wasm32-freestanding", "-O", "ReleaseSmall", "-fno-entry", "-rdynamic", "--stack", "8192"]
    caches = ["--cache-dir", tmp_path, "--global-cache-dir", tmp_path]
    subprocess.run([compiler, "build-exe", HERE / "sieve.zig", *options, *caches, f"-femit-bin={module}"], check=True)
    assert run(module, "primes", 10_000, pool=1 << 20) == [1229]


@pytest.mark.skipif(not shutil.which("make"), reason="make is missing")
def test_zig_app(tmp_path):
    """The project that `wamrctl new` makes for Zig builds, into an app that agrees with its description."""
    compiler = python_package("ziglang==0.17.0") / "ziglang" / "zig"
    subprocess.run([WAMRCTL, "new", "app", "--lang", "zig"], cwd=tmp_path, check=True)
    # The translator of C headers is built once.
    cache = CACHE / "zig-cache"
    caches = {"ZIG_LOCAL_CACHE_DIR": str(cache), "ZIG_GLOBAL_CACHE_DIR": str(cache)}
    project = tmp_path / "app"
    subprocess.run(["make", f"ZIG={compiler}"], cwd=project, check=True, env=os.environ | caches)
    subprocess.run([WAMRCTL, "manifest", "build/app.wasm", "--name", "app", "-o", "app.wasm"], cwd=project, check=True)
    inspected = subprocess.run([WAMRCTL, "inspect", "--json", "app.wasm"], cwd=project, capture_output=True, check=True)
    module = json.loads(inspected.stdout)
    assert sorted(one["name"] for one in module["imports"]) == [
        "[method]output-pin.is-set-active",
        "[method]output-pin.set",
        "open-output",
        "start-periodic",
    ]
    assert {"start", "on-event", "cabi_realloc"} <= {one["name"] for one in module["exports"]}


@pytest.mark.skipif(not shutil.which("make"), reason="make is missing")
def test_assemblyscript_app(tmp_path):
    """The project that `wamrctl new` makes for AssemblyScript builds, into an app that agrees with its description and blinks."""
    subprocess.run([WAMRCTL, "new", "app", "--lang", "assemblyscript"], cwd=tmp_path, check=True)
    project = tmp_path / "app"
    # In place of `npm install`.
    packages = node_package("assemblyscript@0.28.20").parent
    (project / "node_modules").symlink_to(packages)
    (packages / ".installed").touch()
    subprocess.run(["make", f"ASC={' '.join(map(str, node()))} node_modules/assemblyscript/bin/asc.js"], cwd=project, check=True)
    subprocess.run([WAMRCTL, "manifest", "build/app.wasm", "--name", "app", "-o", "app.wasm"], cwd=project, check=True)
    ran = subprocess.run([WAMRCTL, "run", "app.wasm", "--for", "1.2"], cwd=project, capture_output=True, text=True, check=True)
    assert [line for line in ran.stdout.splitlines() if line.startswith("led0")] == ["led0 on", "led0 off"], ran.stdout


def test_reactor(tmp_path):
    """clang and wasi-libc, as Zig has them: C++ with a constructor, which `_initialize` runs."""
    compiler = python_package("ziglang==0.17.0") / "ziglang" / "zig"
    module = tmp_path / "reactor.wasm"
    caches = {"ZIG_LOCAL_CACHE_DIR": str(tmp_path), "ZIG_GLOBAL_CACHE_DIR": str(tmp_path)}
    options = ["-target", "wasm32-wasi", "-mexec-model=reactor", "-Os", "-fno-exceptions"]
    subprocess.run([compiler, "c++", *options, HERE / "reactor.cpp", "-o", module], check=True, env=os.environ | caches)
    inspected = subprocess.run([WAMRCTL, "inspect", "--json", module], capture_output=True, text=True, check=True)
    report = json.loads(inspected.stdout)
    assert report["has_initialize"] and "_initialize" in [export["name"] for export in report["exports"]], report
    assert run(module, "primes", pool=32 << 20) == [25]
