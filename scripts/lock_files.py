"""The repository's lock files: their locations, the versions that they pin, and how to run cargo for them."""

from __future__ import annotations

import functools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from environment import ROOT

# Crates that zephyr-lang-rust has cargo take from its own sources.
OF_ZEPHYR = ("zephyr", "zephyr-build", "zephyr-sys")

# The head of an entry. Crates of this repository and of zephyr-lang-rust have no source.
ENTRY = re.compile(r'^name = "(.+)"\nversion = "(.+)"\n(source = )?', re.M)


class NoZephyr(Exception):
    """Why this machine cannot read the manifests of a firmware."""


@dataclass(frozen=True)
class LockFile:
    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    def versions(self) -> list[tuple[str, str]]:
        """Names and versions of the crates from a registry."""
        return [(name, version) for name, version, source in ENTRY.findall(self.path.read_text()) if source]

    def for_zephyr(self) -> bool:
        return any(name in OF_ZEPHYR for name, *_ in ENTRY.findall(self.path.read_text()))

    def cargo(self, *arguments, **options) -> subprocess.CompletedProcess:
        """Runs cargo in the lock file's directory, for crates of a firmware as Zephyr's build does."""
        patches = patch_options() if self.for_zephyr() else []
        return subprocess.run(["cargo", *patches, *arguments], cwd=self.path.parent, text=True, **options)


def lock_files() -> list[LockFile]:
    """All of the repository, that of the host's crates first."""
    git = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "Cargo.lock", "**/Cargo.lock"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    paths = {ROOT / name for name in listed if (ROOT / name).exists()}
    return [LockFile(path) for path in sorted(paths, key=lambda path: (len(path.parts), path))]


@functools.cache
def lang_rust() -> Path:
    """The sources of zephyr-lang-rust, at their path in `west.yml`."""
    # Manifests are the same for all boards.
    command = [ROOT / "scripts" / "zephyr-env", "native_sim/native/64", "printenv", "ZEPHYR_BASE"]
    found = subprocess.run(command, capture_output=True, text=True)
    if found.returncode != 0:
        raise NoZephyr(found.stderr.strip())
    return Path(found.stdout.strip()).parent / "modules" / "lang" / "rust"


def patch_options() -> list[str]:
    """The arguments that zephyr-lang-rust's CMake passes to cargo."""
    return [word for crate in OF_ZEPHYR for word in ("--config", f'patch.crates-io.{crate}.path="{lang_rust() / crate}"')]
