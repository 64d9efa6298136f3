"""Two transports, only one of which has a client at a time. Run separately, because it needs the firmware of tests/host_group, which has
a second transport besides Bluetooth (second.rs). This test is its client:

    scripts/twister -s wamr.host_group
"""

from __future__ import annotations

import asyncio

import pytest
from client import Client

REFUSED_BY_DEVICE = 0x14
"""BT_HCI_ERR_REMOTE_LOW_RESOURCES"""


async def second(rig, command: bytes, answer: str) -> None:
    """Sends a command to the second transport and waits for its output."""
    after = len(rig.console.text())
    rig.write_stdin(command)
    await rig.console.wait(rf"second: {answer}\s", after)


async def connect_second(rig) -> None:
    """Connects over the second transport as soon as the device has noticed that the previous client disconnected."""
    await rig.console.wait("ready for uploads")
    for _ in range(100):
        after = len(rig.console.text())
        rig.write_stdin(b"c")
        if (await rig.console.wait(r"second: (\w+)\s", after))[1] == "connected":
            await rig.console.wait("second: answered", after)
            return
        await asyncio.sleep(0.05)
    pytest.fail("the device still refuses the client of the second transport")


async def test_a_second_transport_is_refused_while_bluetooth_has_the_client(rig):
    async with rig:
        async with rig.client() as client:
            await client.status()
            await second(rig, b"c", "refused")
            await client.status()
            assert await client.apps() == {}
            await second(rig, b"c", "refused")
            assert "second: answered" not in rig.console.text(), "answers go to the client that asked"
        await connect_second(rig)


async def test_bluetooth_is_refused_while_a_second_transport_has_the_client(rig):
    async with rig:
        async with rig.client() as client:
            await client.status()
        await connect_second(rig)
        await second(rig, b"c", "refused")
        async with rig.host(bonds=rig.bonds) as host:
            client = await Client.connect_only(host)
            reason = asyncio.get_running_loop().create_future()
            client.connection.on("disconnection", reason.set_result)
            await client.connection.encrypt()
            assert await asyncio.wait_for(reason, 10) == REFUSED_BY_DEVICE
        await second(rig, b"d", "disconnected")
        async with rig.client() as client:
            await client.status()
            await second(rig, b"c", "refused")
