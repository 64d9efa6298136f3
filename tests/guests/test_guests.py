"""The example apps in guest/: every module gives the right results, and each agrees with its source."""

from __future__ import annotations

import json
import os
import subprocess
import zlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUEST = ROOT / "guest"
WAMRCTL = os.environ.get("WAMRCTL", ROOT / "target" / "debug" / "wamrctl")
APPS = sorted(path.stem for path in GUEST.glob("*.wasm"))
# Programs for WASI preview 1.
WASI = sorted(path.stem for path in GUEST.glob("wasi/*.wasm"))
# Those that use the interfaces of wit/. They run on a device only.
SDK_APPS = sorted(path.stem for path in GUEST.glob("apps/*.wasm"))


def crc32(seed: int) -> int:
    crc = zlib.crc32(b"The quick brown fox jumps over the lazy dog", seed)
    return crc - (1 << 32) if crc >> 31 else crc


# (app, export, arguments, what the receipt must hold)
CASES = [
    ("add", "add", (2, 40), {"values": [42]}),
    ("add", "add", (-1, -2), {"values": [-3]}),
    ("add", "add", (0x7FFFFFFF, 1), {"values": [-0x80000000]}),
    ("checksum", "checksum", (0,), {"values": [crc32(0)]}),
    ("checksum", "checksum", (4294967295,), {"values": [crc32(0xFFFFFFFF)]}),
    ("counter", "next", (), {"values": [1]}),
    ("despike", "capacity", (), {"values": [256]}),
    ("despike", "despike", (1_000_000,), {"values": [0]}),
    ("echo", "capacity", (), {"values": [128]}),
    ("echo", "inputs", (), {"values": [1]}),
    ("fir", "capacity", (), {"values": [512]}),
    ("fir", "feed", (1000,), {"values": [4]}),
    ("fir", "filter", (1_000_000,), {"values": [512]}),
    ("hello", "hello", (), {"values": []}),
    ("hello", "uptime_s", (), {"values": [0]}),
    ("sampler", "latest", (), {"values": [0]}),
    ("spin", "spin", (), {"outcome": "stopped", "limit": "fuel"}),
    ("trap", "unreachable", (), {"outcome": "trapped", "trap": "unreachable executed"}),
    ("trap", "divide", (1, 0), {"outcome": "trapped", "trap": "integer division by zero"}),
    ("trap", "divide", (-0x80000000, -1), {"outcome": "trapped", "trap": "integer overflow"}),
    ("trap", "divide", (-7, 2), {"values": [-3]}),
    ("trap", "load", (65532,), {"values": [0]}),
    ("trap", "load", (65533,), {"outcome": "trapped", "trap": "memory access out of bounds"}),
    ("trap", "recurse", (), {"outcome": "trapped", "trap": "stack overflow"}),
]


