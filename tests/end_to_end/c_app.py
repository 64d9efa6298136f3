"""A firmware in C without Rust of its own: samples/c_app. An app calls its host functions, and it hears of what apps do."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from client import RETURNED, STOP, TRAPPED, UNDECLARED_CAPABILITY, Refused, i32, with_manifest
from conftest import ROOT

SOURCE = ROOT / "samples" / "c_app" / "app" / "average.c"


@pytest.fixture
def average(tmp_path) -> bytes:
    """The app of the sample, compiled as the comment in its source says."""
    if not shutil.which("clang") or not shutil.which("wasm-ld"):
        pytest.skip("clang or wasm-ld is not installed: install the packages clang and lld")
    lines = [line.removeprefix("//").strip() for line in SOURCE.read_text().splitlines() if line.startswith("//     ")]
    command = " ".join(lines).replace("\\ ", "").split()
    assert command[0] == "clang", command
    shutil.copy(SOURCE, tmp_path)
    subprocess.run(command, cwd=tmp_path, check=True)
    return (tmp_path / "average.wasm").read_bytes()


async def test_an_app_calls_c_and_c_hears_of_the_app(bench, average):
    async with bench, bench.client() as client:
        await client.install(with_manifest(average, "average", capabilities=["sensor"]))
        await bench.console.wait("c_app: slot 0 was loaded")

        # The average of 201, 202, 203 and 204.
        assert (await client.run("average", i32(2)))[1] == [RETURNED, [i32(202)]]
        await bench.console.wait("c_app: slot 0 returned 202")
        assert (await client.run("unit"))[1] == [RETURNED, [i32(ord("m"))]]

        outcome = (await client.run("average", i32(9)))[1]
        assert outcome[0] == TRAPPED and "channels 0 to 3" in outcome[2], outcome
        await bench.console.wait("c_app: slot 0 trapped: .*channels 0 to 3")
        outcome = (await client.run("wild"))[1]
        assert outcome[0] == TRAPPED and "out of bounds" in outcome[2], outcome
        # Whatever an app does, the next call finds the firmware as it was.
        assert (await client.run("average", i32(0)))[1] == [RETURNED, [i32(2)]]

        await client.ask(STOP, 0)
        await bench.console.wait("c_app: the sensor forgets the app in slot 0")
        await bench.console.wait("c_app: slot 0 was unloaded")


async def test_an_app_without_the_capability_is_refused(bench, average):
    async with bench, bench.client() as client:
        with pytest.raises(Refused) as refused:
            await client.install(with_manifest(average, "average", capabilities=[]))
        assert (refused.value.code, refused.value.message) == (UNDECLARED_CAPABILITY, "sensor")
        await bench.console.wait("c_app: slot 0 could not be loaded")
