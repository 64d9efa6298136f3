"""Ways to reach the firmware of tests/management with SMP: transports for `smpclient`, from nothing to a connected client."""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import sys
import tty
from pathlib import Path

from bumble.core import UUID
from bumble.device import Connection, Peer
from client import Client
from conftest import ROOT
from pairing import with_passkey
from smpclient import SMPClient
from smpclient.transport import SMP_CHARACTERISTIC_UUID, SMP_SERVICE_UUID, SMPTransport
from smpclient.transport.serial import BufferParams, SMPSerialTransport
from smpclient.transport.udp import SMPUDPTransport

sys.path.append(str(ROOT / "tools" / "smpmgr"))

from wamr_smp import Service  # noqa: E402

LINES = BufferParams(line_length=128, line_buffers=2)
"""What a request over a serial port may have, by the defaults of MCUmgr and of smpmgr."""

TRANSPORTS = ("udp", "serial", "bluetooth")


class SerialPort:
    """A pair of pseudo terminals: the device has one end, `path` is the other."""

    def __init__(self, rig):
        self._ends = [os.openpty(), os.openpty()]
        for _, slave in self._ends:
            tty.setraw(slave)
        rig.options.append(f"--uart-smp_port={os.ttyname(self._ends[0][1])}")
        self.path = os.ttyname(self._ends[1][1])

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        (one, _), (other, _) = self._ends
        for source, target in ((one, other), (other, one)):
            loop.add_reader(source, lambda source=source, target=target: os.write(target, os.read(source, 4096)))
        return self

    async def __aexit__(self, *error):
        for master, slave in self._ends:
            asyncio.get_running_loop().remove_reader(master)
            os.close(master)
            os.close(slave)


def udp_port(rig) -> int | None:
    """The UDP port that the device has opened on this computer."""
    files = Path(f"/proc/{rig.pid}/fd").iterdir()
    inodes = set()
    for file in files:
        with contextlib.suppress(OSError):
            inodes.add(os.readlink(file))
    for line in Path(f"/proc/{rig.pid}/net/udp").read_text().splitlines()[1:]:
        words = line.split()
        if f"socket:[{words[9]}]" in inodes:
            return int(words[1].partition(":")[2], 16)
    return None


class UDPTransport(SMPUDPTransport):
    """UDP to the port of a rig."""

    def __init__(self, rig):
        super().__init__()
        self._rig = rig

    async def connect(self, address: str, timeout_s: float) -> None:
        async with asyncio.timeout(10):
            while not (port := udp_port(self._rig)):
                await asyncio.sleep(0.05)
        await super().connect(address, timeout_s, port)


class BumbleTransport(SMPTransport):
    """The GATT service of SMP, on a connection of Bumble's host."""

    def __init__(self, connection: Connection, mtu: int = 247):
        self._connection = connection
        self._requested = mtu
        self._received: asyncio.Queue[bytes] = asyncio.Queue()

    async def connect(self, address: str = "", timeout_s: float = 10) -> None:
        peer = Peer(self._connection)
        self._mtu = await peer.request_mtu(self._requested) - 3
        await peer.discover_service(UUID(str(SMP_SERVICE_UUID)))
        [service] = peer.get_services_by_uuid(UUID(str(SMP_SERVICE_UUID)))
        await service.discover_characteristics()
        [self.characteristic] = service.characteristics
        assert self.characteristic.uuid == UUID(str(SMP_CHARACTERISTIC_UUID))
        await self.characteristic.subscribe(lambda value: self._received.put_nowait(bytes(value)))

    async def disconnect(self) -> None:
        await self._connection.disconnect()

    async def send(self, data: bytes) -> None:
        for offset in range(0, len(data), self._mtu):
            await self.characteristic.write_value(data[offset : offset + self._mtu], with_response=False)

    async def receive(self) -> bytes:
        received = await self._received.get()
        while len(received) < 8 or len(received) < 8 + struct.unpack(">H", received[2:4])[0]:
            received += await self._received.get()
        return received

    async def send_and_receive(self, data: bytes) -> bytes:
        await self.send(data)
        return await self.receive()

    @property
    def mtu(self) -> int:
        return self._mtu


@contextlib.asynccontextmanager
async def connected(rig, transport: str):
    """The device, turned on, and a client of SMP that is connected over this transport."""
    async with contextlib.AsyncExitStack() as stack:
        port = await stack.enter_async_context(SerialPort(rig)) if transport == "serial" else None
        await stack.enter_async_context(rig)
        if transport == "bluetooth":
            yield await stack.enter_async_context(over_bluetooth(rig))
            return
        await rig.console.wait("ready for uploads")
        client = SMPClient(SMPSerialTransport(LINES), port.path) if port else udp(rig)
        await client.connect()
        stack.push_async_callback(client.disconnect)
        yield client


@contextlib.asynccontextmanager
async def over_bluetooth(rig):
    """A client of SMP on a link that is encrypted with the bond, or paired if there is none."""
    async with rig.host(bonds=rig.bonds) as host:
        link = (await Client.connect_only(host)).connection
        if await rig.bonds.get(str(link.peer_address)):
            await link.encrypt()
        else:
            await with_passkey(link, rig.console)
        client = SMPClient(BumbleTransport(link), "")
        await client.connect()
        yield client


def udp(rig) -> SMPClient:
    """Another client over UDP, which is not connected yet."""
    return SMPClient(UDPTransport(rig), "127.0.0.1")


def service(client: SMPClient) -> Service:
    return Service(client)


def chunk(client: SMPClient) -> int:
    """The bytes of a module that fit into a frame."""
    return client._transport.max_unencoded_size - 40
