"""A client written from docs/protocol.md, on Bumble's Bluetooth host.

It shares no code with the Rust client, so that the two together show that the page says enough.
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import cbor2
from bumble.att import ATT_Error
from bumble.core import UUID
from bumble.device import Connection, Device, Peer
from bumble.gatt_client import ServiceProxy


def _uuid(number: int) -> UUID:
    return UUID(f"97acc9a{number}-f97c-4ff2-9cef-6e96157a9ffa")


SERVICE, DATA, CONTROL, STATUS, RESULT, LOG, MESSAGE = map(_uuid, range(7))

BEGIN, COMMIT, ABORT, RUN, DESCRIBE, START, STOP, REMOVE, TRUST, REVOKE, BOND, UNPAIR = range(12)
SEND = 16
RETURNED, TRAPPED, STOPPED = range(3)
(
    MALFORMED,
    BUSY,
    TOO_LARGE,
    NO_UPLOAD,
    INCOMPLETE,
    DIGEST_MISMATCH,
    INVALID_MODULE,
    UNKNOWN_IMPORT,
    OUT_OF_MEMORY,
    START_FAILED,
    NO_APP,
    NO_SUCH_EXPORT,
    BAD_ARGUMENTS,
    FLASH_FAILED,
    LIMIT_EXCEEDED,
    NO_SLOT,
    NOT_STARTED,
    DISABLED,
    BAD_MANIFEST,
    NOT_SIGNED,
    BAD_SIGNATURE,
    UNKNOWN_KEY,
    OLDER_VERSION,
    LEDGER_FULL,
    NO_BOND,
    SIGNATURES_OFF,
    UNDECLARED_CAPABILITY,
    UNKNOWN_CAPABILITY,
    NOT_PERMITTED,
    FLASH_BUDGET,
    NAME_TAKEN,
) = range(31)
INTERRUPTED, RESTARTED_DEVICE, STUCK = range(32, 35)
NAME_TOO_LONG, TOO_MANY_ARGUMENTS, UNKNOWN_LIMIT, VALUE_OUT_OF_RANGE, INVALID_SEQUENCE_NUMBER = range(35, 40)
NO_MESSAGES, QUEUE_FULL, MESSAGE_TOO_LONG = range(41, 44)
FUEL, MILLIS, HOST_CALLS, HOST_MILLIS = range(4)
"""Limits of a run."""
LIMIT_FUEL, LIMIT_DEADLINE, LIMIT_HOST_CALLS, LIMIT_HOST_TIME = range(4)
"""Limits in a receipt."""

NEVER, ON_FAILURE, ALWAYS = range(3)
"""When an app is restarted."""
STOPPED_APP, STARTED, WAITING, DISABLED_APP, ON_TRIAL, RESTARTED_APP = range(6)
"""States of an app."""

INSUFFICIENT_AUTHENTICATION, INSUFFICIENT_ENCRYPTION = 0x05, 0x0F
"""ATT errors for a client without a bond, and for one that has not enabled encryption."""

INSUFFICIENT_AUTHORIZATION, MTU_TOO_SMALL = 0x08, 0x80
"""ATT errors on a link other than the client's, and for a client whose MTU is too small for a message."""

STALL = 2.0
"""Seconds without a status after which a client goes back to the durable offset."""


class Refused(Exception):
    """The device refused a request."""

    def __init__(self, refusal: dict):
        super().__init__(refusal)
        self.code = refusal[0]
        self.bound = refusal.get(1)
        self.message = refusal.get(2, "")


def i32(value: int) -> list:
    return [0, value]


def i64(value: int) -> list:
    return [1, value]


def section(number: int, content: bytes) -> bytes:
    """A section of a module, of less than 128 bytes."""
    return bytes([number, len(content)]) + content


