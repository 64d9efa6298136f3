"""The crate wamr-guest and the apps that use it have no warnings, with each feature."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUEST = ROOT / "guest"
WAMRCTL = os.environ.get("WAMRCTL", ROOT / "target" / "debug" / "wamrctl")

COMMANDS = {
    "clippy": ["clippy", "--locked", "--workspace", "--release", "--", "-D", "warnings"],
    "clippy-log": ["clippy", "--locked", "--package", "wamr-guest", "--features", "log", "--release", "--", "-D", "warnings"],
    "doc": ["doc", "--locked", "--package", "wamr-guest", "--features", "log", "--no-deps"],
}


@pytest.fixture(scope="session")
def target():
    where = subprocess.run(
        ["rustc", "--print", "target-libdir", "--target", "wasm32-unknown-unknown"], capture_output=True, text=True, check=True
    )
    if not list(Path(where.stdout.strip()).glob("libcore-*.rlib")):
        pytest.skip("rustc lacks a target: rustup target add wasm32-unknown-unknown")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_warnings(target, command):
    environment = {"CARGO_TARGET_DIR": str(ROOT / "target" / "guest"), "RUSTDOCFLAGS": "-Dwarnings"}
    done = subprocess.run(["cargo", *COMMANDS[command]], cwd=GUEST, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# The most bytes of an app with its description, but without its manifest.
SIZES = {"blink": 1400, "fan": 2048, "button": 4500, "hub": 9000, "thermostat": 4300, "weather": 9000}


@pytest.mark.parametrize("app", SIZES)
def test_size(app, tmp_path):
    """Apps are small. `fan` uses gpio, i2c and timer."""
    module = tmp_path / "app.wasm"
    subprocess.run([WAMRCTL, "manifest", GUEST / "apps" / f"{app}.wasm", "--name", app, "-o", module], check=True)
    inspected = subprocess.run([WAMRCTL, "inspect", "--json", module], capture_output=True, text=True, check=True)
    sections = {section["name"]: section["size"] for section in json.loads(inspected.stdout)["custom_sections"]}
    assert sections["component-type"] > 0
    # The section's name and the two lengths take the rest.
    manifest = sections["wamr-app"] + len("wamr-app") + 3
    assert module.stat().st_size - manifest <= SIZES[app]


def test_examples_in_c(tmp_path):
    """Those that docs/host-api.md shows."""
    if not shutil.which("clang"):
        pytest.skip("clang is missing: install the packages clang and lld")
    examples = sorted((GUEST / "examples" / "c").glob("*.c"))
    assert examples
    options = ["--target=wasm32", "-std=c11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-I", GUEST / "sdk" / "c"]
    done = subprocess.run(["clang", *options, "-c", *examples], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
