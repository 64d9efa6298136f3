"""The device keeps control of an app that does not stop."""

from __future__ import annotations

import asyncio

from client import LIMIT_DEADLINE, MILLIS, RUN, STOPPED, i32
from conftest import guest

RUNNING = 2
ANSWERS = 5
DEADLINE_MS = 3000


async def test_the_device_answers_while_an_app_spins(rig):
    async with rig, rig.client() as client:
        await client.install(guest("spin"))
        run = asyncio.create_task(client.run("spin", limits={MILLIS: DEADLINE_MS}))
        while (await client.status())[2] != RUNNING:
            pass
        # A device that waits for the app would answer the first of these after the deadline, when nothing runs. On a busy machine, three
        # seconds are long enough for a few answers.
        for answered in range(ANSWERS):
            assert (await client.status())[2] == RUNNING, f"{answered} answers before the app ended"
        receipt = await run
        kind, limit, allowed, used = receipt[1]
        assert [kind, limit, allowed] == [STOPPED, LIMIT_DEADLINE, DEADLINE_MS * 1000]
        assert used >= allowed


async def test_the_app_can_be_called_after_it_was_stopped(rig):
    async with rig, rig.client() as client:
        await client.install(guest("trap"))
        assert (await client.run("divide", i32(1), i32(0)))[1][0] != 0
        assert (await client.run("divide", i32(6), i32(3)))[1] == [0, [i32(2)]]
