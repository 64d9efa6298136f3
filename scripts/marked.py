"""Tables in a page of Markdown that a script writes, between two marks.

    <!-- NAME: written by scripts/SCRIPT -->
    | ... |
    <!-- end of NAME -->
"""

from __future__ import annotations

import re
from pathlib import Path


def _pattern(name: str) -> re.Pattern:
    return re.compile(rf"(<!-- {re.escape(name)}: .*? -->\n)(.*?)(<!-- end of {re.escape(name)} -->)", re.S)


def read(page: Path, name: str) -> str:
    """The text between the marks.

    Exits if the page has none of this name."""
    found = _pattern(name).search(page.read_text())
    if not found:
        raise SystemExit(f"{page} has no marks for {name!r}")
    return found[2]


def write(page: Path, name: str, text: str) -> None:
    """Replaces the text between the marks."""
    read(page, name)
    page.write_text(_pattern(name).sub(lambda found: found[1] + text.strip() + "\n" + found[3], page.read_text()))


def table(heads: list[str], rows: list[list[str]], left: int = 1) -> str:
    """A table of Markdown. All columns but the first `left` are numbers."""
    rule = "|".join(["---"] * left + ["---:"] * (len(heads) - left))
    return "\n".join([f"| {' | '.join(heads)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)])


def rows(text: str) -> list[dict[str, str]]:
    """The rows of the tables in `text`, by the heads of their columns. Rows of several tables with the same first column are one.

    Raises ValueError for a row with another number of cells than its table's head."""
    merged: dict[str, dict[str, str]] = {}
    heads: list[str] | None = None
    for line in text.splitlines():
        if not line.startswith("|"):
            heads = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if heads is None:
            heads = cells
        elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            if len(cells) != len(heads):
                raise ValueError(f"{len(cells)} cells below {len(heads)} heads: {line}")
            merged.setdefault(cells[0], {}).update(zip(heads, cells))
    return list(merged.values())


def number(cell: str) -> float | None:
    """What a cell says, if it begins with a number."""
    found = re.match(r"[\d,]+(\.\d+)?", cell)
    return float(found[0].replace(",", "")) if found else None
