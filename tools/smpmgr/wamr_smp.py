"""The service of wamr-zephyr over SMP, for clients in Python: the messages of docs/smp.md, and operations made of them.

Needs `smpclient`, whose transports carry the messages.
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
import time
from collections.abc import Callable
from typing import ClassVar, NamedTuple

import cbor2
from smp import error, message
from smpclient.generics import error_v1, error_v2

GROUP = 87
END, DATA, CONTROL, STATUS, RESULT, LOG, MESSAGE = range(7)
"""The commands of the group."""

BEGIN, COMMIT, ABORT, RUN, DESCRIBE, START, STOP, REMOVE, TRUST = range(9)
"""Commands in a request: docs/protocol.md lists all."""

REFUSALS = {
    0: "malformed request",
    1: "busy",
    2: "module too large",
    3: "no upload open",
    4: "upload incomplete",
    5: "digest mismatch",
    6: "invalid module",
    7: "unknown import",
    8: "out of memory",
    9: "start function failed",
    10: "no such app",
    11: "no such export",
    12: "bad arguments",
    13: "flash failed",
    14: "limit exceeded",
    15: "no free slot",
    16: "app not started",
    17: "app disabled",
    18: "bad manifest",
    19: "not signed",
    20: "bad signature",
    21: "unknown key",
    22: "older version",
    23: "ledger full",
    24: "no such bond",
    25: "signatures are off",
    26: "undeclared capability",
    27: "unknown capability",
    28: "not permitted",
    29: "flash budget exceeded",
    30: "name taken",
    32: "interrupted",
    33: "app disabled",
    34: "the app is stuck in a host function",
    35: "name too long",
    36: "too many arguments",
    37: "unknown limit",
    38: "value out of range",
    39: "invalid sequence number",
    40: "app not held",
    41: "the app receives no messages of clients",
    42: "too many messages wait",
    43: "message too long",
    44: "call too large",
    45: "native code not permitted",
}
"""The codes of refusals, in words."""

BOUNDS = {
    2: "the slot holds {} bytes",
    4: "bytes are missing from offset {}",
    8: "{} bytes are missing",
    14: "at most {}",
    15: "all {} slots hold an app, remove one",
    17: "it failed {} times in a row, start it to enable it",
    22: "the security counter must be at least {}",
    29: "try again in {} seconds",
    33: "the device restarted {} times in a row while it started the app, start it to enable it",
    35: "at most {} bytes are allowed",
    36: "at most {} are allowed",
    43: "at most {} bytes are allowed",
}
"""The meaning of a refusal's bound."""

GENERAL = {
    3: "the device cannot read the request; the versions of the device and this tool may differ",
    8: "the firmware does not provide the service over SMP: enable CONFIG_WAMR_ZEPHYR_SMP",
    10: "the device serves another client; try again in some seconds",
    11: "the device refuses access: over Bluetooth, pair first; on a serial port or over UDP, its firmware must permit it",
}
"""Error codes of SMP itself, as far as they have a meaning of their own here."""


class Failed(Exception):
    """The device did not do what it was asked, or could not be reached."""


class Refused(Failed):
    """The device refused a request."""

    def __init__(self, code: int, bound: int | None = None, text: str = ""):
        parts = [REFUSALS.get(code, f"refused with code {code}"), text]
        if bound is not None and code in BOUNDS:
            parts.append(BOUNDS[code].format(bound))
        super().__init__(": ".join(part for part in parts if part))
        self.code, self.bound, self.text = code, bound, text


class _Error1(error.ErrorV1):
    _GROUP_ID = GROUP


class _Error2(error.ErrorV2[int]):
    _GROUP_ID = GROUP
    value: bytes = b""
    """The whole response of the device."""


class _Read(message.ReadResponse):
    _GROUP_ID = GROUP
    _COMMAND_ID = 0
    value: bytes = b""


class _Written(message.WriteResponse):
    _GROUP_ID = GROUP
    _COMMAND_ID = 0
    value: bytes = b""


def request(kind: type[message.Request], command: int, **entries) -> message.Request:
    """A request of the group, of a class that names the command, as `smp` needs it."""
    answer = _Read if kind is message.ReadRequest else _Written

    class Request(kind):
        _GROUP_ID = GROUP
        _COMMAND_ID = command
        _Response: ClassVar = answer
        _ErrorV1: ClassVar = _Error1
        _ErrorV2: ClassVar = _Error2
        value: bytes | None = None
        seq: int | None = None

    return Request(**entries)


