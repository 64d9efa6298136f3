"""Counts the work of the device for scripts/power. UPDATE_EXPECT=1 writes counted.json."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import counts
from simulation import SLOTS, Run, module_of

COUNTED = Path(__file__).parent / "counted.json"
SECOND = 1e6
DEVICE = 0

# By name: title, size of the module, arguments of the client.
UPLOADS = {
    "full": ("100,000 bytes, 2M, 15 ms", 100_000, {}),
    "small": ("2,000 bytes, 2M, 15 ms", 2_000, {}),
}

# By name: title, arguments of the client, which then stays connected.
STAYS = {
    "slow": ("connected, as the device requests when idle", {}),
    "fast": ("connected at 15 ms, without a request", {"accept": False}),
    "Zephyr": ("connected at 40 ms, the middle of Zephyr's default", {"accept": False, "interval": 32}),
    "second": ("connected at 1 s", {"accept": False, "interval": 800}),
}
SETTLED, COUNTS_FOR = 12, 20
"""Seconds after the upload when the link is as it stays, and for how long it is counted."""


def of(run: Run, start: float, end: float, erases: int = 0, words: int = 0) -> dict[str, float]:
    air = counts.on_air(run.dumps, DEVICE, int(start), int(end))
    return {"duration": int(end - start), **asdict(air), "erases": erases, "words": words}


def upload(simulation, firmware, item) -> dict:
    title, size, arguments = item
    run = simulation.upload(firmware, module_of(size), **arguments)
    assert run.ended
    flash = counts.flash(run.flash.read_bytes()[SLOTS])
    # From the connection on, which is made for the upload.
    work = of(run, run.first("connected")[0], run.first("end")[0], flash.erases, flash.words)
    return {"title": title, "kind": "upload", "size": size, "work": work}


def stay(simulation, firmware, item) -> dict:
    title, arguments = item
    run = simulation.upload(firmware, module_of(2_000), stay=SETTLED + COUNTS_FOR, **arguments)
    assert run.ended and run.drops == 0
    start = run.first("end")[0] + SETTLED * SECOND
    return {"title": title, "kind": "idle", "work": of(run, start, start + COUNTS_FOR * SECOND)}


def advertise(simulation, firmware, title) -> dict:
    run = simulation.upload(firmware, module_of(2_000), wait=SETTLED + COUNTS_FOR)
    end = (SETTLED + COUNTS_FOR) * SECOND
    assert run.ended and run.first("connected")[0] > end
    work = of(run, SETTLED * SECOND, end)
    return {"title": title, "kind": "idle", "work": work}


def test_the_counts_are_those_of_the_simulation(simulation, open_firmware):
    simulation.dumps = simulation.full = True
    runs = {name: (upload, item) for name, item in UPLOADS.items()}
    runs |= {name: (stay, item) for name, item in STAYS.items()}
    runs["advertising"] = (advertise, "without a client")
    # The programs of a simulation wait for each other most of the time.
    with ThreadPoolExecutor(len(runs)) as pool:
        counted = dict(zip(runs, pool.map(lambda run: run[0](simulation, open_firmware, run[1]), runs.values())))
    if os.environ.get("UPDATE_EXPECT"):
        COUNTED.write_text(json.dumps(counted, indent=1) + "\n")
    assert json.loads(COUNTED.read_text()) == counted
