"""Permissions of the owner and of operators, and how a client becomes the owner."""

from __future__ import annotations

import asyncio
import contextlib

import pairing
import pytest
from client import (
    NOT_PERMITTED,
    REMOVE,
    RETURNED,
    REVOKE,
    TRUST,
    UNPAIR,
    Client,
    Refused,
    i32,
)
from conftest import CLIENT, guest

OPERATOR = "C0:00:00:00:00:02"
KEYS = [bytes([number] * 32) for number in range(4)]


def as_client(address: str) -> bytes:
    """A random address, as in a bond."""
    return bytes([1]) + bytes.fromhex(address.replace(":", ""))


@contextlib.asynccontextmanager
async def paired(rig, address: str, bonds: pairing.Bonds | None = None):
    """A client without a bond, which pairs."""
    async with rig.host(address, bonds) as host:
        client = await Client.connect_only(host)
        await pairing.with_passkey(client.connection, rig.console)
        await client.subscribe()
        yield client


async def refusal(attempt) -> Refused:
    with pytest.raises(Refused) as error:
        await attempt
    return error.value


async def assert_operator(client: Client) -> None:
    for command in ([TRUST, KEYS[1]], [REVOKE, KEYS[0]]):
        refused = await refusal(client.ask(*command))
        assert refused.code == NOT_PERMITTED and "the owner" in refused.message


def restart(rig) -> None:
    """Restarts the device, which also opens pairing mode."""
    rig.stop()
    rig.start()


async def test_operators_use_apps_and_leave_keys_and_bonds_alone(rig):
    async with rig:
        async with rig.client() as owner:
            await owner.ask(TRUST, KEYS[0])
        restart(rig)
        bonds = pairing.Bonds()
        async with paired(rig, OPERATOR, bonds) as operator:
            await assert_operator(operator)
            for other in (CLIENT, "C0:00:00:00:00:09"):
                assert (await refusal(operator.ask(UNPAIR, as_client(other)))).code == NOT_PERMITTED
            await operator.install(guest("add"))
            assert (await operator.run("add", i32(2), i32(3)))[1] == [RETURNED, [i32(5)]]
            [app] = await operator.apps()
            await operator.ask(REMOVE, app)
        # Also when it reconnects with its bond.
        restart(rig)
        async with rig.host(OPERATOR, bonds) as host:
            operator = await Client.connect_only(host)
            await operator.connection.encrypt()
            await operator.subscribe()
            await assert_operator(operator)
        async with rig.client() as owner:
            await owner.ask(TRUST, KEYS[1])
            await owner.ask(REVOKE, KEYS[0])
            told = {bytes(bond[0]): bond for bond in [await owner.bond(index) for index in range(2)]}
            assert told == {
                as_client(CLIENT): {0: as_client(CLIENT), 1: True, 2: True},
                as_client(OPERATOR): {0: as_client(OPERATOR), 1: False, 2: False},
            }
            await owner.ask(UNPAIR, as_client(OPERATOR))


async def test_a_client_that_pairs_under_the_owners_address_is_an_operator(rig):
    async with rig:
        async with rig.client() as owner:
            await owner.ask(TRUST, KEYS[0])
        restart(rig)
        bonds = pairing.Bonds()
        async with paired(rig, CLIENT, bonds) as stranger:
            await assert_operator(stranger)
        restart(rig)
        async with rig.host(CLIENT, bonds) as host:
            stranger = await Client.connect_only(host)
            await stranger.connection.encrypt()
            await stranger.subscribe()
            await assert_operator(stranger)
        # A second bond does not help either.
        async with paired(rig, OPERATOR) as stranger:
            await assert_operator(stranger)


async def test_the_next_client_is_the_owner_after_the_owner_has_left(rig):
    async with rig:
        async with rig.client() as owner:
            await owner.ask(TRUST, KEYS[0])
        restart(rig)
        async with paired(rig, OPERATOR) as operator:
            await assert_operator(operator)
        async with rig.client() as owner:
            await owner.ask(UNPAIR, as_client(CLIENT))
            await asyncio.sleep(1)
        restart(rig)
        async with paired(rig, "C0:00:00:00:00:03") as owner:
            await owner.ask(TRUST, KEYS[1])
            await owner.ask(UNPAIR, as_client(OPERATOR))
