"""Ways in which the tests' client pairs: with the passkey from the device's console, or in ways that must fail."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from bumble.device import Connection
from bumble.keys import KeyStore, PairingKeys
from bumble.pairing import PairingConfig, PairingDelegate

PASSKEY = re.compile(r"passkey for the client: (\d{6})")


class Bonds(KeyStore):
    """A client's bonds. Bumble's own bonds in memory are lost with the host."""

    def __init__(self):
        self.keys: dict[str, PairingKeys] = {}

    async def update(self, name: str, keys: PairingKeys) -> None:
        self.keys[name] = keys

    async def delete(self, name: str) -> None:
        del self.keys[name]

    async def get(self, name: str) -> PairingKeys | None:
        return self.keys.get(name)

    async def get_all(self) -> list[tuple[str, PairingKeys]]:
        return list(self.keys.items())


class Console:
    """The output of the device."""

    def __init__(self, log: Path):
        self._log = log

    def text(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def passkey(self, after: int = 0, timeout: float = 10) -> int:
        """Waits for a passkey after this many characters of output."""
        return int((await self.wait(PASSKEY, after, timeout))[1])

    async def wait(self, pattern: re.Pattern | str, after: int = 0, timeout: float = 10) -> re.Match:
        async def poll() -> re.Match:
            while not (found := re.search(pattern, self.text()[after:])):
                await asyncio.sleep(0.02)
            return found

        return await asyncio.wait_for(poll(), timeout)


class _Keyboard(PairingDelegate):
    def __init__(self, read: Callable[[], Awaitable[int]]):
        super().__init__(PairingDelegate.KEYBOARD_INPUT_ONLY)
        self._read = read

    async def get_number(self) -> int:
        return await self._read()


async def with_passkey(connection: Connection, console: Console, *, sc: bool = True, wrong: bool = False) -> None:
    """Pairs with the passkey that the device prints, or with another one."""
    _configure(connection, sc=sc, mitm=True, delegate=_keyboard(console, wrong))
    await asyncio.wait_for(connection.pair(), 15)


async def just_works(connection: Connection) -> None:
    """Pairs without authentication."""
    _configure(connection, mitm=False, delegate=PairingDelegate())
    await asyncio.wait_for(connection.pair(), 15)


async def as_peripheral(connection: Connection, console: Console) -> None:
    """Makes the device, which is the central of this connection, pair with the passkey that it prints."""
    paired = asyncio.get_running_loop().create_future()
    connection.on("pairing", paired.set_result)
    connection.on("pairing_failure", lambda reason: paired.set_exception(AssertionError(f"pairing failed: {reason}")))
    _configure(connection, sc=True, mitm=True, delegate=_keyboard(console))
    connection.request_pairing()
    await asyncio.wait_for(paired, 15)


def _keyboard(console: Console, wrong: bool = False) -> PairingDelegate:
    """Enters the next passkey that the device prints, or another one."""
    after = len(console.text())

    async def read() -> int:
        passkey = await console.passkey(after)
        return (passkey + 1) % 1_000_000 if wrong else passkey

    return _Keyboard(read)


def _configure(connection: Connection, **options) -> None:
    # The device must know the client by the address of this connection.
    config = PairingConfig(bonding=True, identity_address_type=PairingConfig.AddressType.RANDOM, **options)
    connection.device.pairing_config_factory = lambda _: config
