"""Pairing by comparing numbers, and pairing mode by the button. Run separately, because it needs its own build:

    scripts/twister -s sample.wamr.ble_upload.numeric_comparison
"""

from __future__ import annotations

import asyncio
import json

NUMBER = r"confirm if the client shows the same number: (\d{6})"

HELD = 2.5
"""Seconds that open pairing mode: CONFIG_WAMR_ZEPHYR_BLE_BUTTON_HOLD_MS and some more."""

FORGET = 5
"""Seconds to hold the button after a start to remove all bonds: CONFIG_WAMR_ZEPHYR_BLE_BUTTON_FORGET_MS."""

SHOWN = 2.5
"""Seconds after which a number can be confirmed: CONFIG_WAMR_ZEPHYR_BLE_COMPARE_MS and some more."""


class Attempt:
    """A user who pairs with wamrctl and confirms the number as soon as it is shown."""

    def __init__(self, rig, program):
        self._console = rig.console
        self._program = program
        self._after = len(rig.console.text())

    async def __aenter__(self):
        self.pairing = asyncio.create_task(self._program.comparing("apps", compare=self._compare))
        await self._console.wait(NUMBER, self._after)
        return self

    async def __aexit__(self, *_):
        self.pairing.cancel()
        await asyncio.wait([self.pairing])

    async def _compare(self, number: str) -> bool:
        assert (await self._console.wait(NUMBER, self._after))[1] == number
        return True

    def has_paired(self) -> bool:
        return "a client has paired" in self._console.text()[self._after :]


async def test_both_users_have_to_agree(rig, program):
    async with rig:
        # With a button, pairing mode is closed after a start.
        _, err = await program.on_device("apps", status=4)
        assert "does not take new clients now" in err
        await rig.press()
        await asyncio.sleep(1)
        assert "pairing mode is open" not in rig.console.text(), "a short press is none that opens it"

        await rig.press(HELD)
        await rig.console.wait("pairing mode is open")
        async with Attempt(rig, program) as client:
            await asyncio.sleep(SHOWN)
            assert not client.pairing.done() and not client.has_paired(), "the device's user has not agreed"
            await rig.press()
            assert "Paired" in await client.pairing
            assert client.has_paired()

        out, err = await program.on_device("apps", "--json")
        assert "Paired" not in err and json.loads(out) == []


async def test_pressing_the_button_twice_does_not_pair_a_waiting_stranger(rig, program):
    async with rig:
        # The stranger is faster than any user, and confirms at once.
        await rig.press(HELD)
        async with Attempt(rig, program) as stranger:
            await rig.press()
            await asyncio.sleep(1)
            assert not stranger.has_paired(), "the user cannot have compared by then"
            # Opening pairing mode again does not confirm the number.
            await rig.press(HELD)
            await asyncio.sleep(1)
            assert not stranger.has_paired()
            assert "failed to pair" in rig.console.text(), "pairing mode is for somebody else now"
        assert not program.bonds.exists()


async def test_a_button_that_is_held_while_the_device_starts_removes_all_bonds(rig, program):
    async with rig:
        await rig.press(HELD)
        async with Attempt(rig, program) as client:
            await asyncio.sleep(SHOWN)
            await rig.press()
            assert "Paired" in await client.pairing

        async def restart_with_button(seconds: float) -> str:
            rig.stop()
            after = len(rig.console.text())
            rig.start()
            await rig.press(seconds)
            await rig.console.wait("ready for uploads", after)
            await asyncio.sleep(FORGET)
            return rig.console.text()[after:]

        assert "all clients are forgotten" not in await restart_with_button(FORGET / 2)
        assert json.loads((await program.on_device("apps", "--json"))[0]) == []
        assert "all clients are forgotten" in await restart_with_button(FORGET + 1)
        # The button has also opened pairing mode, which a restart ends.
        await restart_with_button(0)
        _, err = await program.on_device("apps", status=4)
        assert "lost its bond" in err, err


async def test_clients_with_different_numbers_are_not_paired(rig, program):
    async with rig:
        await rig.press(HELD)
        await rig.console.wait("pairing mode is open")

        async def compare(_: str) -> bool:
            await rig.console.wait(NUMBER)
            await asyncio.sleep(SHOWN)
            await rig.press()  # the device's user believes that it is the same
            return False

        err = await program.comparing("apps", compare=compare, status=4)
        assert "the numbers were not the same" in err
        await rig.console.wait("failed to pair")
        assert not program.bonds.exists() and "a client has paired" not in rig.console.text()