def with_manifest(module: bytes, name: str, **entries) -> bytes:
    """The module with a manifest of this app. Entries: version, restart, entry, limits, counter, autostart, trial, capabilities."""
    keys = ("version", "restart", "entry", "limits", "counter", "autostart", "trial", "capabilities")
    manifest = cbor2.dumps({0: name, **{1 + keys.index(key): value for key, value in entries.items()}})
    content = bytes([8]) + b"wamr-app" + manifest
    assert len(content) < 128
    return module[:8] + section(0, content) + module[8:]


class App(NamedTuple):
    """An app in a status."""

    number: int
    state: int
    failures: int
    fingerprint: bytes


class Client:
    """One connection to one device."""

    def __init__(self, connection, mtu: int, service: ServiceProxy, heard: list):
        self.connection = connection
        self.mtu = mtu
        self.service = service
        self.characteristics = {characteristic.uuid: characteristic for characteristic in service.characteristics}
        self.heard: list[tuple[int, bytes]] = heard
        """All notifications with their handles, including those that it did not subscribe to on this connection."""
        self.statuses: asyncio.Queue[dict] = asyncio.Queue()
        self.receipts: asyncio.Queue[dict] = asyncio.Queue()
        self.supervised: asyncio.Queue[dict] = asyncio.Queue()
        """Receipts of runs that the device started itself."""
        self.responses: asyncio.Queue[dict] = asyncio.Queue()
        self.logs: asyncio.Queue[str] = asyncio.Queue()
        self.messages: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        """Messages of apps, with the numbers of the apps."""
        self._seq = 0

    @classmethod
    async def connect(
        cls, host: Device, mtu: int = 247, pair: Callable[[Connection], Awaitable[None]] | None = None
    ) -> Client:
        """Finds the device that advertises the service, connects to it and subscribes; encrypts the link if the host
        has a bond, and calls `pair` if the device requires pairing."""
        client = await cls.connect_only(host, mtu)
        if await host.keystore.get(str(client.connection.peer_address)):
            await client.connection.encrypt()
        try:
            await client.status()
        except ATT_Error as error:
            if pair is None or error.error_code not in (INSUFFICIENT_AUTHENTICATION, INSUFFICIENT_ENCRYPTION):
                raise
            await pair(client.connection)
        await client.subscribe()
        return client

    @classmethod
    async def connect_only(cls, host: Device, mtu: int = 247) -> Client:
        """Finds the device that advertises the service and connects to it."""
        found = asyncio.get_running_loop().create_future()

        def on_advertisement(advertisement):
            if bytes(SERVICE) in bytes(advertisement.data) and not found.done():
                found.set_result(advertisement.address)

        host.on("advertisement", on_advertisement)
        await host.start_scanning(filter_duplicates=False)
        address = await asyncio.wait_for(found, 20)
        await host.stop_scanning()
        host.remove_listener("advertisement", on_advertisement)

        return await cls.over(await host.connect(address), mtu)

    @classmethod
    async def over(cls, connection: Connection, mtu: int = 247) -> Client:
        """Finds the service of a device that is connected."""
        peer, heard = Peer(connection), []
        notified = peer.gatt_client.on_att_handle_value_notification

        def overhear(notification) -> None:
            heard.append((notification.attribute_handle, bytes(notification.attribute_value)))
            notified(notification)

        peer.gatt_client.on_att_handle_value_notification = overhear
        mtu = await peer.request_mtu(mtu)
        await peer.discover_service(SERVICE)
        [service] = peer.get_services_by_uuid(SERVICE)
        await service.discover_characteristics()
        return cls(connection, mtu, service, heard)

    async def subscribe(self) -> None:
        for uuid, take in (
            (CONTROL, self.responses.put_nowait),
            (STATUS, self.statuses.put_nowait),
            (RESULT, self._take_receipt),
        ):
            await self.characteristics[uuid].subscribe(lambda value, take=take: take(cbor2.loads(bytes(value))))

    async def listen(self) -> None:
        """Subscribes to log lines."""
        await self.characteristics[LOG].subscribe(lambda value: self.logs.put_nowait(bytes(value).decode()))

    async def listen_to_messages(self) -> None:
        """Subscribes to messages of apps."""
        await self.characteristics[MESSAGE].subscribe(
            lambda value: self.messages.put_nowait((value[0], bytes(value[1:])))
        )

    def _take_receipt(self, receipt: dict) -> None:
        (self.receipts if receipt[0] else self.supervised).put_nowait(receipt)

    async def disconnect(self) -> None:
        await self.connection.disconnect()

    async def status(self) -> dict:
        return cbor2.loads(bytes(await self.characteristics[STATUS].read_value()))

    async def result(self) -> bytes:
        return bytes(await self.characteristics[RESULT].read_value())

    async def send(self, request: bytes) -> None:
        await self.characteristics[CONTROL].write_value(request, with_response=True)

    async def ask(self, *command, timeout: float = 20) -> dict | None:
        """Sends a request and waits for its response; returns its details, if any."""
        return (await self._ask(*command, timeout=timeout)).get(2)

    async def ask_until_idle(self, *command) -> dict | None:
        """Like `ask`, but repeats the request while the device is busy."""
        for _ in range(20):
            try:
                return await self.ask(*command)
            except Refused as refused:
                if refused.code != BUSY:
                    raise
            await asyncio.sleep(0.2)
        raise TimeoutError("the device stays busy")

    async def bond(self, index: int) -> dict:
        return (await self._ask(BOND, index))[3]

    async def _ask(self, *command, timeout: float = 20) -> dict:
        self._seq += 1
        await self.send(cbor2.dumps({0: self._seq, 1: list(command)}))
        response = await asyncio.wait_for(self.responses.get(), timeout)
        assert response[0] == self._seq, f"a response to {response[0]} came for {self._seq}"
        if response.get(1) is not None:
            raise Refused(response[1])
        return response

    async def apps(self) -> dict[int, App]:
        """The installed apps by their numbers."""
        return {app[0]: App(*app) for app in (await self.status())[3]}

    async def begin(self, module: bytes, digest: bytes | None = None, denied: int = 0) -> None:
        digest = digest or hashlib.sha256(module).digest()
        await self.ask(BEGIN, len(module), digest, *([denied] if denied else []))

    async def frame(self, offset: int, data: bytes) -> None:
        await self.characteristics[DATA].write_value(struct.pack("<I", offset) + data, with_response=False)

    async def stream(self, module: bytes, lose: frozenset[int] = frozenset()) -> None:
        """Sends the module from its durable offset on until all of it is durable; `lose` holds the offsets of frames
        that are lost once."""
        chunk = self.mtu - 3 - 4
        upload = (await self.status())[4]
        position, rewound, lost = upload[2], None, set(lose)
        while upload[2] < len(module):
            while position < upload[3]:
                data = module[position : min(position + chunk, upload[3])]
                if position in lost:
                    lost.remove(position)
                else:
                    await self.frame(position, data)
                position += len(data)
            try:
                news = (await asyncio.wait_for(self.statuses.get(), STALL)).get(4)
                if not news or news[1] != upload[1]:
                    continue  # a status from before this upload
                upload = news
            except asyncio.TimeoutError:
                upload = (await self.status())[4]
                position, rewound = upload[2], None
            resend = upload.get(4)
            if resend is not None and resend != rewound:
                position = rewound = resend

    async def install(self, module: bytes, digest: bytes | None = None, denied: int = 0) -> None:
        await self.begin(module, digest, denied)
        await self.stream(module)
        await self.ask(COMMIT)

    async def run(self, export: str, *args: list, limits: dict | None = None, app: int | None = None) -> dict:
        """Calls an export of an app, by default of the only one, and returns the receipt. Limits are FUEL, MILLIS,
        HOST_CALLS, HOST_MILLIS."""
        if app is None:
            [app] = await self.apps() or [0]
        await self.ask(RUN, app, export, list(args), *([] if limits is None else [limits]))
        receipt = self.receipts.get_nowait()  # it comes before the response
        assert (receipt[0], receipt[8]) == (self._seq, app)
        return receipt
