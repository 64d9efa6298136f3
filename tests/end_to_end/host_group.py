"""Apps use a host group that a product adds. Run separately, because it needs a firmware, or a wamrctl, with the group `sensor` of
tests/host_group:

    scripts/twister -s wamr.host_group
    pytest tests/end_to_end/host_group.py --wamrctl target/debug/sensor-wamrctl
"""

from __future__ import annotations

import pytest
from client import REMOVE, RETURNED, START, TRAPPED, UNDECLARED_CAPABILITY, UNKNOWN_CAPABILITY, Refused, i32, section, with_manifest


READER = b"\0asm\1\0\0\0" + b"".join(
    (
        section(1, b"\1\x60\1\x7f\1\x7f"),
        section(2, b"\1\6sensor\4read\0\0"),
        section(3, b"\1\0"),
        section(7, b"\1\4read\0\1"),
        section(10, b"\1\6\0\x20\0\x10\0\x0b"),
    )
)
"""(module (import "sensor" "read" (func $read (param i32) (result i32)))
  (func (export "read") (param i32) (result i32) (call $read (local.get 0))))"""

INDOOR, OUTDOOR = i32(0), i32(1)


def reader(name: str, *capabilities: str, **entries) -> bytes:
    return with_manifest(READER, name, capabilities=list(capabilities), **entries)


async def read(client, sensor: list, app: int | None = None) -> int:
    outcome = (await client.run("read", sensor, app=app))[1]
    assert outcome[0] == RETURNED, outcome
    return outcome[1][0][1]


async def assert_refused(client, module: bytes, code: int, name: str) -> None:
    with pytest.raises(Refused) as refused:
        await client.install(module)
    assert (refused.value.code, refused.value.message) == (code, name)


async def test_an_app_with_the_capability_reads_both_sensors(rig):
    async with rig, rig.client() as client:
        for module in (reader("app", "sensor"), reader("app", "sensor:outdoor", "sensor:indoor"), with_manifest(READER, "app")):
            await client.install(module)
            assert [await read(client, INDOOR), await read(client, OUTDOOR)] == [101, 202]


async def test_an_app_without_the_capability_is_refused_by_name(rig):
    async with rig, rig.client() as client:
        await assert_refused(client, reader("app"), UNDECLARED_CAPABILITY, "sensor")
        await assert_refused(client, reader("app", "wamr"), UNDECLARED_CAPABILITY, "sensor")
        await assert_refused(client, reader("app", "sensor", "laser"), UNKNOWN_CAPABILITY, "laser")


async def test_a_narrowed_app_is_refused_the_other_resource(rig):
    async with rig, rig.client() as client:
        await client.install(reader("app", "sensor:indoor"))
        assert await read(client, INDOOR) == 101
        outcome = (await client.run("read", OUTDOOR))[1]
        assert outcome[0] == TRAPPED and "sensor:outdoor is not granted" in outcome[2], outcome
        assert await read(client, INDOOR) == 102, "the app lives on"
        await assert_refused(client, reader("app", "sensor:attic"), UNKNOWN_CAPABILITY, "sensor:attic")


async def test_the_group_keeps_a_state_for_each_app_until_it_is_unloaded(rig):
    def ends() -> int:
        return rig.console.text().count("sensor: ")

    async with rig, rig.client() as client:
        await client.install(reader("a", "sensor"))
        await client.install(reader("b", "sensor"))
        a, b = sorted(await client.apps())
        assert [await read(client, INDOOR, a), await read(client, INDOOR, a), await read(client, INDOOR, b)] == [101, 102, 101]
        assert ends() == 0
        await client.ask(REMOVE, a)
        await rig.console.wait("sensor: a is gone after 2 readings")
        assert await read(client, INDOOR, b) == 102
        await client.install(reader("b", "sensor", version=2))
        await rig.console.wait("sensor: b is gone after 2 readings")
        [b] = await client.apps()
        assert await read(client, INDOOR, b) == 101, "the new version has a state of its own"
        await client.ask(START, b)
        await rig.console.wait("sensor: b is gone after 1 readings")
        assert ends() == 3, "each end is reported once"
