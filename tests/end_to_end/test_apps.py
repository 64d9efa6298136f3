"""Several supervised apps on one device, each with a memory quota."""

from __future__ import annotations

import asyncio
import json

import pytest
from client import (
    ALWAYS,
    DESCRIBE,
    DISABLED,
    DISABLED_APP,
    MILLIS,
    NO_SLOT,
    NOT_STARTED,
    ON_FAILURE,
    OUT_OF_MEMORY,
    REMOVE,
    RETURNED,
    START,
    STARTED,
    STOP,
    STOPPED_APP,
    TRAPPED,
    WAITING,
    Refused,
    i32,
    with_manifest,
)
from conftest import ROOT, guest

# (import "wamr" "log" (func $log (param i32 i32)))
# (memory (export "memory") 1)
# (data (i32.const 0) "ää…")
# (func (export "storm") (local $i i32)
#   (loop
#     (call $log (i32.const 0) (i32.const 400))
#     (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500)))))
LOG_STORM = bytes.fromhex(
    "0061736d0100000001090260027f7f00600000020c010477616d72036c6f670000030201010503010001071202066d656d6f"
    "727902000573746f726d00010a1d011b01017f034041004190031000200041016a220041f403490d000b0b0b970301004100"
    "0b9003"
) + "ä".encode() * 200
"""Logs 200 times the same two bytes, 500 times."""

SMALL = {"limits": {7: 24 * 1024}}
"""A memory quota that is enough for modules without memory."""


async def state(client, app: int, *wanted: int, timeout: float = 10) -> int:
    """Waits until the app is in one of these states."""

    async def poll() -> int:
        while (found := (await client.apps())[app].state) not in wanted:
            await asyncio.sleep(0.02)
        return found

    return await asyncio.wait_for(poll(), timeout)


async def test_apps_run_side_by_side_and_a_trap_affects_no_other_app(rig):
    async with rig, rig.client() as client:
        await client.install(with_manifest(guest("counter"), "counter", version=3, **SMALL))
        await client.install(with_manifest(guest("trap"), "trap"))
        assert [app.state for app in (await client.apps()).values()] == [STARTED, STARTED]
        details = await client.ask(DESCRIBE, 0)
        assert (details[0], details[1]) == ("counter", 3)

        for count in range(1, 4):
            assert (await client.run("next", app=0))[1] == [RETURNED, [i32(count)]]
            assert (await client.run("unreachable", app=1))[1][0] == TRAPPED
        assert (await client.apps())[1].failures == 0, "the client's own"
        receipt = await client.run("next", app=0)
        assert receipt[5] <= 24 * 1024, "its peak is its own"

        # A new version of one app does not affect the other, or its memory.
        await client.install(with_manifest(guest("add"), "trap", version=2))
        apps = await client.apps()
        assert len(apps) == 2 and 1 not in apps
        assert (await client.run("next", app=0))[1] == [RETURNED, [i32(5)]]


async def test_an_app_too_many_is_refused_with_the_missing_memory(rig):
    async with rig, rig.client() as client:
        # Each has one page of memory.
        names = ["one", "two", "three", "four", "five"]
        installed = 0
        with pytest.raises(Refused) as refused:
            for name in names:
                await client.install(with_manifest(guest("despike"), name))
                installed += 1
        assert installed >= 2
        if refused.value.code == NO_SLOT:
            assert refused.value.bound == installed
        else:
            assert refused.value.code == OUT_OF_MEMORY
            assert 0 < refused.value.bound <= 128 * 1024, "bytes that are missing"
            assert "beside the other apps" in refused.value.message
        apps = await client.apps()
        assert [app.state for app in apps.values()] == [STARTED] * installed

        await client.ask(REMOVE, 0)
        await client.install(with_manifest(guest("despike"), names[installed]))
        assert len(await client.apps()) == installed


