"""The main job, end to end over Bluetooth: upload, run, and bad uploads, which must not harm the previous app."""

from __future__ import annotations

import asyncio
import json

import pytest
from bumble.hci import Phy
from client import (
    ABORT,
    BAD_ARGUMENTS,
    COMMIT,
    DESCRIBE,
    DIGEST_MISMATCH,
    FUEL,
    INCOMPLETE,
    INVALID_MODULE,
    LIMIT_DEADLINE,
    LIMIT_FUEL,
    MALFORMED,
    MILLIS,
    NO_APP,
    NO_SUCH_EXPORT,
    NO_UPLOAD,
    RETURNED,
    STARTED,
    START_FAILED,
    STOPPED,
    TOO_LARGE,
    TRAPPED,
    UNKNOWN_IMPORT,
    Refused,
    i32,
)
from conftest import ROOT, guest
from test_apps import state
from virtual_link import DATA_LENGTH

LARGE = guest("checksum") + b"".join(
    # Custom sections of 120 bytes: valid, ignored, and more than one window of bytes.
    bytes([0, 120, 4]) + b"fill" + bytes((n + i) % 251 for i in range(115))
    for n in range(80)
)


async def next_of_counter(client) -> int:
    receipt = await client.run("next")
    kind, [[_, value]] = receipt[1]
    assert kind == RETURNED
    return value


async def test_a_module_is_uploaded_and_its_result_is_returned(rig):
    async with rig, rig.client() as client:
        assert (await client.status())[3] == []
        assert await client.result() == b""
        with pytest.raises(Refused) as refused:
            await client.run("add", i32(2), i32(40))
        assert refused.value.code == NO_APP

        await client.install(guest("add"))
        receipt = await client.run("add", i32(2), i32(40))
        assert receipt[1] == [RETURNED, [i32(42)]]
        assert 0 < receipt[2] < 100, "instructions"
        assert 0 <= receipt[3] < 10_000_000, "microseconds; on native_sim code takes no time"


async def test_the_device_asks_for_the_fast_phy_and_for_long_packets(rig):
    if rig.is_twin:
        pytest.skip("the twin leaves that to wamrctl, the client")
    async with rig, rig.client() as client:
        # This client requests neither.
        async def ask_until_fast() -> None:
            while (await client.connection.get_phy()).tx_phy != Phy.LE_2M:
                await asyncio.sleep(0.02)

        await asyncio.wait_for(ask_until_fast(), 5)
        # A controller with this setting requests it when a connection begins.
        assert rig.controller.suggested_max_tx_octets == DATA_LENGTH


async def test_a_large_module_survives_lost_frames(rig):
    async with rig, rig.client() as client:
        await client.begin(LARGE)
        chunk = client.mtu - 7
        await client.stream(LARGE, lose=frozenset([chunk, 3 * chunk]))
        await client.ask(COMMIT)
        assert (await client.ask(DESCRIBE, 0))[2] == len(LARGE)
        kind, [[_, value]] = (await client.run("checksum", i32(7)))[1]
        assert kind == RETURNED
        kind, [[_, other]] = (await client.run("checksum", i32(8)))[1]
        assert value != other, "the result depends on the argument"


async def test_bad_uploads_are_refused_and_the_previous_app_stays(rig):
    async with rig, rig.client() as client:
        await client.install(guest("counter"))
        count = await next_of_counter(client)

        async def refused(upload) -> Refused:
            nonlocal count
            with pytest.raises(Refused) as refused:
                await upload
            count += 1
            # It is the same instance: it kept its memory.
            assert await next_of_counter(client) == count
            return refused.value

        slot = (await client.status())[1]
        too_large = await refused(client.begin(bytes(slot + 1)))
        assert (too_large.code, too_large.bound) == (TOO_LARGE, slot)

        await client.begin(guest("fir"))
        await client.frame(0, guest("fir")[:100])
        incomplete = await refused(client.ask(COMMIT))
        assert (incomplete.code, incomplete.bound) == (INCOMPLETE, 100)
        await client.ask(ABORT)
        assert (await refused(client.ask(COMMIT))).code == NO_UPLOAD

        assert (await refused(client.install(guest("add"), digest=bytes(32)))).code == DIGEST_MISMATCH

        for bad in (b"hello, world", guest("add")[:-3], bytes(range(256)) * 8, b"\0asm\1\0\0\0\xff"):
            assert (await refused(client.install(bad))).code == INVALID_MODULE
        unknown = (
            b"\0asm\1\0\0\0" + b"\1\4\1\x60\0\0" + b"\2\x0b\1\3env\3foo\0\0"
        )  # (import "env" "foo" (func))
        error = await refused(client.install(unknown))
        assert error.code == UNKNOWN_IMPORT and "foo" in error.message

        # Start functions: (start (func unreachable)) and (start (func (loop (br 0)))), which the fuel ends.
        for code in (b"\x0a\5\1\3\0\0\x0b", b"\x0a\x09\1\7\0\3\x40\x0c\0\x0b\x0b"):
            start = b"\0asm\1\0\0\0" + b"\1\4\1\x60\0\0" + b"\3\2\1\0" + b"\x08\1\0" + code
            assert (await refused(client.install(start))).code == START_FAILED

        with pytest.raises(Refused) as no_export:
            await client.run("nothing")
        assert no_export.value.code == NO_SUCH_EXPORT
        with pytest.raises(Refused) as arguments:
            await client.run("next", i32(1))
        assert arguments.value.code == BAD_ARGUMENTS
        await client.send(b"no request")
        assert (await asyncio.wait_for(client.responses.get(), 5))[1][0] == MALFORMED
        assert await next_of_counter(client) == count + 1


