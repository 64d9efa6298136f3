"""Calls of functions with WIT types: strings, lists, records, options and results as WAVE text."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

HERE = Path(__file__).parent


async def call(program, app: str, *words: str) -> str:
    """The result of a call."""
    out, _ = await program.on_device("call", app, *words, "--json")
    return json.loads(out)["result"]


@pytest.mark.skipif(not shutil.which("wat2wasm"), reason="needs wat2wasm")
def test_the_module_is_that_of_its_source(tmp_path):
    subprocess.run(["wat2wasm", HERE / "typed.wat", "-o", tmp_path / "typed.wasm"], check=True)
    assert (tmp_path / "typed.wasm").read_bytes() == (HERE / "typed.wasm").read_bytes()


async def test_wamrctl_passes_values_of_wit_types(rig, program, tmp_path):
    module = tmp_path / "typed.wasm"
    await program.run("manifest", HERE / "typed.wasm", "--wit", HERE / "typed.wit", "--name", "typed", "-o", module)
    long = ", ".join(str(number) for number in range(1000, 1200))
    async with rig:
        await program.on_device("upload", module)
        for function, argument, result in (
            ("set-point", '{celsius: 21.5, label: "room", mode: auto}', 'ok({celsius: 21.5, label: "room", mode: auto})'),
            ("set-point", '{celsius: 200, label: "too hot", mode: on}', 'err("too hot")'),
            ("words", '["one", "", "ü"]', '["one", "", "ü"]'),
            # 400 bytes, which no message carries at once.
            ("numbers", f"[{long}]", f"[{long}]"),
        ):
            assert await call(program, "typed", function, argument) == result
        out, _ = await program.on_device("call", "typed", "maybe", "some(7)")
        assert out.startswith("Result   some(7)\n")
        numbers = ",".join(["65535"] * 9000)
        _, error = await program.on_device("call", "typed", "numbers", f"[{numbers}]", status=4)
        assert "arguments and results have at most 16384 bytes together" in error


async def test_the_set_point_of_the_thermostat(rig, program, tmp_path):
    """The example app, with the commands of guest/README.md."""
    if not rig.is_twin:
        pytest.skip("the firmware has no sensor")
    module, apps = tmp_path / "thermo.wasm", ROOT / "guest/apps"
    wit = apps / "thermostat/app.wit"
    await program.run("manifest", apps / "thermostat.wasm", "--wit", wit, "--name", "thermo", "-o", module)
    async with rig:
        await program.on_device("upload", module)
        assert await call(program, "thermo", "set-point", "{celsius: 21.5}") == "ok"
        assert "from 5 to 30" in await call(program, "thermo", "set-point", "{celsius: 31}")
        assert "from 5 to 30" in await call(program, "thermo", "set-point", "{celsius: nan}")
        # Outside of a call of the device, the app has no memory for anybody, not even what it had in its last call.
        out, _ = await program.on_device("call", "thermo", "cabi_realloc", "0", "0", "1", "4", status=1)
        assert "unreachable" in out

        granted = "timer,kv,message,sensor,gpio:led0"
        options = ("--capabilities", granted, "--wit", wit, "--name", "cold")
        await program.run("manifest", apps / "thermostat.wasm", *options, "-o", module)
        _, error = await program.on_device("upload", module, status=1)
        assert "The entry point failed: " in error and "gpio:heater is not granted" in error
        out, _ = await program.on_device("call", "cold", "set-point", "{celsius: 21.5}", status=1)
        assert "unreachable" in out, "the app has not started"
