"""Counts the work of a device after a simulation: how long its radio was on, and how much flash it erased and wrote."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

NEVER = 2**64 - 1
"""A time in the radio's dumps."""

PAGE = 4096
WORD = b"\xff" * 4
"""Erased."""


@dataclass
class OnAir:
    """Microseconds in which the radio transmits and receives, and the number of its periods of activity."""

    transmits: int = 0
    receives: int = 0
    events: int = 0


PAUSE = 1000
"""Packets that are closer, in microseconds, belong to one connection event or one advertising event."""


def _rows(dump: Path) -> list[dict[str, int]]:
    numbers = ("start_time", "end_time", "abort_time", "scan_duration", "sync_end", "payload_end", "tx_nbr")
    with dump.open() as file:
        return [{name: int(row[name]) for name in numbers if name in row} for row in csv.DictReader(file)]


def on_air(results: Path, device: int, start: int, end: int) -> OnAir:
    """The work of the device's radio between two times, from the dumps of BabbleSim's radio."""
    spans = []
    counted = OnAir()
    for row in _rows(results / f"d_2G4_{device:02}.Tx.csv"):
        span = row["start_time"], min(row["end_time"], row["abort_time"])
        if start <= span[0] < end:
            counted.transmits += span[1] - span[0]
            spans.append(span)
    for row in _rows(results / f"d_2G4_{device:02}.Rx.csv"):
        # Without a packet, the receiver was on for as long as it searched for one.
        ends = row["payload_end"] if row["tx_nbr"] >= 0 else row["start_time"] + row["scan_duration"]
        span = row["start_time"], min(ends, row["abort_time"])
        if start <= span[0] < end:
            counted.receives += span[1] - span[0]
            spans.append(span)
    before = -PAUSE - 1
    for begins, ends in sorted(spans):
        counted.events += begins - before > PAUSE
        before = max(before, ends)
    return counted


@dataclass
class Flash:
    """Pages that were erased and words that were written."""

    erases: int
    words: int


def flash(after: bytes) -> Flash:
    """The work on flash that was full of zeros, if no page of it was erased twice: a page that has a one now was erased, and a word of it
    that has a zero was written."""
    counted = Flash(0, 0)
    for at in range(0, len(after), PAGE):
        page = after[at : at + PAGE]
        if any(page):
            counted.erases += 1
            counted.words += sum(page[word : word + 4] != WORD for word in range(0, PAGE, 4))
    return counted
