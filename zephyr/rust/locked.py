#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command of the build; where that is cargo's build or doc, with --locked (CONFIG_WAMR_ZEPHYR_RUST_LOCKED).

zephyr-lang-rust has no way to pass arguments to cargo, and cargo reads this one from nowhere else, so CMake puts this script
before the commands of the application's directory.
"""

import subprocess
import sys
from pathlib import Path

STALE = """
The lock file of this application does not fit its Cargo.toml, or that of a crate it uses:
    {lock}
So cargo would have to choose versions. Have it do so by a build with CONFIG_WAMR_ZEPHYR_RUST_LOCKED=n, review what it
changes, and commit the file.
"""


def main() -> int:
    command = sys.argv[1:]
    at = command.index("cargo") if "cargo" in command else len(command)
    if command[at + 1 : at + 2] not in (["build"], ["doc"]):
        return subprocess.call(command)
    status = subprocess.call([*command[: at + 2], "--locked", *command[at + 2 :]])
    if status != 0:
        # Reads the manifests alone.
        configs = [word for option, value in zip(command, command[1:]) if option == "--config" for word in (option, value)]
        read = ["cargo", "metadata", "--locked", "--format-version=1", *configs]
        found = subprocess.run(read, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if "--locked" in found.stderr:
            print(STALE.format(lock=Path("Cargo.lock").resolve()), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
