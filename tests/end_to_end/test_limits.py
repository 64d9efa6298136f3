"""The device stays in charge of an app that does not stop."""

from __future__ import annotations

import asyncio
import time

from client import LIMIT_DEADLINE, MILLIS, RUN, STOPPED, i32
from conftest import guest

RUNNING = 2
READS = 50
DEADLINE_MS = 3000


async def test_the_device_answers_while_an_app_spins(bench):
    async with bench, bench.client() as client:
        await client.install(guest("spin"))
        run = asyncio.create_task(client.run("spin", limits={MILLIS: DEADLINE_MS}))
        while (await client.status())[2] != RUNNING:
            pass
        took = []
        for _ in range(READS):
            start = time.monotonic()
            status = await client.status()
            took.append(time.monotonic() - start)
            assert status[2] == RUNNING, "the app ended early"
        assert max(took) < 0.1, f"the slowest of {READS} answers took {max(took):.3f} s"

        receipt = await run
        kind, limit, allowed, used = receipt[1]
        assert [kind, limit, allowed] == [STOPPED, LIMIT_DEADLINE, DEADLINE_MS * 1000]
        assert allowed <= used <= allowed + 20_000, "stopped in time"


async def test_the_app_can_be_called_after_it_was_stopped(bench):
    async with bench, bench.client() as client:
        await client.install(guest("trap"))
        assert (await client.run("divide", i32(1), i32(0)))[1][0] != 0
        assert (await client.run("divide", i32(6), i32(3)))[1] == [0, [i32(2)]]
