"""scripts/power: the model, and that docs/power.md is what it computes."""

from __future__ import annotations

import json

import marked
import pytest
from test_runtimes import script

power = script("power")
FIGURES = power.Figures.read()
HOUR = 3.6e9
"""In microseconds."""


def figures(**changes: float) -> power.Figures:
    """Figures of 1 mA and 1 µs, except for the changes."""
    table = {name: {unit: changes.get(name, 1.0) for unit in ("ma", "us") if unit in item} for name, item in FIGURES.table.items()}
    return power.Figures(table)


def total(work: power.Work, given: power.Figures) -> float:
    return sum(power.charge(work, given).values())


def test_a_milliampere_for_an_hour_is_a_milliampere_hour():
    assert power.charge(power.Work(HOUR), figures())["sleep"] == pytest.approx(1)
    assert total(power.Work(HOUR), figures()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("work", "part", "current", "takes"),
    [
        ({"transmits": HOUR}, "radio", "radio_transmit", 1),
        ({"receives": HOUR}, "radio", "radio_receive", 1),
        ({"receives": HOUR}, "network core", "network_core", 1),
        ({"receives": HOUR}, "application core", "application_core", 0.5),
        ({"events": 1e6}, "network core", "event_start", 1e6 / HOUR),
        ({"instructions": 1e6}, "application core", "instruction", 1e6 / HOUR),
        ({"erases": 1e6}, "flash", "erase_page", 1e6 / HOUR),
        ({"words": 1e6}, "flash", "write_word", 1e6 / HOUR),
    ],
)
def test_each_part_takes_its_current_for_its_time(work, part, current, takes):
    work = power.Work(0, **work)
    assert power.charge(work, figures())[part] == pytest.approx(takes)
    assert power.charge(work, figures(**{current: 3.0}))[part] == pytest.approx(3 * takes)


def test_a_day_repeats_the_time_that_was_counted():
    minute = power.Work(60e6, transmits=100, events=2)
    day = power.per_day(minute)
    assert day.duration == power.DAY
    assert (day.transmits, day.events) == (pytest.approx(144_000), pytest.approx(2_880))


def test_the_slow_connection_is_the_one_that_saves():
    """The choices that docs/power.md explains follow from its figures."""
    counted = json.loads(power.COUNTED.read_text())
    day = {name: total(power.per_day(power.Work(**item["work"])), FIGURES) for name, item in counted.items() if item["kind"] == "idle"}
    assert day["slow"] < day["Zephyr"] / 2 < day["fast"] / 4
    assert day["slow"] < 1.1 * day["second"]


def test_the_page_is_up_to_date():
    for name, table in power.tables(json.loads(power.COUNTED.read_text()), FIGURES).items():
        assert marked.read(power.PAGE, name).strip() == table, "scripts/power --write"
