"""The device under test: Zephyr's firmware under twister, otherwise the twin.

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


class Rig:
    """A virtual link with the device, this process as a client, and ports for other hosts."""

    def __init__(self, command, flash: Path, log: Path, is_twin: bool = False):
        self.is_twin = is_twin
        self._command = command
        self._flash = flash
        self._log = log
        self.console = Console(log)
        self.bonds = Bonds()
        """The bonds of `client`."""
        self.options: list[str] = []
        """More arguments of the program."""
        self._process: subprocess.Popen | None = None
        self._stdin = -1
        """The device's standard input, which a firmware with code for tests reads."""
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
        """Turns the device on."""
        stdin, self._stdin = os.pipe()
        os.set_blocking(stdin, False)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command(self._port), *self.options], stdin=stdin, stdout=log, stderr=subprocess.STDOUT
            )
        os.close(stdin)

    @property
    def controller(self) -> VirtualController:
        """The controller of the device."""
        return self.link.controllers[self._port]

    @property
    def pid(self) -> int:
        """The number of the device's process."""
        return self._process.pid

    async def press(self, seconds: float = 0.1) -> None:
        """Holds the button of a firmware with button/button.c."""
        self.write_stdin(b"1")
        await asyncio.sleep(seconds)
        self.write_stdin(b"0")
        await asyncio.sleep(0.1)

    def write_stdin(self, text: bytes) -> None:
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
        """Cuts the power for a moment when the flash contains this part of the upload."""
        while not self._flash.exists() or content not in self._flash.read_bytes():
            assert not upload.done(), "the upload was faster than this test"
            await asyncio.sleep(0.002)
        await self.restart()

    async def restart(self) -> None:
        """Cuts the power for a moment."""
        self.stop()
        await asyncio.sleep(0.2)
        self.start()

    @contextlib.asynccontextmanager
    async def client(self, **options):
        """A client in this process, connected to the device, and bonded if the device supports bonds."""

        async def pair(connection) -> None:
            await with_passkey(connection, self.console)

        async with self.host(bonds=self.bonds) as host:
            client = await Client.connect(host, pair=pair, **options)
            assert self._process.poll() is None, f"the device has died, see {self._log}"
            yield client

    @contextlib.asynccontextmanager
    async def host(self, address: str = CLIENT, bonds: Bonds | None = None):
        """A host on the link with these bonds. Its connections are closed at the end."""
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
def program(wamrctl, rig, tmp_path) -> Wamrctl:
    """wamrctl with a port of the rig."""
    return Wamrctl(wamrctl, rig, tmp_path / "bonds.json")


@pytest.fixture
def rig(request, tmp_path) -> Rig:
    """A rig, which the test enters. The device's output goes to a file beside its flash. A parameter is a list of options of the twin."""
    flash, log = tmp_path / "flash.bin", tmp_path / "device.log"
    if request.config.getoption("--build-dir", None):
        firmware = Path(request.config.getoption("--build-dir")) / "zephyr" / "zephyr.exe"
        # In real time: otherwise a deadline of one simulated second passes at once.
        return Rig(lambda port: [firmware, "-rt", f"--bt-dev=127.0.0.1:{port}", f"--flash={flash}"], flash, log)
    twin = request.getfixturevalue("wamrctl")
    options = getattr(request, "param", [])
    return Rig(
        lambda port: [twin, "twin", "--hci", f"tcp:127.0.0.1:{port}", "--flash", flash, *options], flash, log, is_twin=True
    )


def guest(name: str) -> bytes:
    return (ROOT / "guest" / f"{name}.wasm").read_bytes()


@pytest.fixture
def kconfig(request):
    """A function that returns whether the firmware was built with an option."""
    if not request.config.getoption("--build-dir", None):
        pytest.skip("the twin has no such option")
    options = (Path(request.config.getoption("--build-dir")) / "zephyr" / ".config").read_text().splitlines()
    return lambda name: f"CONFIG_{name}=y" in options
