"""Installs, once, what scripts/test and scripts/demo need in addition to Rust, Python 3 and a C compiler.

Everything is installed into .venv in the repository: the Python packages of requirements.txt and, if the machine has none,
CMake and libclang from the Python registry. Nothing is installed system-wide, so root access is not needed.
"""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "scripts" / "requirements.txt"

# Pinned tools that are installed if they are missing.
CMAKE = "cmake==3.31.6"
NINJA = "ninja==1.11.1.4"
LIBCLANG = "libclang==18.1.1"


def prepare() -> dict[str, str]:
    """Installs missing tools and returns the environment for all further commands."""
    if sys.version_info < (3, 10):
        sys.exit(f"Python {sys.version.split()[0]} is too old: install Python 3.10 or newer")
    _need("cargo", "install Rust with https://rustup.rs")
    _need("cc", "install a C compiler (on Debian and Ubuntu: apt install gcc)")

    packages = []
    if not shutil.which("cmake"):
        packages.append(CMAKE)
    if not shutil.which("make") and not shutil.which("ninja"):
        packages.append(NINJA)
    if not _has_libclang():
        packages.append(LIBCLANG)
    _install(packages)

    environment = dict(os.environ)
    environment["PATH"] = f"{VENV / 'bin'}:{environment['PATH']}"
    if NINJA in packages:
        environment["CMAKE_GENERATOR"] = "Ninja"
    if LIBCLANG in packages:
        [library] = VENV.glob("lib/python*/site-packages/clang/native")
        environment["LIBCLANG_PATH"] = str(library)
    return environment


def cargo_tool(crate: str) -> dict[str, str] | None:
    """Installs a subcommand of cargo, pinned as NAME@VERSION, if it is missing. Returns the environment to run it with, or
    nothing if the package registry cannot be reached."""
    environment = os.environ | {"PATH": f"{VENV / 'bin'}:{os.environ['PATH']}"}
    if not shutil.which(crate.partition("@")[0], path=environment["PATH"]):
        # Unoptimised, as it takes less time to run than to optimise. These tools have many crates in common.
        install = ["cargo", "install", "--quiet", "--locked", "--debug", "--root", VENV, "--target-dir", ROOT / "target" / "tools", crate]
        if subprocess.run(install, env=environment | {"CARGO_PROFILE_DEV_DEBUG": "0"}).returncode != 0:
            return None
    return environment


def _need(tool: str, advice: str) -> None:
    if not shutil.which(tool):
        sys.exit(f"{tool} is missing: {advice}")


def _has_libclang() -> bool:
    """Whether bindgen will find libclang: by its environment variable, by llvm-config, or in Debian's directory."""
    return bool(
        os.environ.get("LIBCLANG_PATH")
        or ctypes.util.find_library("clang")
        or any(Path("/usr/lib").glob("llvm-*/lib/libclang*.so*"))
        or any(Path("/usr/lib").glob("*-linux-gnu/libclang*.so*"))
    )


def _install(extra: list[str]) -> None:
    wanted = REQUIREMENTS.read_text() + "".join(f"{package}\n" for package in extra)
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    stamp = VENV / "installed"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    print(f"Setting up {VENV.relative_to(ROOT)} ...", flush=True)
    if subprocess.run([sys.executable, "-m", "venv", VENV]).returncode != 0:
        sys.exit("Python cannot make virtual environments: on Debian and Ubuntu, apt install python3-venv")
    pip = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "-r", REQUIREMENTS, *extra]).returncode != 0:
        sys.exit("The Python packages could not be installed: check that the package registry can be reached, and try again")
    stamp.write_text(digest)
