"""Native code: compiled, signed, uploaded and called. The twin executes it if wamrctl has the feature `native`."""

from __future__ import annotations

import json
import os
import platform
import shutil

import pytest
from client import with_manifest
from conftest import ROOT, guest
from program import Signer

COMMITTED = ROOT / "wamr-device" / "tests" / "native" / "guest.x86_64.wasm"
"""What `wamrctl compile` made from the text beside it."""


def committed() -> bytes:
    if platform.machine() != "x86_64":
        pytest.skip("the committed code is for x86-64")
    return COMMITTED.read_bytes()


async def compiled(program, directory) -> bytes:
    if not os.environ.get("WAMRC") and not shutil.which("wamrc"):
        pytest.skip("no wamrc, see scripts/wamrc")
    module, code = directory / "counter.wasm", directory / "counter.host.wasm"
    module.write_bytes(with_manifest(guest("counter"), "counter"))
    await program.run("compile", module, "--target", "host", "-o", code)
    return code.read_bytes()


@pytest.mark.parametrize("origin", [committed, compiled])
async def test_native_code_runs_if_its_key_has_the_right(rig, program, tmp_path, origin):
    if not rig.is_twin:
        pytest.skip("the code is for the twin")
    module = committed() if origin is committed else await compiled(program, tmp_path)
    call, values, fuel = (["count", 100], [300], 902) if origin is committed else (["next"], [1], None)
    key, other = await Signer(program, tmp_path, "key").make(), await Signer(program, tmp_path, "other").make()
    app, foreign = tmp_path / "app.wasm", tmp_path / "foreign.wasm"
    app.write_bytes(await key.sign(module))
    foreign.write_bytes(await other.sign(module))
    code = json.loads((await program.run("inspect", app, "--json"))[0])["native"]
    async with rig:
        await program.on_device("trust", key.public)
        _, err = await program.on_device("upload", app, status=3)
        if "native-code" in err:
            pytest.skip("this wamrctl was built without the feature native")
        assert "right to sign native code" in err, err

        await program.on_device("trust", key.public, "--native")
        await program.on_device("upload", app)
        receipt = json.loads((await program.on_device("call", "0", *call, "--json"))[0])
        assert [value["value"] for value in receipt["values"]] == values, receipt
        assert fuel in (None, receipt["fuel"]), "that of the interpreter"
        report = json.loads((await program.on_device("apps", "0", "--json"))[0])
        assert report["compiled_from"] == code["compiled_from"]
        assert f"SHA-256 {code['compiled_from']}" in (await program.on_device("apps", "0"))[0]

        # A key that may sign apps, but not native code.
        await program.on_device("trust", other.public)
        _, err = await program.on_device("upload", foreign, status=3)
        assert "right to sign native code" in err, err
