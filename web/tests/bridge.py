"""A computer's Bluetooth for the tests of the page: a twin, and a Bumble host that performs the page's GATT operations on it.

Reads a request as JSON from each line of standard input, and writes responses and events as lines of JSON:

    {"id": 1, "do": "read", "uuid": "…"}                ->  {"id": 1, "result": "a5…"}
                                                        ->  {"event": "notification", "uuid": "…", "value": "a1…"}

Pairs as operating systems do: when the device refuses a read because the link is not authenticated, with the passkey that the device
shows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "end_to_end")]

from bumble.att import ATT_Error  # noqa: E402
from bumble.core import UUID  # noqa: E402
from client import DATA, INSUFFICIENT_AUTHENTICATION, INSUFFICIENT_ENCRYPTION, Client  # noqa: E402
from conftest import Rig  # noqa: E402
from pairing import with_passkey  # noqa: E402


def say(**message) -> None:
    print(json.dumps(message), flush=True)


class Bridge:
    """The operations that the page asks for."""

    def __init__(self, rig: Rig, host):
        self._rig = rig
        self._host = host
        self._client: Client | None = None
        self._bytes_until_loss: int | None = None
        self.pairings = 0

    async def connect(self) -> list[str]:
        """Connects, and returns the UUIDs of the characteristics."""
        self._client = await Client.connect_only(self._host)
        connection = self._client.connection
        connection.on("disconnection", lambda _: say(event="disconnected"))
        if await self._host.keystore.get(str(connection.peer_address)):
            await connection.encrypt()
        return [_text(uuid) for uuid in self._client.characteristics]

    async def disconnect(self) -> None:
        await self._client.disconnect()

    async def read(self, uuid: str) -> str:
        characteristic = self._characteristic(uuid)
        try:
            return bytes(await characteristic.read_value()).hex()
        except ATT_Error as error:
            if error.error_code not in (INSUFFICIENT_AUTHENTICATION, INSUFFICIENT_ENCRYPTION):
                raise
        await with_passkey(self._client.connection, self._rig.console)
        self.pairings += 1
        return bytes(await characteristic.read_value()).hex()

    async def write(self, uuid: str, value: str, response: bool) -> None:
        content = bytes.fromhex(value)
        if UUID(uuid) == DATA and self._bytes_until_loss is not None:
            self._bytes_until_loss -= len(content)
            if self._bytes_until_loss < 0:
                self._bytes_until_loss = None
                await self._client.disconnect()
                return
        await self._characteristic(uuid).write_value(content, with_response=response)

    async def subscribe(self, uuid: str) -> None:
        await self._characteristic(uuid).subscribe(
            lambda value: say(event="notification", uuid=uuid, value=bytes(value).hex())
        )

    async def lose(self, after: int) -> None:
        """Ends the connection after this many more bytes of frames."""
        self._bytes_until_loss = after

    async def count_pairings(self) -> int:
        return self.pairings

    def _characteristic(self, uuid: str):
        return self._client.characteristics[UUID(uuid)]


def _text(uuid: UUID) -> str:
    return str(uuid).split()[0].lower()


async def serve(wamrctl: Path, directory: Path, options: list[str]) -> None:
    flash = directory / "flash.bin"
    rig = Rig(
        lambda port: [wamrctl, "twin", "--hci", f"tcp:127.0.0.1:{port}", "--flash", flash, *options],
        flash,
        directory / "device.log",
        is_twin=True,
    )
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with rig, rig.host(bonds=rig.bonds) as host:
        bridge = Bridge(rig, host)
        say(event="ready")
        while line := await reader.readline():
            request = json.loads(line)
            number, operation = request.pop("id"), request.pop("do")
            try:
                say(id=number, result=await getattr(bridge, operation)(**request))
            except Exception as error:  # the page decides what it means
                say(id=number, error=f"{type(error).__name__}: {error}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wamrctl", type=Path, required=True, help="wamrctl with the command twin")
    parser.add_argument("--directory", type=Path, required=True, help="an empty directory for the twin's files")
    arguments, options = parser.parse_known_args()
    asyncio.run(serve(arguments.wamrctl, arguments.directory, options))


if __name__ == "__main__":
    main()
