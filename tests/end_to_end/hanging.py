"""An app that hangs in a host function restarts the device, which then runs without the app. Run separately, because it needs the firmware
of tests/host_group, which has such a function. A restart ends the native_sim program.

    scripts/twister -s wamr.host_group
"""

from __future__ import annotations

from client import REMOVE, RESTARTED_APP, STARTED, section, with_manifest

HANGING = b"\0asm\1\0\0\0" + b"".join(
    (
        section(1, b"\1\x60\0\0"),
        section(2, b"\1\5fault\4hang\0\0"),
        section(3, b"\1\0"),
        section(7, b"\1\3run\0\1"),
        section(10, b"\1\4\0\x10\0\x0b"),
    )
)
"""(module (import "fault" "hang" (func $hang)) (func (export "run") (call $hang)))"""

GOOD = b"\0asm\1\0\0\0" + b"".join(
    (
        section(1, b"\1\x60\0\0"),
        section(3, b"\1\0"),
        section(7, b"\1\3run\0\0"),
        section(10, b"\1\2\0\x0b"),
    )
)
"""(module (func (export "run")))"""

RESETS = 3
"""CONFIG_WAMR_ZEPHYR_RESETS"""


async def test_an_app_that_hangs_is_disabled_and_can_be_removed(rig):
    async with rig:
        async with rig.client() as client:
            await client.install(with_manifest(GOOD, "good", entry="run"))
            await client.install(with_manifest(HANGING, "hanging", entry="run"))
        for _ in range(RESETS):
            await rig.restarted()
        async with rig.client() as client:
            apps = await client.apps()
            assert sorted(app.state for app in apps.values()) == sorted([STARTED, RESTARTED_APP])
            [hanging] = [app for app in apps.values() if app.state == RESTARTED_APP]
            assert hanging.failures == RESETS
            await client.ask_until_idle(REMOVE, hanging.number)
            [good] = (await client.apps()).values()
            assert good.state == STARTED
        assert rig.console.text().count("the thread that runs apps hangs, restarting") == RESETS
