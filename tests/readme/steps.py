"""The files and commands in the README's section for firmware developers."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"

# A file: its name on a line of its own, then a block of code. A language without a name is a command or a fragment.
FILE = re.compile(r"^`([\w./]+)`:\n\n```\w*\n(.*?)^```$", re.M | re.S)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


def section(heading: str) -> str:
    """The text below a heading of the third level."""
    found = re.search(rf"^### {heading}\n(.*?)(?=^##)", README.read_text(), re.M | re.S)
    assert found, f"README.md has no section `{heading}`"
    return found[1]


def files(heading: str) -> dict[str, str]:
    return dict(FILE.findall(section(heading)))


def commands(heading: str) -> list[list[str]]:
    """What the user types, a list of words for each line."""
    lines = [line for block in CONSOLE.findall(section(heading)) for line in block.splitlines()]
    assert lines and all(line.startswith("$ ") for line in lines), lines
    return [line.split()[1:] for line in lines]
