"""wamrctl with installed apps, and with new versions of them."""

from __future__ import annotations

import json

from client import ON_FAILURE, with_manifest
from conftest import ROOT, guest
from program import Signer

SMALL = {"limits": {7: 24 * 1024}}


def write(directory, name: str, module: bytes):
    path = directory / name
    path.write_bytes(module)
    return path


async def test_call_keeps_the_state_of_the_app(rig, program, tmp_path):
    counter = write(tmp_path, "counter.wasm", with_manifest(guest("counter"), "counter", **SMALL))
    trap = write(tmp_path, "trap.wasm", with_manifest(guest("trap"), "trap"))
    async with rig:
        await program.on_device("upload", counter)
        for expected in (1, 2, 3):
            receipt = json.loads((await program.on_device("call", "counter", "next", "--json"))[0])
            assert receipt["values"] == [{"type": "i32", "value": expected}]
        # An identical module is not uploaded again, so the app keeps its memory.
        out, err = await program.on_device("upload", counter)
        assert out.startswith("Already installed:") and "Uploaded" not in err
        assert "Result   4 (i32)" in (await program.on_device("call", 0, "next"))[0]
        out, err = await program.on_device("upload", "--force", counter, "--json")
        assert json.loads(out)["outcome"] == "installed" and "Uploaded" in err
        assert "Result   1 (i32)" in (await program.on_device("call", "counter", "next"))[0]

        # The device knows the types of the arguments.
        await program.on_device("upload", trap)
        assert "Result   -3 (i32)" in (await program.on_device("call", "trap", "divide", "-6", "2"))[0]
        _, err = await program.on_device("call", "trap", "divide", "0.5", "1", status=2)
        assert "`0.5` is not an integer of 32 bits" in err and "it takes (i32, i32)" in err
        _, err = await program.on_device("call", "trap", "divide", 1, status=2)
        assert "takes 2 arguments, not 1" in err
        _, err = await program.on_device("call", "trap", "none", status=2)
        assert "no such export" in err
        out, _ = await program.on_device("call", "trap", "divide", 1, 0, status=1)
        assert out.startswith("Trapped  integer division by zero\n"), out


async def test_apps_shows_all_details_of_an_app(rig, program, tmp_path):
    signer = await Signer(program, tmp_path, "vendor").make()
    limits = {"limits": {0: 500_000, 7: 79 * 1024}}
    module = await signer.sign(with_manifest(guest("trap"), "trap", version=3, counter=2, capabilities=[], **limits))
    path = write(tmp_path, "trap.wasm", module)
    async with rig:
        await program.on_device("trust", signer.public)
        [key] = json.loads((await program.on_device("keys", "--json"))[0])
        assert (key["public_key"], key["built_in"]) == (signer.key.hex(), False)
        await program.on_device("upload", path)
        report = json.loads((await program.on_device("apps", "trap", "--json"))[0])
        assert (report["name"], report["version"], report["counter"], report["size"]) == ("trap", 3, 2, len(module))
        assert (report["limits"]["fuel"], report["limits"]["pool"]) == (500_000, 79 * 1024)
        assert report["manifest"]["capabilities"] == []
        assert report["signed_by"] == [{"key_id": key["key_id"], "trusted": True}]
        assert (report["last_failure"], report["last_receipt"]) == (None, None)

        await program.on_device("call", "trap", "divide", 1, 0, status=1)
        out, _ = await program.on_device("apps", "trap")
        for line in (
            "Version       3, counter 2",
            "Capabilities  none",
            f"Signed        by the key {key['key_id']}, which the device trusts",
            "Last failure  trapped: integer division by zero, in ",
            "  Trapped  integer division by zero",
        ):
            assert line in out, out
        report = json.loads((await program.on_device("apps", "trap", "--json"))[0])
        [function] = report["last_failure"]["functions"]
        assert function, "the name is in the copy of what was uploaded"
        other = write(tmp_path, "other.wasm", guest("add"))
        _, err = await program.on_device("apps", "trap", "--module", other, status=2)
        assert "is not the app's module" in err


async def test_upload_waits_for_the_trial(rig, program, tmp_path):
    version = lambda number, entry: write(
        tmp_path, f"{number}.wasm", with_manifest(guest("trap"), "app", version=number, entry=entry)
    )
    async with rig:
        # The first version has no trial.
        first = write(tmp_path, "1.wasm", with_manifest(guest("trap"), "app", version=1))
        out, _ = await program.on_device("upload", first)
        assert out.startswith("Installed"), out
        bad = version(2, "unreachable")
        out, _ = await program.on_device("upload", bad, status=1)
        assert out.startswith("The previous version is restored") and "trapped: unreachable executed, in " in out, out
        report = json.loads((await program.on_device("upload", bad, "--json", status=1))[0])
        assert (report["outcome"], report["failure"]["trap"]) == ("reverted", "unreachable executed")
        [app] = json.loads((await program.on_device("apps", "--json"))[0])
        assert (app["version"], app["state"]) == (1, "started")


