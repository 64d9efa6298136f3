"""Attacks on the service over SMP, by clients that have not paired as the service demands. The firmware also serves clients over UDP and
on a serial port, so these tests also show that it distinguishes Bluetooth from them. They run separately, like smp_service.py.
"""

from __future__ import annotations

import asyncio

import cbor2
import pairing
import pytest
from bumble.att import ATT_Error
from client import INSUFFICIENT_AUTHENTICATION, INSUFFICIENT_ENCRYPTION, Client, with_manifest
from conftest import CLIENT, guest
from signing import signed
from smp_links import BumbleTransport, chunk, connected, over_bluetooth, service
from smp import message
from smpclient import SMPClient
from smpclient.exceptions import SMPUploadError
from smpclient.requests.file_management import FileUpload
from test_pairing import STRANGER, pairing_error, stranger
from wamr_smp import ABORT, CONTROL, REMOVE, RUN, STATUS, TRUST, Failed, Refused, Service, request

COUNTER = with_manifest(guest("counter"), "counter", version=1)


async def assert_shut(client: Client, error: int) -> None:
    """The characteristic of SMP can be neither subscribed to nor written to."""
    transport = BumbleTransport(client.connection)
    with pytest.raises(ATT_Error) as refused:
        await transport.connect()
    assert refused.value.error_code == error
    received = []
    client.connection.gatt_client.on_att_handle_value_notification = received.append
    remove = cbor2.dumps({0: 1, 1: [REMOVE, 0]})
    for packet in (
        request(message.ReadRequest, STATUS),
        request(message.WriteRequest, CONTROL, value=remove),
        FileUpload(name="/wamr/add.wasm", off=0, data=signed(guest("add")), len=1000),
    ):
        with pytest.raises(ATT_Error) as refused:
            await transport.characteristic.write_value(packet.BYTES, with_response=True)
        await transport.send(packet.BYTES)
    await asyncio.sleep(0.5)
    assert received == []


async def test_strangers_are_refused_and_change_nothing(rig):
    async with rig:
        async with over_bluetooth(rig) as client:
            device = service(client)
            await device.upload(signed(COUNTER), chunk(client))
            await device.run(0, "next", [])
            before = await device.status()
        for address, error in (STRANGER, INSUFFICIENT_AUTHENTICATION), (CLIENT, INSUFFICIENT_ENCRYPTION):
            async with stranger(rig, address) as other:
                await assert_shut(other, error)
        async with over_bluetooth(rig) as client:
            device = service(client)
            assert await device.status() == before
            assert (await device.run(0, "next", []))[1] == [0, [[0, 2]]], "the same instance goes on"


async def test_a_merely_encrypted_client_is_refused(rig):
    async with rig, stranger(rig) as other:
        await pairing.just_works(other.connection)
        assert other.connection.is_encrypted
        await assert_shut(other, INSUFFICIENT_AUTHENTICATION)


async def test_a_client_with_a_legacy_pairing_reaches_other_groups_only(rig):
    """MCUmgr's own permissions accept such a pairing."""
    async with rig, stranger(rig) as other:
        await pairing.with_passkey(other.connection, rig.console, sc=False)
        client = SMPClient(BumbleTransport(other.connection), "")
        await client.connect()
        device = Service(client)
        for attempt in (
            device.status(),
            device.ask(REMOVE, 0),
            device.write(CONTROL, cbor2.dumps({0: 1, 1: [ABORT]})),
            device.upload(signed(COUNTER), chunk(client)),
        ):
            with pytest.raises(Failed, match="pair first"):
                await attempt
        with pytest.raises(SMPUploadError, match="ACCESSDENIED"):
            async for _ in client.upload_file(signed(COUNTER), "/wamr/counter.wasm"):
                pass


async def test_wrong_passkeys_close_pairing_mode(rig):
    async with rig:
        await rig.console.wait("pairing mode is open")
        for _ in range(3):
            async with stranger(rig) as other:
                await pairing_error(pairing.with_passkey(other.connection, rig.console, wrong=True))
                await assert_shut(other, INSUFFICIENT_AUTHENTICATION)
        async with stranger(rig) as other:
            await pairing_error(pairing.with_passkey(other.connection, rig.console))
            await assert_shut(other, INSUFFICIENT_AUTHENTICATION)


async def test_roles_are_those_of_the_gatt_service(rig):
    async with rig:
        async with over_bluetooth(rig) as client:
            await service(client).ask(TRUST, bytes(31) + b"\1")
        # Pairing mode is open again.
        await rig.restart()
        async with stranger(rig) as other:
            await pairing.with_passkey(other.connection, rig.console)
            second = SMPClient(BumbleTransport(other.connection), "")
            await second.connect()
            with pytest.raises(Refused) as refused:
                await Service(second).ask(TRUST, bytes(31) + b"\2")
            assert refused.value.code == 28
            await Service(second).ask(ABORT)


async def test_a_client_may_use_both_services_on_its_link(rig):
    async with connected(rig, "bluetooth") as client:
        device = service(client)
        await device.upload(signed(COUNTER), chunk(client))
        gatt = await Client.over(client._transport._connection)
        await gatt.subscribe()
        assert (await gatt.run("next"))[1] == [0, [[0, 1]]]
        assert (await device.run(0, "next", []))[1] == [0, [[0, 2]]]
        assert (await gatt.status())[3] == (await device.status())[3]


async def test_the_end_of_the_link_ends_the_session(rig):
    async with rig:
        async with over_bluetooth(rig) as client:
            await service(client).write(CONTROL, cbor2.dumps({0: 5, 1: [ABORT]}))
            assert await service(client).read(CONTROL, seq=5)
        async with over_bluetooth(rig) as client:
            assert await service(client).read(CONTROL, seq=5) == b""
            with pytest.raises(Refused):
                await service(client).ask(RUN, 0, "next", [])
