# SPDX-License-Identifier: Apache-2.0
"""Makes the jumps of the interpreter an instruction shorter: for GCC's option -wrapper, which runs each of its programs by this.

For Thumb, GCC sets the lowest bit of an address and jumps with `bx`, which needs it. `mov pc` does not. Every handler of the
interpreter ends in such a jump, and its address comes from the code, so GCC cannot set the bit in advance.
"""

import re
import subprocess
import sys
from pathlib import Path

JUMP = re.compile(r"\torr\t(r\d+), \1, #1\n((?:\t\.loc .*\n|\.L\w+:\n)*)\tbx\t\1\n")


def shorten(assembly: str) -> str:
    return JUMP.sub(r"\2\tmov\tpc, \1\n", assembly)


def main(command: list[str]) -> int:
    if Path(command[0]).stem.endswith("as"):
        for path in map(Path, command[1:]):
            if path.suffix == ".s":
                path.write_text(shorten(path.read_text()))
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
