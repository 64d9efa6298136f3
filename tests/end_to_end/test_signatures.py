"""Signers and versions that a device accepts, and the trial of a new version."""

from __future__ import annotations

import asyncio
import json

import pytest
from client import (
    BAD_SIGNATURE,
    DESCRIBE,
    NAME_TAKEN,
    OLDER_VERSION,
    ON_TRIAL,
    RETURNED,
    REVOKE,
    STARTED,
    TRAPPED,
    TRUST,
    UNKNOWN_KEY,
    Refused,
    i32,
    with_manifest,
)
from conftest import guest
from program import Signer

CONFIRM = 1
"""A trial that ends when the app confirms itself."""


async def refused(client, module: bytes) -> Refused:
    with pytest.raises(Refused) as refusal:
        await client.install(module)
    return refusal.value


async def version(client) -> int:
    """The version of the only app once it is started; the previous version may still be loading."""

    async def poll() -> int:
        while True:
            [(number, app)] = (await client.apps()).items()
            if app.state == STARTED:
                return number
            await asyncio.sleep(0.02)

    return (await client.ask(DESCRIBE, await asyncio.wait_for(poll(), 5)))[1]


async def test_only_a_module_with_a_trusted_signature_replaces_an_app(rig, program, tmp_path):
    mine, other = await Signer(program, tmp_path, "mine").make(), await Signer(program, tmp_path, "other").make()
    app = with_manifest(guest("counter"), "counter", version=1, counter=3)
    async with rig:
        async with rig.client() as client:
            await client.ask(TRUST, mine.key)
            await client.install(await mine.sign(app))
            assert (await client.run("next"))[1] == [RETURNED, [i32(1)]]

            altered = bytearray(await mine.sign(app))
            altered[-1] ^= 1
            assert (await refused(client, bytes(altered))).code == BAD_SIGNATURE
            assert (await refused(client, await other.sign(app))).code == UNKNOWN_KEY
            older = with_manifest(guest("counter"), "counter", version=2, counter=2)
            refusal = await refused(client, await mine.sign(older))
            assert (refusal.code, refusal.bound) == (OLDER_VERSION, 3)
            assert (await client.run("next"))[1] == [RETURNED, [i32(2)]], "the app that runs was not touched"

            await client.ask(TRUST, other.key)
            assert (await refused(client, await other.sign(app))).code == NAME_TAKEN
            assert (await refused(client, app)).code == NAME_TAKEN
            await client.ask(REVOKE, mine.key)
        # All of this survives a power cut.
        rig.stop()
        rig.start()
        async with rig.client() as client:
            assert not await client.apps(), "the key that signed it was revoked"
            assert (await refused(client, await mine.sign(app))).code == UNKNOWN_KEY
            # The name is free, and the counter was the other key's.
            await client.install(await other.sign(older))
            assert await version(client) == 2


async def test_a_version_that_fails_is_replaced_by_the_previous_one(rig):
    def app(module: str, **entries) -> bytes:
        return with_manifest(guest(module), "app", **entries)

    async with rig:
        async with rig.client() as client:
            await client.install(app("counter", version=1, entry="next"))
            await client.install(app("trap", version=2, entry="unreachable"))
            while (receipt := await client.supervised.get())[1][0] != TRAPPED:
                pass
            assert receipt[8] == 1
            assert await version(client) == 1

            await client.install(app("counter", version=3, entry="next"))
            assert await version(client) == 3

            # A version that has not confirmed itself is lost in a power cut.
            await client.install(app("counter", version=4, trial=CONFIRM))
            [number] = await client.apps()
            assert (await client.apps())[number].state == ON_TRIAL
        rig.stop()
        rig.start()
        async with rig.client() as client:
            assert await version(client) == 3


async def test_wamrctl_manages_keys(rig, program, tmp_path):
    signer = await Signer(program, tmp_path, "key").make()
    async with rig:
        signed = tmp_path / "signed.wasm"
        signed.write_bytes(await signer.sign(guest("add")))
        _, error = await program.on_device("upload", signed, status=3)
        assert "unknown key" in error and "wamrctl trust" in error
        await program.on_device("trust", signer.public)
        await program.on_device("upload", signed)
        out, _ = await program.on_device("revoke", signer.public, "--json")
        assert json.loads(out)["outcome"] == "revoked"
        # It keeps running until the device restarts, so an upload would be skipped.
        rig.stop()
        rig.start()
        await program.on_device("upload", signed, status=3)
