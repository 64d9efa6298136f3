# SPDX-License-Identifier: Apache-2.0
"""West's commands for apps. Each runs wamrctl with the same arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from west.commands import WestCommand

MANIFEST = Path(__file__).resolve().parents[1] / "Cargo.toml"


def wamrctl() -> list[str]:
    """The command that runs wamrctl: the one of WAMRCTL or the path, or else that of this repository, which cargo builds."""
    if found := os.environ.get("WAMRCTL") or shutil.which("wamrctl"):
        return [found]
    return ["cargo", "run", "--quiet", "--release", "--manifest-path", str(MANIFEST), "--package", "wamrctl", "--"]


class Wamrctl(WestCommand):
    command: str
    summary: str

    def __init__(self) -> None:
        super().__init__(
            f"wamr-{self.command}",
            self.summary,
            f"{self.summary[0].upper()}{self.summary[1:]}. Passes all arguments to `wamrctl {self.command}`; "
            f"`west wamr-{self.command} -- --help` lists them.",
            accepts_unknown_args=True,
        )

    def do_add_parser(self, parser_adder):
        return parser_adder.add_parser(self.name, help=self.help, description=self.description)

    def do_run(self, _args, arguments: list[str]) -> None:
        arguments = arguments[1:] if arguments[:1] == ["--"] else arguments
        try:
            status = subprocess.run([*wamrctl(), self.command, *arguments]).returncode
        except FileNotFoundError as error:
            self.die(f"{error.filename} is missing: install Rust with https://rustup.rs, or set WAMRCTL to a built wamrctl")
        if status != 0:
            raise SystemExit(status)


class New(Wamrctl):
    command = "new"
    summary = "start an app for devices that run WebAssembly"


class Sign(Wamrctl):
    command = "sign"
    summary = "sign an app"


class Upload(Wamrctl):
    command = "upload"
    summary = "install an app on a device over Bluetooth LE"
