"""The service over SMP, on each transport of MCUmgr. Run separately, because it needs the firmware of tests/management:

    scripts/twister -s wamr.management
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re

import cbor2
import pytest
from client import ALWAYS, Client, with_manifest
from conftest import ROOT, guest
from pairing import with_passkey
from signing import UNKNOWN, large, signed
from smp_links import TRANSPORTS, chunk, connected, service, udp
from wamr_smp import (
    ABORT,
    BEGIN,
    COMMIT,
    CONTROL,
    DESCRIBE,
    REFUSALS,
    RESULT,
    RUN,
    START,
    STOP,
    TRUST,
    Failed,
    Refused,
    Service,
)

ADD = with_manifest(guest("add"), "add", version=1)
COUNTER = with_manifest(guest("counter"), "counter", version=1)


async def refusal(attempt) -> Refused:
    with pytest.raises(Refused) as refused:
        await attempt
    return refused.value


def test_the_client_knows_all_refusals():
    examples = json.loads((ROOT / "wamr-proto" / "tests" / "examples.json").read_text())
    assert {str(code): text for code, text in REFUSALS.items()} == examples["texts"]["refusals"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_from_nothing_to_a_receipt(rig, transport):
    async with connected(rig, transport) as client:
        device = service(client)
        assert await device.apps() == []
        progress = []
        await device.upload(signed(ADD), chunk(client), progress.append)
        assert progress[-1] == len(signed(ADD))
        [app] = await device.apps()
        assert app.fingerprint == hashlib.sha256(signed(ADD)).digest()[:8]
        receipt = await device.run(app.number, "add", [[0, 2], [0, 40]])
        assert (receipt[1], receipt[8]) == ([0, [[0, 42]]], app.number)
        await device.end()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_module_of_many_frames(rig, transport):
    module = signed(large(ADD))
    async with connected(rig, transport) as client:
        device = service(client)
        await device.upload(module, chunk(client))
        [app] = await device.apps()
        assert (await device.run(app.number, "add", [[0, 1], [0, 2]]))[1] == [0, [[0, 3]]]


async def test_refusals_are_errors_that_people_understand(rig):
    async with connected(rig, "udp") as client:
        device = service(client)

        async def install(module: bytes) -> Refused:
            return await refusal(device.upload(module, chunk(client)))

        assert str(await install(ADD)) == "not signed"
        assert str(await install(signed(ADD, UNKNOWN))) == "unknown key"
        forged = bytearray(signed(ADD))
        forged[-1] ^= 1
        assert str(await install(bytes(forged))) == "bad signature: the module was altered after it was signed"
        assert (await install(signed(b"\0asm\1\0\0\0" + bytes([99])))).code in (6, 18)
        assert re.fullmatch(r"unknown import: .+", str(await install(signed(_importing()))))
        assert str(await refusal(device.ask(COMMIT))) == "no upload open"
        assert str(await refusal(device.ask(BEGIN, 2**20, bytes(32)))).startswith("module too large: the slot holds ")
        await device.ask(BEGIN, 100, bytes(32))
        assert str(await refusal(device.ask(COMMIT))) == "upload incomplete: bytes are missing from offset 0"
        await device.ask(ABORT)
        assert str(await refusal(device.run(0, "add", []))) == "no such app"
        await device.upload(signed(ADD), chunk(client))
        assert str(await refusal(device.run(0, "sub", []))) == "no such export: sub"
        assert (await refusal(device.run(0, "add", [[0, 1]]))).code == 12
        assert str(await refusal(device.run(0, "add", [[0, 2**40], [0, 1]]))) == "value out of range"
        await device.ask(STOP, 0)
        assert str(await refusal(device.run(0, "add", [[0, 1], [0, 2]]))) == "app not started"
        await device.ask(START, 0)
        assert (await device.run(0, "add", [[0, 1], [0, 2]]))[1] == [0, [[0, 3]]]
        # Clients without a link that Bluetooth protects do not own the device.
        assert (await refusal(device.ask(TRUST, bytes(32)))).code == 28
        assert str(await refusal(device.write(CONTROL, cbor2.dumps({0: 0, 1: [COMMIT]})))) == "invalid sequence number"
        with pytest.raises(Failed, match="malformed request"):
            await device.ask(99)
        with pytest.raises(Failed, match="malformed request"):
            await device.write(CONTROL, b"\xff")


def _importing() -> bytes:
    """A module that imports the function `other` of `wamr`, which does not exist."""
    types, imports = b"\x01\x04\x01\x60\x00\x00", b"\x01\x04wamr\x05other\x00\x00"
    return b"\0asm\1\0\0\0" + types + bytes([2, len(imports)]) + imports


async def test_a_repeated_request_is_not_performed_again(rig):
    async with connected(rig, "udp") as client:
        device = service(client)
        await device.upload(signed(COUNTER), chunk(client))
        request = cbor2.dumps({0: 77, 1: [RUN, 0, "next", []]})
        answers = [await device.write(CONTROL, request) for _ in range(3)]
        assert [cbor2.loads(answer) for answer in answers] == [{0: 77}] * 3
        assert cbor2.loads(await device.read(CONTROL, seq=77)) == {0: 77}
        assert await device.read(CONTROL, seq=76) == b"", "nobody asked"
        assert (await device.run(0, "next", []))[1] == [0, [[0, 2]]]


async def test_a_late_response_is_fetched(rig):
    async with connected(rig, "udp") as client:
        device = service(client)
        await device.upload(signed(guest("spin")), chunk(client))
        request = cbor2.dumps({0: 77, 1: [RUN, 0, "spin", [], {1: 1500}]})
        assert await device.write(CONTROL, request) == b"", "MCUmgr is not kept waiting"
        assert (await device.status())[2] == 2, "the app runs"
        assert await device.read(CONTROL, seq=77) == b""
        # A client asks for something else meanwhile.
        assert (await device.ask(DESCRIBE, 0))[2][0] == ""
        async with asyncio.timeout(10):
            while not (response := await device.read(CONTROL, seq=77)):
                await asyncio.sleep(0.1)
        assert cbor2.loads(response) == {0: 77}
        assert cbor2.loads(await device.read(RESULT))[1][:2] == [2, 1], "the deadline"
        assert (await device.run(0, "spin", [], {1: 700}))[1][:2] == [2, 1]


async def test_log_lines_are_kept_for_clients(rig):
    hello = with_manifest(guest("hello"), "hello", entry="hello", restart=ALWAYS)
    async with connected(rig, "serial") as client:
        device = service(client)
        await device.upload(signed(hello), chunk(client))
        lines = []
        async with asyncio.timeout(10):
            while len(lines) < 3:
                lines += await device.lines()
                await asyncio.sleep(0.05)
        assert set(lines) == {"hello: Hello from WebAssembly"}
        await device.ask(STOP, 0)
        while await device.lines():
            pass
        assert await device.lines() == []


async def test_one_client_at_a_time(rig):
    async with connected(rig, "udp") as client:
        device, second = service(client), udp(rig)
        await second.connect()
        other = Service(second)
        await device.status()
        with pytest.raises(Failed, match="another client"):
            await other.status()
        # Bluetooth is no other way in.
        async with rig.host(bonds=rig.bonds) as host:
            link = await Client.connect_only(host)
            gone = asyncio.get_running_loop().create_future()
            link.connection.on("disconnection", gone.set_result)
            pairing = asyncio.create_task(with_passkey(link.connection, rig.console))
            while not gone.done():
                await device.status()
                await asyncio.sleep(0.2)
            pairing.cancel()
        await device.end()
        await other.status()
        with pytest.raises(Failed, match="another client"):
            await device.status()
        # After the time of CONFIG_WAMR_ZEPHYR_SMP_SESSION_MS, the other one has left.
        await asyncio.sleep(2.5)
        await device.status()
        await second.disconnect()


async def test_the_next_client_reads_no_responses_of_the_one_before(rig):
    async with connected(rig, "udp") as client:
        device, second = service(client), udp(rig)
        await second.connect()
        assert cbor2.loads(await device.write(CONTROL, cbor2.dumps({0: 5, 1: [ABORT]})))[0] == 5
        await device.end()
        assert await Service(second).read(CONTROL, seq=5) == b""
        await second.disconnect()
