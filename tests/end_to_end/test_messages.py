"""Messages between clients and apps, and values that apps store."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from client import (
    BUSY,
    MESSAGE_TOO_LONG,
    NO_APP,
    NO_MESSAGES,
    NOT_STARTED,
    REMOVE,
    RETURNED,
    SEND,
    STOP,
    TRAPPED,
    Refused,
    i32,
    with_manifest,
)
from conftest import guest

HERE = Path(__file__).parent
ECHO = (HERE / "echo.wasm").read_bytes()
NOTHING = [RETURNED, [i32(-1)]]


@pytest.fixture(autouse=True)
def with_the_groups(request) -> None:
    """Skips firmware that does not offer messages and stored values to apps."""
    if request.config.getoption("--build-dir", None):
        kconfig = request.getfixturevalue("kconfig")
        if not (kconfig("WAMR_ZEPHYR_HOST_MESSAGE") and kconfig("WAMR_ZEPHYR_HOST_KV")):
            pytest.skip("the firmware has neither messages nor stored values")


def echo(version: int = 1, **entries) -> bytes:
    return with_manifest(ECHO, "echo", version=version, **entries)


def stored(length: int) -> list:
    return [RETURNED, [i32(length)]]


async def last(client) -> list:
    while True:
        try:
            return (await client.run("last"))[1]
        except Refused as refused:
            # The app may just be handling its event.
            if refused.code != BUSY:
                raise
        await asyncio.sleep(0.05)


async def send(client, message: bytes) -> None:
    await client.ask(SEND, *await client.apps(), message)


async def echoed(client, message: bytes) -> None:
    """Sends a message to the only app and waits for its answer."""
    await send(client, message)
    number, answer = await asyncio.wait_for(client.messages.get(), 10)
    assert ({number}, answer) == (set(await client.apps()), message)


@pytest.mark.skipif(not shutil.which("wat2wasm"), reason="needs wat2wasm")
def test_the_module_is_that_of_its_source(tmp_path):
    subprocess.run(["wat2wasm", HERE / "echo.wat", "-o", tmp_path / "echo.wasm"], check=True)
    assert (tmp_path / "echo.wasm").read_bytes() == ECHO


async def test_a_message_goes_to_an_app_and_back(rig):
    async with rig, rig.client() as client:
        await client.install(echo(capabilities=["message:client", "kv:200"]))
        await client.listen_to_messages()
        for message in (b"hello", b"", bytes(range(128))):
            await echoed(client, message)
            assert await last(client) == stored(len(message))


async def test_messages_need_an_app_that_wants_them(rig):
    async with rig, rig.client() as client:
        await client.install(echo(capabilities=["message:other", "kv"]))
        await client.install(with_manifest(guest("counter"), "counter"))
        names = {(await client.ask(4, app))[0]: app for app in await client.apps()}
        for app, code in ((names["echo"], NO_MESSAGES), (names["counter"], NO_MESSAGES), (7, NO_APP)):
            with pytest.raises(Refused) as refused:
                await client.ask(SEND, app, b"hello")
            assert refused.value.code == code
        with pytest.raises(Refused) as refused:
            await client.ask(SEND, names["echo"], bytes(129))
        assert (refused.value.code, refused.value.bound) == (MESSAGE_TOO_LONG, 128)
        await client.ask(STOP, names["echo"])
        with pytest.raises(Refused) as refused:
            await client.ask(SEND, names["echo"], b"hello")
        assert refused.value.code == NOT_STARTED


async def test_a_client_that_has_not_subscribed_gets_no_messages(rig):
    async with rig:
        async with rig.client() as client:
            await client.install(echo())
            await client.listen_to_messages()
            await echoed(client, b"hello")
        async with rig.client() as client:
            await send(client, b"again")
            for _ in range(50):
                if await last(client) == stored(5):
                    break
            assert await last(client) == stored(5)


async def test_values_survive_restarts_upgrades_and_reverts_and_end_with_the_removal(rig):
    async with rig:
        async with rig.client() as client:
            await client.install(echo())
            assert await last(client) == NOTHING
            await client.listen_to_messages()
            await echoed(client, b"four")
        await rig.restart()
        async with rig.client() as client:
            await started(client)
            assert await last(client) == stored(4)
            await client.install(echo(2))
            assert await last(client) == stored(4), "an upgrade"
            # The next version fails its trial.
            await client.install(echo(3, entry="trap"))
            receipt = await asyncio.wait_for(client.supervised.get(), 20)
            assert receipt[1][0] == TRAPPED
            await started(client)
            assert await last(client) == stored(4), "a revert"
            await client.ask_until_idle(REMOVE, *await client.apps())
            await client.install(echo())
            assert await last(client) == NOTHING


async def test_what_the_owner_denies_stays_denied_until_the_next_version(rig, program, tmp_path):
    module = tmp_path / "echo.wasm"
    module.write_bytes(echo(capabilities=["message:client", "message:other", "kv:200"]))
    denied = ["message:client"]
    async with rig:
        _, error = await program.on_device("upload", module, "--deny", *denied)
        assert "Denied: message:client (exchange messages with the client)" in error
        for restarted in (False, True):
            out, _ = await program.on_device("apps", "echo", "--json")
            assert json.loads(out)["denied"] == denied
            _, error = await program.on_device("message", "send", "echo", "hello", status=4)
            assert "receives no messages of clients" in error
            if not restarted:
                await rig.restart()
                async with rig.client() as client:
                    await started(client)
        # The same module with another answer to what it may do.
        out, error = await program.on_device("upload", module, "--json")
        assert "warning: this version gets entries that the installed version was denied: message:client (" in error
        assert (json.loads(out)["outcome"], json.loads(out)["denied"]) == ("installed", [])
        await program.on_device("message", "send", "echo", "hello")


async def started(client) -> None:
    """Waits until the only app is started."""
    for _ in range(200):
        if [app.state for app in (await client.apps()).values()] == [1]:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("the app does not start")


async def test_wamrctl_sends_messages(rig, program, tmp_path):
    module, content = tmp_path / "echo.wasm", tmp_path / "content"
    module.write_bytes(echo())
    content.write_bytes(bytes(100))
    async with rig:
        await program.on_device("upload", module)
        for words, length in ((["21.5"], 4), (["--hex", "00 ff 7f"], 3), (["--file", content], 100)):
            out, _ = await program.on_device("message", "send", "echo", *words, "--json")
            assert json.loads(out)["bytes"] == length
            out, _ = await program.on_device("call", "echo", "last", "--json")
            assert json.loads(out)["values"] == [{"type": "i32", "value": length}]
        assert (await program.on_device("message", "send", "echo", "hello"))[0] == "Sent 5 bytes to echo\n"
        _, error = await program.on_device("message", "send", "echo", "x" * 129, status=2)
        assert "at most 128" in error
        _, error = await program.on_device("message", "send", "other", "hello", status=2)
        assert "no app `other`" in error
