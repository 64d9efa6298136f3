#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a build command and adds --locked if it is `cargo build` or `cargo doc` (CONFIG_WAMR_ZEPHYR_RUST_LOCKED).

zephyr-lang-rust cannot pass arguments to cargo, and cargo has no other setting for --locked. CMake therefore prefixes the
commands of the application's directory with this script.
"""

import subprocess
import sys
from pathlib import Path

STALE = """
The lock file does not match the Cargo.toml of this application, or of a crate that it uses:
    {lock}
Cargo would have to choose versions. Build once with CONFIG_WAMR_ZEPHYR_RUST_LOCKED=n, review the changes of the lock file,
and commit it.
"""


def main() -> int:
    command = sys.argv[1:]
    at = command.index("cargo") if "cargo" in command else len(command)
    if command[at + 1 : at + 2] not in (["build"], ["doc"]):
        return subprocess.call(command)
    status = subprocess.call([*command[: at + 2], "--locked", *command[at + 2 :]])
    if status != 0:
        # Reads only the manifests.
        configs = [word for option, value in zip(command, command[1:]) if option == "--config" for word in (option, value)]
        read = ["cargo", "metadata", "--locked", "--format-version=1", *configs]
        found = subprocess.run(read, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if "--locked" in found.stderr:
            print(STALE.format(lock=Path("Cargo.lock").resolve()), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
