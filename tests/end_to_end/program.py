"""Runs wamrctl as a user would: with the passkey, or the number to compare, that the device shows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path


class Wamrctl:
    """The program, on a Bluetooth controller of its own and with its own bonds."""

    def __init__(self, path: Path, rig, bonds: Path):
        self._path = path
        self._rig = rig
        self.bonds = bonds
        self._port: int | None = None

    async def on_device(
        self, *words, status: int = 0, passkey: str | None = None, says: str = ""
    ) -> tuple[str, str]:
        """Runs a command that talks to the device. Answers with the passkey that the device prints, or this one, and with what the
        user says before.
        """
        return await self.run(*words, *await self._hci(), status=status, passkey=passkey, says=says)

    async def first_lines(self, count: int, *words) -> list[str]:
        """The first lines of a command that talks to the device and does not end by itself. The two are paired."""
        process = await self._start(*words, *await self._hci())
        try:
            lines = [await asyncio.wait_for(process.stdout.readline(), 30) for _ in range(count)]
        finally:
            process.kill()
            await process.wait()
        return [line.decode().rstrip("\n") for line in lines]

    @contextlib.asynccontextmanager
    async def running(self, *words):
        """A command that talks to the device and does not end by itself, as a process. The two are paired."""
        options = words.index("--") if "--" in words else len(words)
        process = await self._start(*words[:options], *await self._hci(), *words[options:])
        try:
            yield process
        finally:
            process.kill()
            await process.wait()

    async def comparing(self, *words, compare: Callable[[str], Awaitable[bool]], status: int = 0) -> str:
        """Runs a command that pairs by comparing numbers; returns what it prints to standard error.

        `compare` is called with the number that it shows, and tells what the user answers.
        """
        process = await self._start(*words, *await self._hci())
        try:
            question = await asyncio.wait_for(process.stderr.readuntil(b"? [y/N] "), 30)
            agrees = await compare(re.search(rb"Does the device show (\d{6})", question)[1].decode())
            process.stdin.write(b"y\n" if agrees else b"n\n")
            _, rest = await self._end(process, status)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        return question.decode() + rest

    async def run(
        self, *words, status: int = 0, passkey: str | None = None, says: str = "", cwd: Path | None = None
    ) -> tuple[str, str]:
        """Runs a command; returns its output and its errors."""
        after = len(self._rig.console.text())
        process = await self._start(*words, cwd=cwd)
        process.stdin.write(says.encode())

        async def answer() -> None:
            shown = await self._rig.console.passkey(after, timeout=60)
            process.stdin.write(f"{passkey or f'{shown:06}'}\n".encode())

        answering = asyncio.create_task(answer())
        try:
            return await self._end(process, status)
        finally:
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError, asyncio.TimeoutError, ConnectionError):
                await answering
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def controller(self) -> str:
        """Its Bluetooth controller, as `--hci` takes it."""
        if self._port is None:
            self._port = await self._rig.link.open_port()
        return f"tcp:127.0.0.1:{self._port}"

    async def _hci(self) -> tuple:
        return "--hci", await self.controller(), "--bonds", self.bonds

    async def _start(self, *words, cwd: Path | None = None) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        # Its copies of modules and its configuration are its own as well.
        own = self.bonds.parent
        env = {**os.environ, "XDG_CACHE_HOME": str(own / "cache"), "XDG_CONFIG_HOME": str(own / "config")}
        return await asyncio.create_subprocess_exec(
            self._path, *map(str, words), stdin=pipe, stdout=pipe, stderr=pipe, env=env, cwd=cwd
        )

    async def _end(self, process: asyncio.subprocess.Process, status: int) -> tuple[str, str]:
        """Waits until the program exits with this status; returns the rest of its output and its errors."""
        # Not `communicate`, which would close standard input.
        outputs = asyncio.gather(process.stdout.read(), process.stderr.read(), process.wait())
        out, err, ended = await asyncio.wait_for(outputs, 60)
        assert ended == status, f"status {ended}\n{out.decode()}{err.decode()}"
        return out.decode(), err.decode()


class Signer:
    """A key pair of wamrctl, in files."""

    def __init__(self, program, directory, name: str):
        self._program = program
        self.secret = directory / name
        self.public = directory / f"{name}.pub"

    async def make(self) -> Signer:
        await self._program.run("keygen", self.secret)
        return self

    @property
    def key(self) -> bytes:
        return self.public.read_bytes()[1:]

    async def sign(self, module: bytes) -> bytes:
        file = self.secret.with_suffix(".wasm")
        file.write_bytes(module)
        await self._program.run("sign", file, "--key", self.secret, "-o", file)
        return file.read_bytes()
