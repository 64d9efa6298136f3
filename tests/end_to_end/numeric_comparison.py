"""Pairing by comparing numbers, and pairing mode by the button. Not of the other tests: it takes a build of its own.

    scripts/twister -s sample.wamr.ble_upload.numeric_comparison
"""

from __future__ import annotations

import asyncio
import json

NUMBER = r"confirm if the client shows the same number: (\d{6})"


async def test_both_users_have_to_agree(bench, program):
    async with bench:
        # With a button, pairing mode is not open after a start.
        _, err = await program.on_device("apps", status=4)
        assert "does not take new clients now" in err
        assert "pairing mode is open" not in bench.console.text()

        bench.press()
        await bench.console.wait("pairing mode is open")
        after = len(bench.console.text())

        async def compare(number: str) -> bool:
            assert (await bench.console.wait(NUMBER, after))[1] == number
            return True

        pairing = asyncio.create_task(program.comparing("apps", compare=compare))
        await bench.console.wait(NUMBER, after)
        await asyncio.sleep(1)
        assert not pairing.done() and not program.bonds.exists(), "the device's user has not agreed"
        assert "a client has paired" not in bench.console.text()
        bench.press()
        assert "Paired" in await pairing
        assert "a client has paired" in bench.console.text()

        out, err = await program.on_device("apps", "--json")
        assert "Paired" not in err and json.loads(out) == []


async def test_a_user_who_sees_another_number_is_not_paired(bench, program):
    async with bench:
        bench.press()
        await bench.console.wait("pairing mode is open")

        async def compare(_: str) -> bool:
            await bench.console.wait(NUMBER)
            bench.press()  # the device's user takes it for the same
            return False

        err = await program.comparing("apps", compare=compare, status=4)
        assert "the numbers were not the same" in err
        await bench.console.wait("failed to pair")
        assert not program.bonds.exists() and "a client has paired" not in bench.console.text()
