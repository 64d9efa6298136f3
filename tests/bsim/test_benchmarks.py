"""The table in docs/benchmarks.md: its figures are those of the simulation. UPDATE_EXPECT=1 writes them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import marked
from simulation import Radio
from test_upload import CHANGED, MODULE, PASSKEY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
TABLE = "radio"

BEFORE = "kB/s at 7edaaf6"
"""The first measurement, made by hand. It measured some links from the answer to Begin on, which came after 26 erases of 87.5 ms; these are included here."""

# Title, the figure at 7edaaf6, firmware, options of the radio, arguments of the client. With `CHANGES`, an upgrade is measured.
CHANGES = "changes"
SCENARIOS = [
    ("2M, 7.5 ms", "29.4", "open", {}, {"interval": 6}),
    ("2M, 15 ms", "29.3", "open", {}, {}),
    ("2M, 15 ms, paired", "–", "paired", {}, {"passkey": PASSKEY}),
    ("1M, 15 ms", "28.1", "open", {}, {"phy": 1}),
    ("2M, 15 ms, the client sends short packets", "22.0", "open", {}, {"dle": False}),
    ("2M, 50 ms", "27.0", "open", {}, {"interval": 40}),
    ("2M, 100 ms", "25.0", "open", {}, {"interval": 80}),
    ("2M, 100 ms, the client keeps its interval", "–", "open", {}, {"interval": 80, "accept": False}),
    ("2M, 15 ms, 10 % of the packets lost", "–", "open", {"loss": 0.1}, {}),
    ("2M, 15 ms, 20 % lost", "7.8", "open", {"loss": 0.2}, {}),
    ("2M, 15 ms, 30 % lost", "2.8", "open", {"loss": 0.3}, {}),
    ("2M, 15 ms, 50 % lost", "failed", "open", {"loss": 0.5}, {}),
    ("2M, 15 ms, erased ahead", "–", "product", {}, {"wait": 38}),
    ("2M, 15 ms, erased ahead, 20 % lost", "–", "product", {"loss": 0.2}, {"wait": 38}),
    ("2M, 15 ms, changes", "–", "product", {}, {CHANGES: True}),
    ("2M, 15 ms, changes, 50 % lost", "–", "product", {"loss": 0.5}, {CHANGES: True}),
]
HEADS = ["link", "Begin, ms", BEFORE, "kB/s", "connections lost", "frames", "statuses"]


def test_the_table_is_that_of_the_simulation(simulation, open_firmware, paired_firmware, product_firmware, change):
    firmwares = {"open": open_firmware, "paired": paired_firmware, "product": product_firmware}
    simulation.full = True
    delta = change(MODULE, CHANGED)

    def row(scenario) -> list[str]:
        title, before, firmware, radio, given = scenario
        arguments = {name: value for name, value in given.items() if name != CHANGES}
        if CHANGES in given:
            run = simulation.upgrade(firmwares[firmware], MODULE, CHANGED, delta, Radio(**radio), **arguments)
        else:
            run = simulation.upload(firmwares[firmware], MODULE, Radio(**radio), **arguments)
        counts = [str(run.drops), str(run.value("frames")), str(run.value("statuses"))] if run.ended else ["–"] * 3
        return [title, f"{run.begin_ms:.0f}", before, f"{run.rate:.1f}" if run.ended else "failed", *counts]

    # The programs of a simulation wait for each other most of the time.
    with ThreadPoolExecutor(len(SCENARIOS)) as pool:
        rows = list(pool.map(row, SCENARIOS))
    if os.environ.get("UPDATE_EXPECT"):
        marked.write(PAGE, TABLE, marked.table(HEADS, rows))
    assert [list(row.values()) for row in marked.rows(marked.read(PAGE, TABLE))] == rows
