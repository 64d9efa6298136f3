"""The two west manifests, read by west itself: this repository's own, and one of a user who lists this repository. And the commands that
they add to west.

Without a network: git repositories with nothing but the manifests stand where `west update` would put the projects.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PINNED = {
    "zephyr": "zephyr",
    "zephyr-lang-rust": "modules/lang/rust",
    "wasm-micro-runtime": "modules/lib/wasm-micro-runtime",
    "cmsis": "modules/hal/cmsis",
    "hal_nordic": "modules/hal/nordic",
    "picolibc": "modules/lib/picolibc",
    "mbedtls": "modules/crypto/mbedtls",
    "libmetal": "modules/hal/libmetal",
    "open-amp": "modules/lib/open-amp",
}


def zephyr_base() -> Path:
    base = Path(os.environ.get("ZEPHYR_BASE", Path.home() / "zephyrproject" / "zephyr"))
    if not (base / "west.yml").is_file():
        pytest.skip("no Zephyr: set ZEPHYR_BASE")
    return base


def project(directory: Path, files: dict[str, Path]) -> None:
    """Makes a git repository of these files, checked out as west does it."""
    directory.mkdir(parents=True)
    for name, source in files.items():
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    git = ["git", "-C", directory, "-c", "user.name=test", "-c", "user.email=test@localhost"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "test"], ["update-ref", "refs/heads/manifest-rev", "HEAD"]):
        subprocess.run([*git, *command], check=True)


def run_west(directory: Path, *arguments, **variables) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if name != "ZEPHYR_BASE"} | variables
    command = [sys.executable, "-m", "west", *arguments]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)


def west(directory: Path, *arguments) -> str:
    run = run_west(directory, *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


def zephyr(workspace: Path) -> None:
    base = zephyr_base()
    commands = Path("scripts/west-commands.yml")
    project(workspace / "zephyr", {"west.yml": base / "west.yml", commands: base / commands, "submanifests/x": base / "VERSION"})


def files() -> dict[str, Path]:
    """Those of this repository that west reads."""
    return {name: ROOT / name for name in ("west.yml", "scripts/west-commands.yml", "scripts/west_commands.py")}


def user(workspace: Path) -> None:
    """A workspace of a user who lists this repository."""
    zephyr(workspace)
    project(workspace / "modules" / "lib" / "wamr-zephyr", files())
    (workspace / "app").mkdir()
    shutil.copy(Path(__file__).parent / "west.yml", workspace / "app")


def listed(workspace: Path, manifest: str) -> dict[str, tuple[str, str]]:
    west(workspace, "init", "-l", manifest)
    lines = west(workspace, "list", "-f", "{name} {revision} {path}").splitlines()
    return {name: (revision, path) for name, revision, path in map(str.split, lines) if name != "manifest"}


def check(projects: dict[str, tuple[str, str]]) -> None:
    assert {name: path for name, (_, path) in projects.items()} == PINNED
    for name, (revision, _) in projects.items():
        assert revision == "v4.1.0" if name == "zephyr" else re.fullmatch("[0-9a-f]{40}", revision), name


@pytest.fixture(autouse=True)
def needs_west():
    pytest.importorskip("west", reason="no west: scripts/zephyr-env installs it where there is a Zephyr workspace")


def test_this_repository_is_a_workspace_of_its_own(tmp_path):
    zephyr(tmp_path)
    project(tmp_path / "wamr-zephyr", files())
    check(listed(tmp_path, "wamr-zephyr"))


def test_another_manifest_can_list_it(tmp_path):
    user(tmp_path)
    projects = listed(tmp_path, "app")
    assert projects.pop("wamr-zephyr") == ("main", "modules/lib/wamr-zephyr")
    check(projects)


def test_west_has_commands_for_apps(tmp_path):
    user(tmp_path)
    west(tmp_path, "init", "-l", "app")
    assert "wamr-upload:" in west(tmp_path, "help")
    wamrctl = tmp_path / "wamrctl"
    wamrctl.write_text('#!/bin/sh\necho "$@"\nexit 3\n')
    wamrctl.chmod(0o755)
    for name in ("new", "sign", "upload"):
        run = run_west(tmp_path, f"wamr-{name}", "app.wasm", "--key", "my key", WAMRCTL=str(wamrctl))
        assert (run.returncode, run.stdout) == (3, f"{name} app.wasm --key my key\n"), run.stderr
    run = run_west(tmp_path, "wamr-new", "--", "--help", WAMRCTL=str(wamrctl))
    assert run.stdout == "new --help\n", run.stderr
    run = run_west(tmp_path, "wamr-new", "hello", WAMRCTL=str(tmp_path / "none"))
    assert run.returncode == 1 and "set WAMRCTL" in run.stderr


def test_west_makes_an_app(tmp_path):
    if not Path(os.environ.get("WAMRCTL", "")).is_file():
        pytest.skip("no wamrctl: scripts/test builds it")
    user(tmp_path)
    west(tmp_path, "init", "-l", "app")
    west(tmp_path, "wamr-new", "hello")
    assert (tmp_path / "hello" / "Cargo.toml").is_file()