async def test_the_app_survives_a_power_cut(rig):
    async with rig:
        async with rig.client() as client:
            await client.install(guest("add"))
            await client.begin(LARGE)  # another slot is being written when the power goes
            for start in range(0, 6000, 240):
                await client.frame(start, LARGE[start : start + 240])
            await asyncio.sleep(1)
        rig.stop()
        rig.start()
        async with rig.client() as client:
            await state(client, 0, STARTED)
            assert (await client.run("add", i32(-1), i32(3)))[1] == [RETURNED, [i32(2)]]
            # The upload resumes: the device has kept it, with every complete page.
            assert (await client.status())[4][2] == 4096
            await client.begin(LARGE)
            assert (await client.status())[4][2] == 4096
            await client.stream(LARGE)
            await client.ask(COMMIT)
            [app] = await client.apps()
            assert (await client.ask(DESCRIBE, app))[2] == len(LARGE)


async def test_an_interrupted_upload_resumes(rig):
    async with rig:
        async with rig.client() as client:
            await client.begin(LARGE)
            for start in range(0, 4800, 240):
                await client.frame(start, LARGE[start : start + 240])
            await asyncio.sleep(1)
        async with rig.client() as client:
            await client.begin(LARGE)
            assert (await client.status())[4][2] == 4096
            await client.stream(LARGE)
            await client.ask(COMMIT)
            assert (await client.ask(DESCRIBE, 0))[2] == len(LARGE)


async def test_traps_and_limits_give_a_receipt_and_the_device_keeps_running(rig):
    async with rig, rig.client() as client:
        await client.install(guest("trap"))
        kind, trap, message = (await client.run("unreachable"))[1]
        assert (kind, trap) == (TRAPPED, 1) and message
        assert (await client.run("divide", i32(1), i32(0)))[1][:2] == [TRAPPED, 7]
        assert (await client.run("divide", i32(6), i32(3)))[1] == [RETURNED, [i32(2)]]
        assert (await client.run("load", i32(-4)))[1][:2] == [TRAPPED, 2]

        await client.install(guest("spin"))
        receipt = await client.run("spin", limits={FUEL: 100_000})
        assert receipt[1] == [STOPPED, LIMIT_FUEL, 100_000, 100_000]
        assert receipt[2] == 100_000
        assert receipt[7] == [0], "where it was"
        outcome = (await client.run("spin", limits={MILLIS: 20}))[1]
        assert outcome[:3] == [STOPPED, LIMIT_DEADLINE, 20_000] and outcome[3] >= 20_000
        status = await client.status()
        assert status[2] == 0, "idle again"


async def test_wamrctl_uploads_runs_and_prints_the_receipt(rig, program):
    async with rig:
        out, _ = await program.on_device("upload", ROOT / "guest/add.wasm", "--invoke", "add", 2, -40, "--json")
        receipt = json.loads(out)
        assert receipt["outcome"] == "returned"
        assert receipt["values"] == [{"type": "i32", "value": -38}]

        await program.on_device("upload", ROOT / "guest/trap.wasm", "--invoke", "unreachable", status=1)
        _, err = await program.on_device("upload", ROOT / "README.md", status=3)
        assert "README.md" in err


async def test_wamrctl_resumes_when_the_device_restarts(rig, program, tmp_path):
    module = LARGE + b"".join(
        bytes([0, 120, 4]) + b"more" + bytes((3 * n + i) % 241 for i in range(115)) for n in range(250)
    )
    path = tmp_path / "large.wasm"
    path.write_bytes(module)
    async with rig:
        upload = asyncio.create_task(program.on_device("upload", path))
        await rig.lose_power_during(upload, module[4096:4600])
        out, err = await upload
        assert "connecting again" in err and "Resuming at" in err, err
        assert out.startswith("Installed"), out
        async with rig.client() as client:
            assert len(await client.apps()) == 1
