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
        ({"packets": HOUR}, "application core", "application_core", 1),
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


def counted() -> dict[str, power.Work]:
    return {name: power.Work(**item["work"]) for name, item in json.loads(power.COUNTED.read_text()).items()}


def test_a_rarer_advertisement_has_the_same_random_delay():
    """Otherwise a longer interval saves less than computed."""
    advertising = counted()["advertising"]
    delay = power.ADVERTISING_DELAY_MS
    assert advertising.duration / 1e3 / advertising.events == pytest.approx(power.ADVERTISING_MS + delay, rel=0.01)
    assert power.advertised_every(power.ADVERTISING_MS, advertising) == advertising
    rare = power.advertised_every(250, advertising)
    assert rare.duration / 1e3 / rare.events == pytest.approx(250 + delay, rel=0.01)
    assert rare.transmits == pytest.approx(advertising.transmits * rare.events / advertising.events)


def test_an_installation_takes_the_instructions_of_a_start_and_of_a_digest():
    """The start that docs/benchmarks.md measures, of a module of 8,884 bytes, and the same digest at Commit."""
    steps = {row["step"]: row for row in marked.rows(power.BENCHMARKS.read_text()) if "step" in row}
    start = sum(marked.number(steps[step]["now"]) for step in ("check of the signature", "load", "instantiate"))
    assert power.installing(8_884).instructions == pytest.approx(start + 57 * 8_884, rel=0.01)
    assert power.installing(0).instructions == pytest.approx(1.78e6)


def test_an_event_does_not_contain_the_app():
    assert power.event() == power.Work(0, instructions=10_800 - 1_500)


def test_a_delta_saves_the_radio_and_writes_the_whole_module():
    works = counted()
    full, small = (power.carried(works[name]) for name in ("full", "small"))
    change = power.as_change(works["small"], works["full"], works["fast"])
    assert (change.erases, change.words, change.duration) == (full.erases, full.words, full.duration)
    assert change.packets == small.packets
    assert small.transmits < change.transmits < full.transmits / 2
    # One event in each interval of 15 ms, and the advertisements.
    assert change.events - small.events > (full.duration - small.duration) / 15e3


def test_a_connection_event_is_without_advertisements():
    """An empty packet takes 44 microseconds on the 2M PHY."""
    works = counted()
    event = power.connection_event(works["fast"], works["second"])
    assert event.events == 1
    assert event.transmits == pytest.approx(44, abs=2)


def test_the_slow_connection_is_the_one_that_saves():
    """The choices that docs/power.md explains follow from its figures."""
    day = {name: total(power.per_day(work), FIGURES) for name, work in counted().items() if work.erases == 0}
    assert day["slow"] < day["Zephyr"] / 2 < day["fast"] / 4
    assert day["slow"] < 1.1 * day["second"]
    for row in marked.rows(marked.read(power.PAGE, "charge per day")):
        assert marked.number(row["sleep"]) <= marked.number(row["total"]) / 4


def test_the_page_is_up_to_date():
    for name, table in power.tables(json.loads(power.COUNTED.read_text()), FIGURES).items():
        assert marked.read(power.PAGE, name).strip() == table, "scripts/power --write"