async def test_an_app_that_keeps_failing_is_disabled_until_a_client_starts_it(rig):
    async with rig, rig.client() as client:
        await client.install(with_manifest(guest("counter"), "good", **SMALL))
        quick = {"restart": ON_FAILURE, "limits": {0: 20_000, **SMALL["limits"]}}
        await client.install(with_manifest(guest("spin"), "bad", entry="spin", **quick))
        # It runs when it is installed, fails, and is restarted after a delay that doubles each time.
        receipt = await asyncio.wait_for(client.supervised.get(), 10)
        assert (receipt[0], receipt[8]) == (0, 1), "nobody asked for it"
        assert await state(client, 1, WAITING) == WAITING
        with pytest.raises(Refused) as refused:
            await client.run("spin", app=1)
        assert refused.value.code == NOT_STARTED
        assert (await client.run("next", app=0))[1] == [RETURNED, [i32(1)]]

        await state(client, 1, DISABLED_APP, timeout=60)
        assert (await client.apps())[1].failures == 5
        with pytest.raises(Refused) as refused:
            await client.run("spin", app=1)
        assert (refused.value.code, refused.value.bound) == (DISABLED, 5)
        assert (await client.run("next", app=0))[1] == [RETURNED, [i32(2)]]

        while not client.supervised.empty():
            client.supervised.get_nowait()
        await client.ask(START, 1)
        assert (await asyncio.wait_for(client.supervised.get(), 10))[8] == 1
        assert (await client.apps())[1].failures == 1


async def test_an_app_that_is_always_restarted_runs_until_it_is_stopped(rig):
    async with rig, rig.client() as client:
        await client.install(with_manifest(guest("counter"), "ticker", restart=ALWAYS, entry="next", **SMALL))
        for _ in range(3):
            receipt = await asyncio.wait_for(client.supervised.get(), 10)
            assert receipt[1] == [RETURNED, [i32(1)]], "each start is afresh"
        await client.ask_until_idle(STOP, 0)  # on a slow computer the app is already being restarted
        assert (await client.apps())[0].state == STOPPED_APP
        while not client.supervised.empty():
            client.supervised.get_nowait()
        await asyncio.sleep(2)
        assert client.supervised.empty()


async def test_all_apps_survive_a_power_cut(rig):
    async with rig:
        async with rig.client() as client:
            await client.install(with_manifest(guest("counter"), "one", **SMALL))
            await client.install(with_manifest(guest("add"), "two", **SMALL))
            await client.install(with_manifest(guest("add"), "one", version=2, **SMALL))
        rig.stop()
        rig.start()
        async with rig.client() as client:
            await state(client, 1, STARTED)
            await state(client, 2, STARTED)
            assert sorted(await client.apps()) == [1, 2]
            assert (await client.run("add", i32(2), i32(3), app=2))[1] == [RETURNED, [i32(5)]]


async def test_wamrctl_manages_apps(rig, program, tmp_path):
    async with rig:
        on_device = program.on_device
        app = tmp_path / "app.wasm"
        manifest = ("--name", "counter", "--version", 7, "--pool", 24576)
        await program.run("manifest", ROOT / "guest/counter.wasm", *manifest, "-o", app)
        await on_device("upload", app)
        out, _ = await on_device("apps")
        assert "counter" in out and "started" in out
        await on_device("stop", "counter")
        [listed] = json.loads((await on_device("apps", "--json"))[0])
        assert (listed["name"], listed["version"], listed["state"]) == ("counter", 7, "stopped")
        await on_device("start", "0")
        await on_device("remove", "counter")
        assert (await on_device("apps"))[0] == "No apps are installed\n"
        _, err = await on_device("start", "counter", status=2)
        assert "no app `counter`" in err


async def test_clients_get_log_lines(rig):
    async with rig, rig.client() as client:
        await client.listen()
        await client.install(guest("hello"))
        for _ in range(3):
            await client.run("hello")
            assert client.logs.get_nowait() == "#0: Hello from WebAssembly", "before the receipt"
            assert client.logs.empty()


async def test_many_log_lines_block_neither_the_app_nor_the_client(rig):
    async with rig, rig.client() as client:
        await client.listen()
        await client.install(LOG_STORM)
        outcome = (await client.run("storm", limits={MILLIS: 4000}))[1]
        assert outcome == [RETURNED, []], "no line waits for the radio"
        assert 0 < client.logs.qsize() <= 500
        line = client.logs.get_nowait()
        assert line == "#0: " + "ä" * 89, "cut to what fits, between characters"


async def test_wamrctl_prints_log_lines(rig, program, tmp_path):
    path = tmp_path / "hello.wasm"
    path.write_bytes(with_manifest(guest("hello"), "hello", entry="hello", restart=ALWAYS))
    async with rig:
        await program.on_device("upload", path)
        fit = json.loads((await program.on_device("inspect", path, "--device", "--json"))[0])["fit"]
        assert (fit["fits"], fit["problems"]) == (None, []) and fit["slot"] > len(path.read_bytes()), fit
        for words, line in ((), "hello: Hello from WebAssembly"), (("--json",), '{"log":"hello: Hello from WebAssembly"}'):
            lines = await program.first_lines(2, "log", *words)
            assert lines == [line, line]
