"""The device under test: Zephyr's firmware under twister, the twin without.

    pytest tests/end_to_end --wamrctl target/debug/wamrctl      # the twin
    west twister -T samples/ble_upload -p native_sim/native/64  # the firmware
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(Path(__file__).parent)]

from client import Client  # noqa: E402
from pairing import Bonds, Console, with_passkey  # noqa: E402
from program import Wamrctl  # noqa: E402
from virtual_link import VirtualController, VirtualLink  # noqa: E402


CLIENT = "C0:00:00:00:00:01"
"""The address of the client of these tests."""


def pytest_addoption(parser):
    parser.addoption("--wamrctl", help="wamrctl to upload with, and to run as the twin outside of twister")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs tests that are coroutines; each gets an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**arguments), 120))
    return True


class Bench:
    """A virtual link and what is on it: the device, this process as a client, and ports for other hosts."""

    def __init__(self, command, flash: Path, log: Path, is_twin: bool = False):
        self.is_twin = is_twin
        self._command = command
        self._flash = flash
        self._log = log
        self.console = Console(log)
        self.bonds = Bonds()
        """Those of `client`."""
        self._process: subprocess.Popen | None = None
        self._stdin = -1
        """What a firmware for tests reads beside the radio."""
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        self.link = await self._stack.enter_async_context(VirtualLink())
        self._port = await self.link.open_port()
        self._stack.callback(self.stop)
        self.start()
        return self

    async def __aexit__(self, *error):
        await self._stack.__aexit__(*error)

    def start(self) -> None:
        """Gives the device power."""
        stdin, self._stdin = os.pipe()
        os.set_blocking(stdin, False)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(self._port), stdin=stdin, stdout=log, stderr=subprocess.STDOUT
            )
        os.close(stdin)

    @property
    def controller(self) -> VirtualController:
        """That of the device."""
        return self.link.controllers[self._port]

    async def press(self, seconds: float = 0.1) -> None:
        """Presses the button of a firmware with button/button.c, for so long."""
        self.tell(b"1")
        await asyncio.sleep(seconds)
        self.tell(b"0")
        await asyncio.sleep(0.1)

    def tell(self, text: bytes) -> None:
        """Writes to the standard input of a firmware with code for tests."""
        os.write(self._stdin, text)

    def stop(self) -> None:
        """Cuts the power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            os.close(self._stdin)

    async def restarted(self) -> None:
        """Waits until the device restarts, which ends the program, and starts it again."""
        while self._process.poll() is None:
            await asyncio.sleep(0.05)
        self.stop()
        self.start()

    async def lose_power_during(self, upload: asyncio.Task, content: bytes) -> None:
        """Cuts the power when this part of what is uploaded has come to flash, and gives it again."""
        while not self._flash.exists() or content not in self._flash.read_bytes():
            assert not upload.done(), "the upload was faster than this test"
            await asyncio.sleep(0.002)
        await self.restart()

    async def restart(self) -> None:
        """Cuts the power, and gives it again."""
        self.stop()
        await asyncio.sleep(0.2)
        self.start()

    @contextlib.asynccontextmanager
    async def client(self, **options):
        """A client in this process, connected to the device and bonded where that has bonds."""

        async def pair(connection) -> None:
            await with_passkey(connection, self.console)

        async with self.host(bonds=self.bonds) as host:
            client = await Client.connect(host, pair=pair, **options)
            assert self._process.poll() is None, f"the device has died, see {self._log}"
            yield client

    @contextlib.asynccontextmanager
    async def host(self, address: str = CLIENT, bonds: Bonds | None = None):
        """A host on the link, with these bonds; in the end its connection is closed."""
        host = self.link.add_host(address)
        host.keystore = bonds or Bonds()
        await host.power_on()
        try:
            yield host
        finally:
            for connection in list(host.connections.values()):
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(connection.disconnect(), 5)
            await host.power_off()
            self.link.remove_host(host)


@pytest.fixture
def wamrctl(request) -> Path:
    path = request.config.getoption("--wamrctl") or os.environ.get("WAMRCTL") or shutil.which("wamrctl")
    if not path:
        pytest.fail("no wamrctl: build it (`cargo build -p wamrctl`) and name it with --wamrctl or WAMRCTL")
    return Path(path).resolve()


@pytest.fixture
def program(wamrctl, bench, tmp_path) -> Wamrctl:
    """wamrctl on the bench."""
    return Wamrctl(wamrctl, bench, tmp_path / "bonds.json")


@pytest.fixture
def bench(request, tmp_path) -> Bench:
    """A bench, to be entered by the test. The device's output goes to a file beside its flash."""
    flash, log = tmp_path / "flash.bin", tmp_path / "device.log"
    if request.config.getoption("--build-dir", None):
        firmware = Path(request.config.getoption("--build-dir")) / "zephyr" / "zephyr.exe"
        # In real time: without it, deadlines of a simulated second pass in a moment.
        return Bench(lambda port: [firmware, "-rt", f"--bt-dev=127.0.0.1:{port}", f"--flash={flash}"], flash, log)
    twin = request.getfixturevalue("wamrctl")
    return Bench(lambda port: [twin, "twin", "--hci", f"tcp:127.0.0.1:{port}", "--flash", flash], flash, log, is_twin=True)


def guest(name: str) -> bytes:
    return (ROOT / "guest" / f"{name}.wasm").read_bytes()


@pytest.fixture
def kconfig(request):
    """Tells whether the firmware was built with an option."""
    if not request.config.getoption("--build-dir", None):
        pytest.skip("the twin has no such option")
    options = (Path(request.config.getoption("--build-dir")) / "zephyr" / ".config").read_text().splitlines()
    return lambda name: f"CONFIG_{name}=y" in options
