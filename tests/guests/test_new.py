"""The projects that `wamrctl new` makes build as they are, into the same app."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUEST = ROOT / "guest"
WAMRCTL = Path(os.environ.get("WAMRCTL", ROOT / "target" / "debug" / "wamrctl"))


def new(directory: Path, *options) -> Path:
    done = subprocess.run([WAMRCTL, "new", "my-app", *options], cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return directory / "my-app"


def run(directory: Path, *command) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET")}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def commands(project: Path) -> list[list[str]]:
    """Those in the project's README."""
    _, block, _ = (project / "README.md").read_text().split("```", 2)
    return [line.split() for line in block.splitlines()[1:]]


def build(project: Path, tool: str, *options) -> dict[str, str]:
    """Does what the README says. Returns the functions that the app imports, with their types."""
    make, manifest = commands(project)
    assert make[0] == tool and manifest[0] == "wamrctl"
    run(project, *make, *options)
    run(project, WAMRCTL, *manifest[1:])
    inspected = subprocess.run(
        [WAMRCTL, "inspect", "--json", project / "my-app.wasm"], capture_output=True, text=True, check=True
    )
    module = json.loads(inspected.stdout)
    assert {"start", "on-event"} <= {one["name"] for one in module["exports"]}
    return {f"{one['module']} {one['name']}": str(one["params"]) for one in module["imports"]}


EXPECTED = {
    "wamr:device/gpio@0.1.0 open-output": "['i32', 'i32', 'i32', 'i32']",
    "wamr:device/gpio@0.1.0 [method]output-pin.set": "['i32', 'i32', 'i32']",
    "wamr:device/gpio@0.1.0 [method]output-pin.is-set-active": "['i32']",
    "wamr:device/timer@0.1.0 start-periodic": "['i32', 'i32', 'i32']",
}


@pytest.fixture
def target():
    where = ["rustc", "--print", "target-libdir", "--target", "wasm32-unknown-unknown"]
    libraries = subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
    if not list(Path(libraries).glob("libcore-*.rlib")):
        pytest.skip("rustc lacks a target: rustup target add wasm32-unknown-unknown")
    # What the SDK needs is then on this machine.
    run(GUEST, "cargo", "fetch", "--locked")


def test_rust(target, tmp_path):
    project = new(tmp_path, "--sdk", GUEST / "sdk")
    assert build(project, "cargo", "--offline") == EXPECTED


def test_the_first_app_of_the_readme(target, tmp_path):
    """What guest/README.md says works, in a directory that has `guest` like the repository."""
    (tmp_path / "guest").symlink_to(GUEST)
    _, block, _ = (GUEST / "README.md").read_text().split("```", 2)
    directory = tmp_path
    for command in block.splitlines()[1:]:
        word, *words = command.split()
        if word == "cd":
            directory /= words[0]
        else:
            run(directory, WAMRCTL if word == "wamrctl" else word, *words)
    blinks = ["run", "hello-led.wasm", "--for", "1.2"]
    assert f"$ wamrctl {' '.join(blinks)}\n" in (GUEST / "README.md").read_text()
    done = subprocess.run([WAMRCTL, *blinks], cwd=directory, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    changes = [line for line in done.stdout.splitlines() if line.startswith("led0")]
    assert changes[:2] == ["led0 on", "led0 off"]


def test_c(tmp_path):
    for tool in ("clang", "wasm-ld", "make"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is missing: install the packages clang, lld and make")
    assert build(new(tmp_path, "--lang", "c"), "make") == EXPECTED


def test_the_sdk_is_in_the_repository_by_default(tmp_path):
    manifest = (new(tmp_path) / "Cargo.toml").read_text()
    assert 'wamr-guest = { git = "https://github.com/wamr-zephyr/wamr-zephyr" }' in manifest


def test_dev_needs_a_project(tmp_path):
    (tmp_path / "Makefile").write_text("all:\n")
    for directory, message in (("nowhere", "wamrctl new"), (".", "build/NAME.wasm")):
        done = subprocess.run([WAMRCTL, "dev", directory], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 2
        assert message in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["My-App"], "lowercase"),
        (["../app"], "lowercase"),
        (["an-app-with-17-by"], "16 bytes"),
        (["app", "--lang", "cobol"], "rust, c, zig"),
        (["app", "--sdk", "nowhere"], "guest/sdk"),
        (["app", "--lang", "c", "--sdk", GUEST / "sdk"], "only for Rust"),
        (["taken"], "exists"),
    ],
)
def test_errors(tmp_path, words, message):
    (tmp_path / "taken").mkdir()
    done = subprocess.run([WAMRCTL, "new", *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert message in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
