"""An app, or a client that uses it, can harm neither the device nor a person who looks at its output."""

from __future__ import annotations

import asyncio
import time

import cbor2
import pytest
from client import (
    COMMIT,
    DIGEST_MISMATCH,
    FUEL,
    NEVER,
    ON_FAILURE,
    REMOVE,
    RETURNED,
    RUN,
    STARTED,
    STOP,
    STOPPED,
    STOPPED_APP,
    TRAPPED,
    Refused,
    i32,
    with_manifest,
)
from conftest import guest
from test_apps import SMALL, state

WATCHDOG = 10
"""Seconds, CONFIG_WAMR_ZEPHYR_WATCHDOG_MS."""

DISABLING = 6
"""One more than the number of failures that disables an app."""

FORGED = "\x1b[2J\x1b[H\r\nwamr: passkey 123456\nother: I am \x07\x7f\x9b31m\u202eevil\u2066\u2028."

SHOWN = r"\u{1b}[2J\u{1b}[H\r\nwamr: passkey 123456\nother: I am \u{7}\u{7f}\u{9b}31m\u{202e}evil\u{2066}\u{2028}."


def logging(text: str) -> bytes:
    """A module that logs this text: (import "wamr" "log" …) (memory 1) (data (i32.const 0) text) (func (export "say") …)."""

    def leb(number: int) -> bytes:
        return bytes([number & 127 | 128, number >> 7])

    def section(number: int, content: bytes) -> bytes:
        return bytes([number]) + leb(len(content)) + content

    data = text.encode()
    return b"\0asm\x01\0\0\0" + b"".join(
        (
            section(1, b"\x02\x60\x02\x7f\x7f\x00\x60\x00\x00"),
            section(2, b"\x01\x04wamr\x03log\x00\x00"),
            section(3, b"\x01\x01"),
            section(5, b"\x01\x00\x01"),
            section(7, b"\x01\x03say\x00\x01"),
            section(10, b"\x01\x09\x00\x41\x00\x41" + leb(len(data)) + b"\x10\x00\x0b"),
            section(11, b"\x01\x00\x41\x00\x0b" + leb(len(data)) + data),
        )
    )


async def test_an_app_forges_neither_the_console_nor_another_apps_lines(rig):
    async with rig, rig.client() as client:
        await client.listen()
        await client.install(with_manifest(logging(FORGED), "for\x1bger: x"))
        before = len(rig.console.text())
        assert (await client.run("say"))[1] == [RETURNED, []]
        assert client.logs.get_nowait() == rf"for\u{{1b}}ger\u{{3a}} x: {SHOWN}"
        assert client.logs.empty()
        await asyncio.sleep(0.5)
        lines = rig.console.text()[before:].splitlines()
        [line] = [line for line in lines if "123456" in line]
        assert line.endswith(SHOWN) and line.startswith(("app for", "log: for")), line
        acting = [char for char in "".join(lines) if not char.isprintable()]
        assert not acting, acting


@pytest.mark.parametrize("restart", [NEVER, ON_FAILURE])
async def test_a_clients_own_limits_and_arguments_do_not_disable_an_app(rig, restart):
    async with rig, rig.client() as client:
        await client.install(with_manifest(guest("trap"), "trap", restart=restart))
        for _ in range(DISABLING):
            await state(client, 0, STARTED)
            assert (await client.run("divide", i32(6), i32(3), limits={FUEL: 0}))[1][0] == STOPPED
            await state(client, 0, STARTED)
            assert (await client.run("divide", i32(1), i32(0)))[1][0] == TRAPPED
        await state(client, 0, STARTED)
        assert (await client.run("divide", i32(6), i32(3)))[1] == [RETURNED, [i32(2)]]


@pytest.mark.parametrize("command", [STOP, REMOVE])
async def test_a_running_app_is_interrupted(rig, command):
    async with rig, rig.client() as client:
        await client.install(with_manifest(guest("spin"), "spin", **SMALL))
        # As long as the device allows.
        await client.send(cbor2.dumps({0: 100, 1: [RUN, 0, "spin", [], {FUEL: 2**63}]}))
        while (await client.status())[2] == 0:
            pass
        await client.send(cbor2.dumps({0: 101, 1: [command, 0]}))
        first, second = [await asyncio.wait_for(client.responses.get(), 20) for _ in range(2)]
        assert (first, second) == ({0: 100}, {0: 101})
        receipt = client.receipts.get_nowait()
        if receipt[1][0] != STOPPED:
            assert receipt[1] == [TRAPPED, 0, "interrupted"]
        apps = await client.apps()
        assert not apps if command == REMOVE else apps[0].state == STOPPED_APP


async def test_clients_are_served_before_apps_start(rig):
    async with rig:
        async with rig.client() as client:
            await client.install(with_manifest(guest("hello"), "hello", entry="hello"))
        await rig.console.wait("Hello from WebAssembly")
        delays = [await delay_of_apps(rig) for _ in range(3)]
        # On a busy machine the first line may be seen late, but not three times.
        assert max(delays) > 0.6, delays


async def delay_of_apps(rig):
    """Restarts the device. Returns the seconds from the line that announces the service to the first line of the app."""
    rig.stop()
    before = len(rig.console.text())
    rig.start()
    await rig.console.wait("ready", before)
    ready = time.monotonic()
    await rig.console.wait("Hello from WebAssembly", before)
    return time.monotonic() - ready


async def test_repeated_attempts_of_a_client_do_not_restart_the_device(rig, kconfig):
    """A refused Commit is a task. Such tasks once prevented the watchdog from being fed."""
    assert kconfig("WAMR_ZEPHYR_WATCHDOG")
    async with rig, rig.client() as client:
        end = time.monotonic() + 2 * WATCHDOG + 2
        while time.monotonic() < end:
            await client.begin(guest("add"), bytes(32))
            await client.stream(guest("add"))
            with pytest.raises(Refused) as refused:
                await client.ask(COMMIT)
            assert refused.value.code == DIGEST_MISMATCH
            await asyncio.sleep(1.7)
        await client.install(guest("add"))
        assert (await client.run("add", i32(2), i32(40)))[1] == [RETURNED, [i32(42)]]
