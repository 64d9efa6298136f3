"""wamrctl over TCP and over a serial line, with the twin as the device."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re

import pytest
from client import with_manifest
from conftest import guest
from serial_line import connect, terminal


class Line:
    """A twin on a TCP port, and wamrctl."""

    def __init__(self, wamrctl, directory):
        self._wamrctl = wamrctl
        self._directory = directory

    @contextlib.asynccontextmanager
    async def twin(self, *options):
        command = [self._wamrctl, "twin", "--tcp", "127.0.0.1:0", "--flash", self._directory / "flash.bin", *options]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            ready = (await process.stdout.readline()).decode()
            yield re.fullmatch(r"ready (127\.0\.0\.1:\d+)\n", ready)[1]
        finally:
            process.kill()
            await process.wait()

    async def run(self, *words, status: int = 0) -> tuple[str, str]:
        process = await asyncio.create_subprocess_exec(
            self._wamrctl, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = (text.decode() for text in await process.communicate())
        assert process.returncode == status, err
        return out, err


@pytest.fixture
def line(request, tmp_path) -> Line:
    return Line(request.config.getoption("--wamrctl"), tmp_path)


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "counter.wasm"
    path.write_bytes(with_manifest(guest("counter"), "counter"))
    return path


async def test_an_app_is_uploaded_and_called_over_tcp(line, app):
    async with line.twin() as address:
        await line.run("upload", app, "--tcp", address)
        out, _ = await line.run("call", "counter", "next", "--tcp", address, "--json")
        assert json.loads(out)["values"] == [{"type": "i32", "value": 1}]
        out, _ = await line.run("apps", "--tcp", address)
        assert re.search(r"counter.*started", out), out


async def test_an_app_is_uploaded_and_called_over_a_serial_line(line, app):
    async with line.twin() as address, terminal() as (device, streams):
        host, port = address.split(":")
        relaying = asyncio.create_task(connect(streams, await asyncio.open_connection(host, int(port))))
        await line.run("upload", app, "--serial", f"{device}:115200")
        out, _ = await line.run("call", "counter", "next", "--serial", device)
        assert "1 (i32)" in out
        relaying.cancel()


async def test_errors_say_what_to_do(line, app, tmp_path):
    async with line.twin() as address:
        host, port = address.split(":")
        _, err = await line.run("apps", "--tcp", f"{host}:1", status=4)
        assert f"cannot use tcp:{host}:1: Connection refused" in err and "check that the device is attached" in err
        _, err = await line.run("apps", "--serial", tmp_path / "ttyACM9", status=4)
        assert "ttyACM9: No such file or directory" in err
        _, err = await line.run("apps", "--tcp", "7000", status=2)
        assert "expected HOST:PORT" in err
        _, err = await line.run("apps", "--tcp", address, "--serial", "/dev/ttyACM9", status=2)
        assert "cannot be used with" in err
        command = ("twin", "--tcp", address, "--flash", tmp_path / "other.bin")
        _, err = await line.run(*command, status=2)
        assert f"cannot listen on {address}" in err and "choose another address with --tcp" in err
