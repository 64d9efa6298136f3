"""The table in docs/benchmarks.md: its figures are those of the simulation. UPDATE_EXPECT=1 writes them."""

from __future__ import annotations

import os
from pathlib import Path

import marked
from simulation import Radio
from test_upload import MODULE, PASSKEY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
TABLE = "radio"

# Title, options of the radio, arguments of the client.
SCENARIOS = [
    ("2M, 7.5 ms", {}, {"interval": 6}),
    ("2M, 15 ms", {}, {}),
    ("2M, 50 ms", {}, {"interval": 40}),
    ("2M, 100 ms", {}, {"interval": 80}),
    ("2M, 100 ms, the client keeps its interval", {}, {"interval": 80, "accept": False}),
    ("1M, 15 ms", {}, {"phy": 1}),
    ("2M, 15 ms, the client sends short packets", {}, {"dle": False}),
    ("1M, 15 ms, the client sends short packets", {}, {"phy": 1, "dle": False}),
    ("2M, 15 ms, paired", {}, {"passkey": PASSKEY}),
    ("2M, 15 ms, 10 % of the packets lost", {"loss": 0.1}, {}),
    ("2M, 15 ms, 20 % lost", {"loss": 0.2}, {}),
    ("2M, 15 ms, 30 % lost", {"loss": 0.3}, {}),
    ("2M, 15 ms, 50 % lost", {"loss": 0.5}, {}),
]
HEADS = ["link", "Begin, ms", "kB/s before", "kB/s", "connections lost"]


def test_the_table_is_that_of_the_simulation(simulation, open_firmware, paired_firmware):
    documented = {row[HEADS[0]]: row for row in marked.rows(marked.read(PAGE, TABLE))}
    rows = []
    for title, radio, arguments in SCENARIOS:
        run = simulation.upload(paired_firmware if "passkey" in arguments else open_firmware, MODULE, Radio(**radio), **arguments)
        rate, drops = (f"{run.rate:.1f}", str(run.drops)) if run.ended else ("failed", "–")
        before = documented.get(title, {}).get(HEADS[2], rate)
        rows.append([title, f"{run.begin_ms:.0f}", before, rate, drops])
    if os.environ.get("UPDATE_EXPECT"):
        marked.write(PAGE, TABLE, marked.table(HEADS, rows))
    else:
        assert [list(documented[row[0]].values()) for row in rows] == rows
