"""A product that has a link of its own besides the client's. Run separately, because it needs its own build:

    scripts/twister -s sample.wamr.ble_upload.product
"""

from __future__ import annotations

import asyncio
import contextlib

from bumble.device import Connection
from client import INSUFFICIENT_AUTHENTICATION, INSUFFICIENT_AUTHORIZATION, RETURNED, Client, i32
from conftest import guest
from pairing import as_peripheral
from test_pairing import assert_shut, stranger

PEER = "C0:00:00:00:00:0B"
"""The address that own_link/own_link.c connects to."""

UNSECURED = 5
"""CONFIG_WAMR_ZEPHYR_BLE_UNSECURED_SECONDS"""


@contextlib.asynccontextmanager
async def own_link(rig):
    """The peer's side of a link that the product made."""
    async with rig.host(PEER) as peer:
        connected = asyncio.get_running_loop().create_future()
        peer.on("connection", connected.set_result)
        await peer.start_advertising()
        await rig.console.wait("ready for uploads")
        rig.write_stdin(b"1")
        yield await asyncio.wait_for(connected, 10)


def end_of(connection: Connection) -> asyncio.Event:
    ended = asyncio.Event()
    connection.on("disconnection", lambda _: ended.set())
    return ended


async def test_the_client_stays_connected_when_another_link_ends(rig):
    async with rig, rig.client() as client:
        await client.install(guest("counter"))
        async with own_link(rig) as link:
            assert (await client.run("next"))[1] == [RETURNED, [i32(1)]]
            await link.disconnect()
        await asyncio.sleep(1)
        assert (await client.run("next"))[1] == [RETURNED, [i32(2)]]


async def test_only_a_client_that_stays_unsecured_is_disconnected(rig):
    async with rig, own_link(rig) as link:
        own_ended = end_of(link)
        async with stranger(rig) as client:
            await asyncio.wait_for(end_of(client.connection).wait(), UNSECURED + 5)
        await asyncio.sleep(1)
        assert not own_ended.is_set()
        async with rig.client() as client:
            await client.status()
        assert not own_ended.is_set()


async def test_another_link_cannot_use_the_service_even_if_it_is_secure(rig):
    async with rig, rig.client() as client:
        await client.install(guest("counter"))
        # The client's pairing has closed pairing mode. This does not affect the link.
        async with own_link(rig) as link:
            other = await Client.over(link)
            await assert_shut(other, INSUFFICIENT_AUTHENTICATION)
            await as_peripheral(link, rig.console)
            assert link.is_encrypted and link.authenticated
            await assert_shut(other, INSUFFICIENT_AUTHORIZATION)
            assert (await client.run("next"))[1] == [RETURNED, [i32(1)]]
            assert other.heard == []