class App(NamedTuple):
    """An app in a status."""

    number: int
    state: int
    failures: int
    fingerprint: bytes


class Service:
    """The service of one device, over a connected `SMPClient`."""

    def __init__(self, client, patience: float = 60):
        self._client = client
        self._patience = patience
        """Seconds to wait for the response to a request."""
        self._seq = time.time_ns() % 2**31
        """Not the same for two sessions: the device takes a repeated number for a repeated request."""

    async def read(self, command: int, **entries) -> bytes:
        return (await self._exchange(request(message.ReadRequest, command, **entries))).value

    async def write(self, command: int, value: bytes = b"") -> bytes:
        return (await self._exchange(request(message.WriteRequest, command, value=value))).value

    async def _exchange(self, request):
        answer = await self._client.request(request)
        if error_v1(answer):
            text = answer.rsn or GENERAL.get(answer.rc, f"the device reports {answer.rc!r}")
            raise Failed(f"{text} (SMP error {int(answer.rc)})" if answer.rsn else text)
        if error_v2(answer):
            refusal = cbor2.loads(answer.value)[1] if answer.value else {0: answer.err.rc}
            raise Refused(refusal[0], refusal.get(1), refusal.get(2, ""))
        return answer

    async def ask(self, *command) -> dict:
        """Sends a request and returns its response.

        Raises:
            Refused: the device refused it.
            Failed: there was no response in time.
        """
        self._seq += 1
        request = cbor2.dumps({0: self._seq, 1: list(command)})
        ends = time.monotonic() + self._patience
        value = await self.write(CONTROL, request)
        while not value:
            if time.monotonic() > ends:
                raise Failed(f"the device has not answered for {self._patience:g} seconds")
            await asyncio.sleep(0.1)
            value = await self.read(CONTROL, seq=self._seq)
        return cbor2.loads(value)

    async def end(self) -> None:
        """Ends the session, so that other clients need not wait until it expires."""
        await self.write(END)

    async def status(self) -> dict:
        return cbor2.loads(await self.read(STATUS))

    async def apps(self) -> list[App]:
        """The installed apps."""
        status = await self.status()
        apps = [App(*app) for app in status[3]]
        more = status.get(6)
        while more is not None:
            page = cbor2.loads((await self.ask(12, 7, 0, more))[4])
            apps += [App(*app) for app in page]
            more = page[-1][0] + 1 if len(page) == 4 else None
        return apps

    async def upload(self, module: bytes, chunk: int, progress: Callable[[int], None] = lambda offset: None) -> None:
        """Uploads a module in frames with at most this many bytes of it, and installs it. An interrupted upload resumes."""
        await self.ask(BEGIN, len(module), hashlib.sha256(module).digest())
        upload = (await self.status())[4]
        position, rewound = upload[2], None
        moved = time.monotonic()
        while upload[2] < len(module):
            if position < upload[3]:
                data = module[position : min(position + chunk, upload[3])]
                status = await self.write(DATA, struct.pack("<I", position) + data)
                position, moved = position + len(data), time.monotonic()
            else:
                # The device writes to flash.
                await asyncio.sleep(0.01)
                status = await self.read(STATUS)
                if time.monotonic() - moved > self._patience:
                    raise Failed("the upload does not proceed: the device may have a damaged flash")
            news = cbor2.loads(status).get(4)
            if news is None or news[1] != upload[1]:
                raise Failed("the device has discarded the upload: a flash operation failed, or another client began one")
            upload = news
            resend = upload.get(4)
            if resend is not None and resend != rewound:
                position = rewound = resend
            progress(upload[2])
        await self.ask(COMMIT)

    async def run(self, app: int, export: str, arguments: list, limits: dict | None = None) -> dict:
        """Calls an export and returns the receipt."""
        await self.ask(RUN, app, export, arguments, *([limits] if limits else []))
        receipt = cbor2.loads(await self.read(RESULT))
        if receipt[0] != self._seq:
            raise Failed("the receipt is lost: the device called an app by itself meanwhile")
        return receipt

    async def lines(self) -> list[str]:
        """The log lines since the last time, the oldest first. The device keeps the latest ones."""
        text = (await self.read(LOG)).decode(errors="replace")
        return text.split("\n") if text else []

    async def message(self) -> tuple[int, bytes] | None:
        """The next message of an app, with the number of the app."""
        value = await self.read(MESSAGE)
        return (value[0], value[1:]) if value else None