async def test_output_of_a_device_cannot_control_the_terminal(rig, program, tmp_path):
    evil = "e\x1b[2J\nok\x9b1m"
    module = with_manifest(guest("trap"), evil, entry="unreachable", restart=ON_FAILURE, capabilities=["\x1b[2J"])
    plain = with_manifest(guest("trap"), evil)
    hello = bytearray(guest("hello"))
    text = b"Hello from WebAssembly"
    at = hello.index(text)
    hello[at : at + len(text)] = b"H\x1b[2J\n\x7f\xc2\x9b1mllo assembly....."[: len(text)]
    async with rig:
        outputs = []
        files = [write(tmp_path, f"{i}\x1b[2J.wasm", bytes(it)) for i, it in enumerate((plain, module, hello))]
        outputs += await program.on_device("upload", files[0])
        outputs += await program.on_device("upload", files[1], status=3)
        outputs += await program.on_device("upload", files[2], "--invoke", "hello")
        for words, status in (
            (["apps"], 0),
            (["apps", "--json"], 0),
            (["apps", evil], 0),
            (["apps", evil, "--json"], 0),
            (["call", evil, evil], 2),
            (["call", evil, evil, "--json"], 2),
            (["call", evil, "unreachable"], 1),
            (["apps", evil], 0),
            (["stop", evil], 0),
            (["start", evil], 0),
            (["start", "none\x1b"], 2),
            (["remove", evil], 0),
            (["inspect", files[0], "--device"], 0),
        ):
            outputs += await program.on_device(*words, status=status)
        if rig.is_twin:  # Zephyr's console has colors of its own
            outputs.append(rig.console.text())
        for output in outputs:
            acting = [char for char in output if char != "\n" and (ord(char) < 32 or 127 <= ord(char) < 160)]
            assert not acting, repr(output)
            assert not any(line.startswith("ok") for line in output.splitlines()), repr(output)


async def test_devices_lists_advertising_devices(rig, program):
    async with rig:
        scan = ("devices", "--hci", await program.controller(), "--seconds", 2)
        [device] = json.loads((await program.run(*scan, "--json"))[0])
        assert device["name"] and device["rssi"] == -50, device
        out, _ = await program.run(*scan)
        assert out == f"{device['address']}   -50 dBm  {device['name']}\n"
        if rig.is_twin:
            assert device["name"] == "wamr twin"
            assert f"ready {device['address']}" in rig.console.text()

        # The configuration file can name it; an option or the environment variable has priority.
        config = program.bonds.parent / "config" / "wamrctl" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f"device = '{device['address']}'\nhci = '{await program.controller()}'\n")
        assert (await program.run("apps", "--bonds", program.bonds, "--json"))[0] == "[]\n"
        absent = "00:00:00:00:00:01"
        _, err = await program.on_device("apps", "--address", absent, status=4)
        assert f"no device with the address {absent} advertises" in err


async def test_a_busy_device_is_reported_differently_from_a_missing_one(rig, program):
    async with rig:
        scan = ("devices", "--hci", await program.controller(), "--seconds", 2)
        await program.on_device("apps")
        await rig.restart()  # which opens pairing mode for the client, too
        async with rig.client() as client:
            [device] = json.loads((await program.run(*scan, "--json"))[0])
            assert device["name"] and device["busy"] is True, device
            out, _ = await program.run(*scan)
            assert out == f"{device['address']}   -50 dBm  {device['name']}  (busy)\n"
            for words in [(), ("--address", device["address"])]:
                _, err = await program.on_device("apps", *words, status=4)
                assert f"the device at {device['address']} is connected to another client" in err and "try again" in err
            failed = json.loads((await program.on_device("apps", "--json", status=4))[0])
            assert failed["kind"] == "busy", failed
            await client.status()  # no other client took its place
        # As soon as the client is gone, others can connect.
        assert json.loads((await program.on_device("apps", "--json"))[0]) == []
        [device] = json.loads((await program.run(*scan, "--json"))[0])
        assert device["busy"] is False, device

        rig.stop()
        out, _ = await program.run(*scan)
        assert out == "No device advertises the service for uploads\n"
        failed = json.loads((await program.on_device("apps", "--json", status=4))[0])
        assert failed["error"] == "no device advertises the service for uploads" and failed["kind"] == "not-found"
