"""The plug-in for smpmgr, as a person uses it: on a serial port. Run separately, like smp_service.py."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest
from client import with_manifest
from conftest import ROOT, guest
from signing import UNKNOWN, signed
from smp_links import SerialPort, service, udp

PLUGIN = ROOT / "tools" / "smpmgr"


@pytest.fixture(scope="session")
def smpmgr():
    """smpmgr in an environment of its own: it needs another version of Bumble than the tests."""
    if sys.version_info < (3, 11):
        pytest.skip("smpmgr needs Python 3.11")
    environment = ROOT / "build" / "smpmgr"
    wanted = (PLUGIN / "requirements.txt").read_text()
    installed = environment / "installed"
    if not installed.exists() or installed.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        pip = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", PLUGIN / "requirements.txt"], check=True)
        installed.write_text(wanted)
    return environment / "bin" / "smpmgr"


async def run(smpmgr, port: SerialPort, *words, status: int = 0) -> str:
    """Runs a command of the plug-in and returns what it prints."""
    process = await asyncio.create_subprocess_exec(
        *map(str, (smpmgr, f"--plugin-path={PLUGIN}", "--port", port.path, *words)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == status, output.decode()
    return output.decode()


async def test_apps_are_installed_called_and_watched(rig, smpmgr, tmp_path):
    def file(name: str, content: bytes):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    counter = file("counter.wasm", signed(with_manifest(guest("counter"), "counter", version=7)))
    hello = file("hello.wasm", signed(with_manifest(guest("hello"), "hello", version=1)))
    unsigned = file("unsigned.wasm", with_manifest(guest("counter"), "counter", version=8))
    strange = file("strange.wasm", signed(with_manifest(guest("counter"), "counter", version=8), UNKNOWN))

    async with SerialPort(rig) as port, rig:
        await rig.console.wait("ready for uploads")
        assert "No apps are installed" in await run(smpmgr, port, "wamr", "apps")
        assert "Installed counter.wasm" in await run(smpmgr, port, "wamr", "upload", counter)
        listed = await run(smpmgr, port, "wamr", "apps")
        assert listed.splitlines()[-1].split() == ["0", "counter", "7", str(counter.stat().st_size), "never", "started"]
        called = await run(smpmgr, port, "wamr", "call", "counter", "next")
        assert "Returned  1\n" in called and "instructions" in called
        assert "Returned  2\n" in await run(smpmgr, port, "wamr", "call", "0", "next")

        assert "error: the device refused: not signed\nhelp: sign it" in await run(
            smpmgr, port, "wamr", "upload", unsigned, status=1
        )
        assert "error: the device refused: unknown key\nhelp: " in await run(
            smpmgr, port, "wamr", "upload", strange, status=1
        )
        assert "no app `other`; it has counter (0)" in await run(smpmgr, port, "wamr", "call", "other", "next", status=1)
        assert "no such export" in await run(smpmgr, port, "wamr", "call", "counter", "back", status=1)
        assert "0 arguments, not 1" in await run(smpmgr, port, "wamr", "call", "counter", "next", "5", status=1)
        assert "is not a WebAssembly module" in await run(smpmgr, port, "wamr", "upload", __file__, status=1)

        # As a file, by smpmgr's own command.
        assert "hello" not in await run(smpmgr, port, "wamr", "apps")
        await run(smpmgr, port, "file", "upload", hello, "/wamr/hello.wasm")
        assert "hello" in await run(smpmgr, port, "wamr", "apps")
        await run(smpmgr, port, "file", "upload", unsigned, "/wamr/unsigned.wasm", status=1)
        await run(smpmgr, port, "wamr", "call", "hello", "hello")
        log = await run(smpmgr, port, "wamr", "log")
        assert "device: refused /wamr/unsigned.wasm: not signed" in log
        assert "hello: Hello from WebAssembly" in log


async def test_another_client_is_an_error_that_people_understand(rig, smpmgr):
    async with SerialPort(rig) as port, rig:
        await rig.console.wait("ready for uploads")
        client = udp(rig)
        await client.connect()

        async def stay() -> None:
            while True:
                await service(client).status()
                await asyncio.sleep(0.2)

        staying = asyncio.create_task(stay())
        await asyncio.sleep(0.5)
        assert "the device serves another client" in await run(smpmgr, port, "wamr", "apps", status=1)
        staying.cancel()
        await client.disconnect()
