"""A firmware in C without Rust of its own: samples/c_app. Apps call its host functions, and its callbacks get receipts and
events."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from client import RETURNED, STOP, TRAPPED, UNDECLARED_CAPABILITY, UNKNOWN_CAPABILITY, Refused, i32, with_manifest
from conftest import ROOT

APPS = ROOT / "samples" / "c_app" / "app"
RED, GREEN, BLUE = i32(0), i32(1), i32(2)
ON, OFF = i32(1), i32(0)


@pytest.fixture
def compiled(tmp_path):
    """Compiles an app of the sample as the comment in its source says."""
    if not shutil.which("clang") or not shutil.which("wasm-ld"):
        pytest.skip("clang or wasm-ld is not installed: install the packages clang and lld")

    def compile(name: str) -> bytes:
        source = shutil.copy(APPS / f"{name}.c", tmp_path)
        lines = [line.removeprefix("//").strip() for line in Path(source).read_text().splitlines() if line.startswith("//     ")]
        command = " ".join(lines).replace("\\ ", "").split()
        assert command[0] == "clang", command
        subprocess.run(command, cwd=tmp_path, check=True)
        return (tmp_path / f"{name}.wasm").read_bytes()

    return compile


async def test_an_app_calls_c_functions_and_c_gets_its_receipts(rig, compiled):
    async with rig, rig.client() as client:
        await client.install(with_manifest(compiled("average"), "average", capabilities=["sensor"]))
        await rig.console.wait("c_app: slot 0 was loaded")

        # The average of 201, 202, 203 and 204.
        assert (await client.run("average", i32(2)))[1] == [RETURNED, [i32(202)]]
        await rig.console.wait("c_app: slot 0 returned 202")
        assert (await client.run("unit"))[1] == [RETURNED, [i32(ord("m"))]]

        outcome = (await client.run("average", i32(9)))[1]
        assert outcome[0] == TRAPPED and "channels 0 to 3" in outcome[2], outcome
        await rig.console.wait("c_app: slot 0 trapped: .*channels 0 to 3")
        outcome = (await client.run("wild"))[1]
        assert outcome[0] == TRAPPED and "out of bounds" in outcome[2], outcome
        # None of this affects the next call.
        assert (await client.run("average", i32(0)))[1] == [RETURNED, [i32(2)]]

        await client.ask(STOP, 0)
        await rig.console.wait("c_app: the sensor forgets the app in slot 0")
        await rig.console.wait("c_app: slot 0 was unloaded")


async def test_an_app_without_the_capability_is_refused(rig, compiled):
    async with rig, rig.client() as client:
        with pytest.raises(Refused) as refused:
            await client.install(with_manifest(compiled("average"), "average", capabilities=[]))
        assert (refused.value.code, refused.value.message) == (UNDECLARED_CAPABILITY, "sensor")
        await rig.console.wait("c_app: slot 0 could not be loaded")


async def test_an_app_is_refused_the_resource_that_it_was_not_granted(rig, compiled):
    lamp = compiled("lamp")
    async with rig, rig.client() as client:
        await client.install(with_manifest(lamp, "lamp", capabilities=["led:red"]))
        assert (await client.run("set", RED, ON))[1] == [RETURNED, []]
        await rig.console.wait("c_app: the red LED is on")
        outcome = (await client.run("set", GREEN, ON))[1]
        assert outcome[0] == TRAPPED and "led:green is not granted" in outcome[2], outcome
        outcome = (await client.run("set", BLUE, ON))[1]
        assert outcome[0] == TRAPPED and "led has no resource 2" in outcome[2], outcome
        assert (await client.run("set", RED, OFF))[1] == [RETURNED, []]
        await rig.console.wait("c_app: the red LED is off")
        assert "green" not in rig.console.text().replace("led:green is not granted", "")

        with pytest.raises(Refused) as refused:
            await client.install(with_manifest(lamp, "lamp", capabilities=["led:blue"]))
        assert (refused.value.code, refused.value.message) == (UNKNOWN_CAPABILITY, "led:blue")


@pytest.mark.parametrize("capabilities", [["led"], ["led:green", "led:red"]])
async def test_an_app_with_all_resources_uses_them_until_it_is_unloaded(rig, compiled, capabilities):
    async with rig, rig.client() as client:
        await client.install(with_manifest(compiled("lamp"), "lamp", capabilities=capabilities))
        for led, color in ((RED, "red"), (GREEN, "green")):
            assert (await client.run("set", led, ON))[1] == [RETURNED, []]
            await rig.console.wait(f"c_app: the {color} LED is on")
        await client.ask(STOP, 0)
        for color in ("red", "green"):
            await rig.console.wait(f"c_app: the {color} LED is off")
