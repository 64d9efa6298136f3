"""Requests as clients in other languages encode them, and the answers to those that cannot be carried out."""

from __future__ import annotations

import asyncio

import cbor2
from client import (
    ABORT,
    COMMIT,
    FUEL,
    HOST_MILLIS,
    INVALID_SEQUENCE_NUMBER,
    MALFORMED,
    NAME_TOO_LONG,
    RETURNED,
    RUN,
    TOO_MANY_ARGUMENTS,
    UNKNOWN_LIMIT,
    VALUE_OUT_OF_RANGE,
    i32,
)
from conftest import guest

# (func (export "same") (param i32 i64 f32 f64) (result i32 i64 f32 f64)
#   local.get 0 local.get 1 local.get 2 local.get 3)
SAME = bytes.fromhex(
    "0061736d01000000 010c0160047f7e7d7c047f7e7d7c 03020100 070801 0473616d65 0000 0a0c010a00 2000 2001 2002 2003 0b"
)

HALF, SINGLE, DOUBLE = "f93e00", "fa3fc00000", "fb3ff8000000000000"
"""1.5"""


async def answer(client, request: bytes) -> tuple:
    """The number, code and bound of the response."""
    await client.send(request)
    response = await asyncio.wait_for(client.responses.get(), 10)
    refusal = response.get(1) or {}
    return response[0], refusal.get(0), refusal.get(1)


async def test_arguments_can_have_any_exact_encoding(rig):
    async with rig, rig.client() as client:
        await client.install(SAME)
        same = "a2 00 07 01 84 03 00 64 73616d65 84 8200{} 8201{} 8202{} 8203{}"
        for f32, f64 in (HALF, HALF), (SINGLE, SINGLE), (DOUBLE, DOUBLE), (HALF, SINGLE):
            request = bytes.fromhex(same.format("1affffffff", "1bffffffffffffffff", f32, f64))
            assert await answer(client, request) == (7, None, None)
            assert client.receipts.get_nowait()[1] == [RETURNED, [[0, -1], [1, -1], [2, 1.5], [3, 1.5]]]
        for index, values in (
            (0, ("1b0000000100000000", "00", HALF, HALF)),  # 2^32
            (1, ("00", "3b8000000000000000", HALF, HALF)),  # -2^63 - 1
            (2, ("00", "00", "fb3fb999999999999a", HALF)),  # 0.1
        ):
            request = bytes.fromhex(same.format(*values))
            assert await answer(client, request) == (7, VALUE_OUT_OF_RANGE, index)


async def test_a_request_that_fails_is_answered_with_its_number_and_a_reason(rig):
    async with rig, rig.client() as client:
        await client.install(guest("add"))
        for command, code, bound in (
            ([RUN, 0, "n" * 49, []], NAME_TOO_LONG, 48),
            ([RUN, 0, "add", [i32(1)] * 9], TOO_MANY_ARGUMENTS, 8),
            ([RUN, 0, "add", [], {FUEL: 1, HOST_MILLIS + 1: 1}], UNKNOWN_LIMIT, 4),
            ([99, "of a later version", {0: [1]}], MALFORMED, None),
            ([COMMIT, 0], MALFORMED, None),
        ):
            assert await answer(client, cbor2.dumps({0: 4711, 1: command})) == (4711, code, bound)
            assert await answer(client, cbor2.dumps({1: command, 0: 4711})) == (4711, code, bound)
        assert await answer(client, cbor2.dumps({0: 5, 1: [ABORT], 2: 0})) == (5, MALFORMED, None)
        for seq in 0, 2**32:
            assert await answer(client, cbor2.dumps({0: seq, 1: [ABORT]})) == (0, INVALID_SEQUENCE_NUMBER, None)
        assert await answer(client, b"hello") == (0, MALFORMED, None)
        assert (await client.run("add", i32(2), i32(3)))[1] == [RETURNED, [i32(5)]]


async def test_a_duplicate_frame_does_not_move_the_gap(rig):
    module = guest("fir")
    async with rig, rig.client() as client:
        await client.begin(module)
        await client.frame(0, module[:16])
        await client.frame(32, module[32:48])
        for offset, data in (16, b""), (0, b""), (0, module[:16]):
            await client.frame(offset, data)
            assert (await client.status())[4].get(4) == 16, "what was lost has not come"
        await client.stream(module)
        await client.ask(COMMIT)
