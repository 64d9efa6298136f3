"""A product that has a link of its own beside that of the service's client. Not of the other tests: it takes a build of its own.

    scripts/twister -s sample.wamr.ble_upload.own_link
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
"""To whom own_link/own_link.c connects."""

UNSECURED = 5
"""CONFIG_WAMR_ZEPHYR_BLE_UNSECURED_SECONDS"""


@contextlib.asynccontextmanager
async def own_link(bench):
    """A link that the product has made, from the side of its peer."""
    async with bench.host(PEER) as peer:
        connected = asyncio.get_running_loop().create_future()
        peer.on("connection", connected.set_result)
        await peer.start_advertising()
        await bench.console.wait("ready for uploads")
        bench.tell(b"1")
        yield await asyncio.wait_for(connected, 10)


def end_of(connection: Connection) -> asyncio.Event:
    ended = asyncio.Event()
    connection.on("disconnection", lambda _: ended.set())
    return ended


async def test_the_end_of_another_link_is_not_that_of_the_client(bench):
    async with bench, bench.client() as client:
        await client.install(guest("counter"))
        async with own_link(bench) as link:
            assert (await client.run("next"))[1] == [RETURNED, [i32(1)]]
            await link.disconnect()
        await asyncio.sleep(1)
        assert (await client.run("next"))[1] == [RETURNED, [i32(2)]]


async def test_only_a_client_that_stays_unsecured_is_hung_up_on(bench):
    async with bench, own_link(bench) as link:
        own_ended = end_of(link)
        async with stranger(bench) as client:
            await asyncio.wait_for(end_of(client.connection).wait(), UNSECURED + 5)
        await asyncio.sleep(1)
        assert not own_ended.is_set()
        async with bench.client() as client:
            await client.status()
        assert not own_ended.is_set()


async def test_another_link_cannot_use_the_service_however_secure_it_is(bench):
    async with bench, bench.client() as client:
        await client.install(guest("counter"))
        # The client's pairing has closed pairing mode, which is no concern of this link.
        async with own_link(bench) as link:
            other = await Client.over(link)
            await assert_shut(other, INSUFFICIENT_AUTHENTICATION)
            await as_peripheral(link, bench.console)
            assert link.is_encrypted and link.authenticated
            await assert_shut(other, INSUFFICIENT_AUTHORIZATION)
            assert (await client.run("next"))[1] == [RETURNED, [i32(1)]]
            assert other.heard == []
