"""`wamrctl dev`: an app is on the device soon after its source has changed."""

from __future__ import annotations

import asyncio
import json
import shutil
import time

import pytest

# Prints what it does, and puts another number into the app: the last byte of the constant 42.
MAKEFILE = """
build/answer.wasm: answer.in
	mkdir -p build
	cp answer.in $@
"""


def answer(number: int) -> bytes:
    """A module whose export `next` returns a number below 64."""
    return (
        b"\0asm\1\0\0\0" + b"\1\5\1\x60\0\1\x7f" + b"\3\2\1\0" + b"\7\x08\1\4next\0\0" + b"\x0a\6\1\4\0\x41" + bytes([number]) + b"\x0b"
    )


async def line_with(stream, words: str) -> None:
    """Reads up to a line that contains these words."""
    seen = ""
    while words not in seen:
        try:
            line = await asyncio.wait_for(stream.readline(), 30)
        except asyncio.TimeoutError:
            line = b""
        assert line, f"no `{words}` after:\n{seen}"
        seen += line.decode()


@pytest.mark.skipif(not shutil.which("make"), reason="make is missing")
async def test_a_change_is_soon_on_the_device(rig, program, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "Makefile").write_text(MAKEFILE.lstrip())
    (project / "answer.in").write_bytes(answer(1))
    await program.run("keygen", project / "dev.key")
    async with rig:
        # This also pairs the two.
        await program.on_device("trust", project / "dev.key.pub")
        async with program.running("dev", project, "--", "--restart", "on-failure") as process:
            await line_with(process.stdout, "Installed")
            await line_with(process.stderr, "Listening")
            # A source that does not build is no end.
            (project / "answer.in").write_bytes(b"nonsense")
            await line_with(process.stderr, "not a WebAssembly module")
            await line_with(process.stderr, "Waiting for a change")
            started = time.monotonic()
            (project / "answer.in").write_bytes(answer(2))
            await line_with(process.stdout, "Installed")
            took = time.monotonic() - started
            print(f"from the edit to the app on the device: {took:.2f} s")
        assert "Result   2 (i32)" in (await program.on_device("call", "answer", "next"))[0]
        report = json.loads((await program.on_device("apps", "answer", "--json"))[0])
        assert report["manifest"]["restart"] == "on-failure"
