"""Builds an app of 40 KB with other lines of code."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "app.rs"
LINE = 'report.push_str("end\\n");'
LINKER = ["--no-entry", "--stack-first", "-zstack-size=4096", "--initial-memory=65536", "--max-memory=131072"]


class Lines:
    """Builds the app in a directory. Leaves the test out if there is no compiler for it."""

    def __init__(self, directory: Path):
        where = ["rustc", "--print", "target-libdir", "--target", "wasm32-unknown-unknown"]
        libraries = shutil.which("rustc") and subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
        if not libraries or not list(Path(libraries).glob("libstd-*.rlib")):
            pytest.skip("rustc lacks a target: rustup target add wasm32-unknown-unknown")
        self.directory = directory

    def build(self, line: str = LINE) -> bytes:
        """The app with this line in place of `LINE`."""
        text = SOURCE.read_text()
        assert LINE in text
        source, module = self.directory / "app.rs", self.directory / "app.wasm"
        source.write_text(text.replace(LINE, line))
        options = ["--crate-type", "cdylib", "--target", "wasm32-unknown-unknown", "--edition", "2024", "-D", "warnings"]
        for option in ("opt-level=s", "panic=abort", "strip=symbols", "lto", *(f"link-arg={argument}" for argument in LINKER)):
            options += ["-C", option]
        subprocess.run(["rustc", *options, "-o", module, source], check=True)
        return module.read_bytes()
