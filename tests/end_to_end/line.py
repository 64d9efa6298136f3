"""wamrctl over TCP and over a serial line. The device is samples/serial_upload in QEMU under twister, otherwise the twin."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from pathlib import Path

import pytest
from client import with_manifest
from conftest import guest
from serial_line import connect, terminal

QEMU = "qemu-system-arm -machine mps2-an521 -cpu cortex-m33 -m 16 -display none -monitor none -serial stdio".split()


@contextlib.asynccontextmanager
async def started(*command):
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def twin(wamrctl: Path, flash: Path):
    async with started(wamrctl, "twin", "--tcp", "127.0.0.1:0", "--flash", flash) as process:
        ready = (await process.stdout.readline()).decode()
        yield re.fullmatch(r"ready (127\.0\.0\.1:\d+)\n", ready)[1]


@contextlib.asynccontextmanager
async def firmware(build: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    uart = f"tcp:{address},server=on,wait=off"
    async with started(*QEMU, "-serial", uart, "-kernel", build / "zephyr" / "zephyr.elf") as process:
        while b"ready for uploads" not in (line := await process.stdout.readline()):
            assert line, "QEMU has ended"
        yield address


@pytest.fixture
def device(request, wamrctl, tmp_path):
    """A device on a TCP port, which the test enters for the address."""
    build = request.config.getoption("--build-dir", None)
    return firmware(Path(build)) if build else twin(wamrctl, tmp_path / "flash.bin")


@pytest.fixture
def run(wamrctl):
    """A function that runs wamrctl, and returns its output and its errors."""

    async def run(*words, status: int = 0) -> tuple[str, str]:
        process = await asyncio.create_subprocess_exec(
            wamrctl, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = (text.decode() for text in await process.communicate())
        assert process.returncode == status, err
        return out, err

    return run


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "counter.wasm"
    path.write_bytes(with_manifest(guest("counter"), "counter"))
    return path


async def test_an_app_is_uploaded_and_called_over_tcp(device, run, app):
    async with device as address:
        await run("upload", app, "--tcp", address)
        out, _ = await run("call", "counter", "next", "--tcp", address, "--json")
        assert json.loads(out)["values"] == [{"type": "i32", "value": 1}]
        out, _ = await run("apps", "--tcp", address)
        assert re.search(r"counter.*started", out), out


async def test_an_app_is_uploaded_and_called_over_a_serial_line(device, run, app):
    async with device as address, terminal() as (line, streams):
        host, port = address.split(":")
        relaying = asyncio.create_task(connect(streams, await asyncio.open_connection(host, int(port))))
        await run("upload", app, "--serial", f"{line}:115200")
        out, _ = await run("call", "counter", "next", "--serial", line)
        assert "1 (i32)" in out
        relaying.cancel()


async def test_errors_say_what_to_do(wamrctl, run, tmp_path):
    async with twin(wamrctl, tmp_path / "flash.bin") as address:
        host, port = address.split(":")
        _, err = await run("apps", "--tcp", f"{host}:1", status=4)
        assert f"cannot use tcp:{host}:1: Connection refused" in err and "check that the device is attached" in err
        _, err = await run("apps", "--serial", tmp_path / "ttyACM9", status=4)
        assert "ttyACM9: No such file or directory" in err
        _, err = await run("apps", "--tcp", port, status=2)
        assert "expected HOST:PORT" in err
        _, err = await run("apps", "--tcp", address, "--serial", "/dev/ttyACM9", status=2)
        assert "cannot be used with" in err
        _, err = await run("twin", "--tcp", address, "--flash", tmp_path / "other.bin", status=2)
        assert f"cannot listen on {address}" in err and "choose another address with --tcp" in err
