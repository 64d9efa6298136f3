"""The life of an app on one device. Other tests check each step by itself; this one checks them in sequence."""

from __future__ import annotations

import asyncio
import json
import re

from client import (
    BAD_SIGNATURE,
    INSUFFICIENT_AUTHENTICATION,
    OLDER_VERSION,
    RETURNED,
    TRAPPED,
    UNKNOWN_KEY,
    i32,
    with_manifest,
)
from program import Signer
from test_pairing import assert_shut, stranger
from test_signatures import refused, version

NOP, UNREACHABLE = b"\x01", b"\x00"


def app(number: int, run: bytes = NOP, size: int = 0) -> bytes:
    """A version of an app. Its entry `run` has this code, `answer` counts from ten times the number, which distinguishes
    versions, and one instance from the next."""

    def section(kind: int, *items: bytes) -> bytes:
        content = bytes([len(items)]) + b"".join(items)
        return bytes([kind, len(content)]) + content

    # (global.set 0 (i32.add (global.get 0) (i32.const 1))) (global.get 0)
    answer = bytes.fromhex("23 00 41 01 6a 24 00 23 00")
    bodies = (b"\0" + code + b"\x0b" for code in (answer, run))
    module = (
        b"\0asm\1\0\0\0"
        + section(1, b"\x60\0\1\x7f", b"\x60\0\0")
        + section(3, b"\0", b"\1")
        + section(6, b"\x7f\1\x41" + bytes([10 * number]) + b"\x0b")
        + section(7, b"\6answer\0\0", b"\3run\0\1")
        + section(10, *(bytes([len(body)]) + body for body in bodies))
        + b"".join(bytes([0, 120, 4]) + b"fill" + bytes((n + i) % 251 for i in range(115)) for n in range(size // 122))
    )
    return with_manifest(module, "app", version=number, entry="run", counter=number, capabilities=[])


async def test_an_app_from_its_first_upload_to_every_refusal(rig, program, tmp_path):
    mine, other = await Signer(program, tmp_path, "mine").make(), await Signer(program, tmp_path, "other").make()
    async with rig:
        # A new client pairs with the passkey that the device shows, and makes it trust a key.
        _, error = await program.on_device("trust", mine.public)
        assert "Paired" in error

        # Its upload resumes by itself at the position of the power cut.
        signed = await mine.sign(app(1, size=40_000))
        file = tmp_path / "app.wasm"
        file.write_bytes(signed)
        upload = asyncio.create_task(program.on_device("upload", file, "--invoke", "answer", "--json"))
        await rig.lose_power_during(upload, signed[12_288:12_800])
        out, error = await upload
        assert "Paired" not in error
        assert 8 <= float(re.search(r"Resuming at ([\d.]+) KiB of", error)[1]) < len(signed) / 1024, error
        assert json.loads(out)["values"] == [{"type": "i32", "value": 11}]

        # Another client pairs after the restart.
        async with rig.client() as client:
            answers = iter(range(12, 20))

            async def goes_on() -> None:
                """The same instance answers, with the same memory."""
                assert (await client.run("answer"))[1] == [RETURNED, [i32(next(answers))]]

            await goes_on()
            await client.install(await mine.sign(app(2)))
            assert await version(client) == 2
            answers = iter(range(21, 30))
            await goes_on()

            # This version fails its trial, and the device restarts the previous one.
            await client.install(await mine.sign(app(3, run=UNREACHABLE)))
            while (await client.supervised.get())[1][0] != TRAPPED:
                pass
            assert await version(client) == 2
            answers = iter(range(21, 30))
            await goes_on()

            forged = bytearray(await mine.sign(app(4)))
            forged[-1] ^= 1
            assert (await refused(client, bytes(forged))).code == BAD_SIGNATURE
            await goes_on()
            older = await refused(client, await mine.sign(app(1)))
            assert (older.code, older.bound) == (OLDER_VERSION, 2), "the one that failed does not count"
            await goes_on()
            assert (await refused(client, await other.sign(app(4)))).code == UNKNOWN_KEY
            await goes_on()

        async with stranger(rig) as unpaired:
            await assert_shut(unpaired, INSUFFICIENT_AUTHENTICATION)
        async with rig.client() as client:
            await goes_on()
            assert await version(client) == 2