def check(module: Path, export: str, arguments: tuple[int, ...], expected: dict) -> None:
    command = [WAMRCTL, "run", module, "--fuel", "1000000", "--json", "--invoke", export, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr
    receipt = json.loads(done.stdout)
    receipt["values"] = [value["value"] for value in receipt.get("values", [])]
    expected = {"outcome": "returned"} | expected
    assert {key: receipt.get(key) for key in expected} == expected
    assert done.returncode == (0 if expected["outcome"] == "returned" else 1)


@pytest.mark.parametrize(("app", "export", "arguments", "expected"), CASES)
def test_result(app, export, arguments, expected):
    check(GUEST / f"{app}.wasm", export, arguments, expected)


def test_every_app_has_a_case():
    assert APPS == sorted({app for app, *_ in CASES})


def test_log():
    done = subprocess.run([WAMRCTL, "run", GUEST / "hello.wasm", "--invoke", "hello"], capture_output=True, text=True)
    assert "Hello from WebAssembly" in done.stderr


@pytest.fixture(scope="session")
def rebuilt(tmp_path_factory):
    """The apps, built again with the compilers there are, and why some were not."""
    directory = tmp_path_factory.mktemp("guest")
    environment = os.environ | {"WAMRCTL": str(WAMRCTL)}
    done = subprocess.run([GUEST / "build", directory], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    skipped = (line.removeprefix("skipped ") for line in done.stdout.splitlines() if line.startswith("skipped "))
    return directory, dict(line.split(".wasm: ", 1) for line in skipped)


def toolchains(directory: Path) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in (directory / "TOOLCHAINS").read_text().splitlines())


@pytest.mark.parametrize("app", APPS)
def test_source_agrees(rebuilt, app):
    """The same compiler makes the same bytes; any other makes a module with the same results."""
    directory, skipped = rebuilt
    if app in skipped:
        pytest.skip(f"{app}: {skipped[app]}")
    module = directory / f"{app}.wasm"
    [source] = [path for path in GUEST.glob(f"{app}.*") if path.suffix != ".wasm"]
    language = source.suffix[1:]
    if toolchains(directory)[language] == toolchains(GUEST)[language]:
        assert module.read_bytes() == (GUEST / module.name).read_bytes(), f"guest/build was not run after {source.name} changed"
        return
    for case, *call in CASES:
        if case == app:
            check(module, *call)


@pytest.mark.parametrize("committed", sorted(GUEST.glob("native/*.aot")), ids=lambda file: file.name)
def test_native_code_agrees_with_its_source(committed, rebuilt):
    """Where WAMR's compiler is. Another version of LLVM makes other code."""
    directory, _ = rebuilt
    module = directory / "native" / committed.name
    if not module.exists() or toolchains(directory)["c"] != toolchains(GUEST)["c"]:
        pytest.skip(f"{module.name}: set WAMRC to WAMR's compiler (scripts/wamrc), built with LLVM 19")
    assert module.read_bytes() == committed.read_bytes(), "guest/build was not run with WAMRC after echo.c or wamr-compiler changed"


def test_every_app_with_the_sdk_is_built():
    assert SDK_APPS == sorted(path.parent.name for path in GUEST.glob("apps/*/Cargo.toml"))


@pytest.mark.parametrize("app", SDK_APPS)
def test_app_with_the_sdk_agrees_with_its_source(rebuilt, app):
    """The same compiler makes the same bytes."""
    directory, skipped = rebuilt
    if f"apps/{app}" in skipped:
        pytest.skip(f"{app}: {skipped[f'apps/{app}']}")
    module = Path("apps") / f"{app}.wasm"
    assert (directory / module).exists()
    if toolchains(directory)["apps"] == toolchains(GUEST)["apps"]:
        assert (directory / module).read_bytes() == (GUEST / module).read_bytes(), f"guest/build was not run after {app} changed"


def check_program(module: Path, program: str, tmp_path: Path) -> None:
    app = tmp_path / "app.wasm"
    subprocess.run([WAMRCTL, "manifest", module, "--name", program, "-o", app], check=True)
    done = subprocess.run([WAMRCTL, "run", app, "--json"], capture_output=True, text=True)
    assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "returned", done.stdout + done.stderr
    for line in ["run 1", "files work"] if program == "notes" else [f"Hello from {program}", "slept 2 ms", "done"]:
        assert line in done.stdout + done.stderr, done.stderr


@pytest.mark.parametrize("program", WASI)
def test_program_writes_to_the_log(program, tmp_path):
    check_program(GUEST / "wasi" / f"{program}.wasm", program, tmp_path)


def test_every_program_is_built():
    assert WASI == sorted(path.stem for path in GUEST.glob("wasi/*.[cr]*"))


@pytest.mark.parametrize("program", WASI)
def test_program_agrees_with_its_source(rebuilt, program, tmp_path):
    """As the other apps do."""
    directory, skipped = rebuilt
    if f"wasi/{program}" in skipped:
        pytest.skip(f"{program}: {skipped[f'wasi/{program}']}")
    [source] = [path for path in GUEST.glob(f"wasi/{program}.*") if path.suffix != ".wasm"]
    language = f"wasi_{source.suffix[1:]}"
    module = Path("wasi") / f"{program}.wasm"
    if toolchains(directory)[language] == toolchains(GUEST)[language]:
        assert (directory / module).read_bytes() == (GUEST / module).read_bytes(), f"guest/build was not run after {source.name} changed"
    else:
        check_program(directory / module, program, tmp_path)
