"""Upgrades send only their changes, if the device takes that and has the version that the client has, and otherwise the whole module."""

from __future__ import annotations

from pathlib import Path

import pytest
from client import REMOVE
from conftest import guest
from delta.lines import Lines
from program import Signer
from test_upload import LARGE

CHANGED = [
    'report.push_str("end of the report\\n");',
    'writeln!(report, "{} numbers", numbers.len()).map_err(|error| error.to_string())?;',
]


@pytest.fixture
def takes_deltas(rig, request) -> bool:
    return rig.is_twin or request.getfixturevalue("kconfig")("WAMR_ZEPHYR_DELTA")


class Sent:
    """Counts what a client writes to the device without response, with the headers of L2CAP and ATT: the frames of an upload."""

    def __init__(self, rig):
        self.bytes = 0
        controller = rig.controller
        pass_on = controller.on_link_acl_data

        def count(sender, transport, data) -> None:
            # The length and the channel of L2CAP, then the opcode of ATT.
            if data[2:5] == b"\4\0\x52":
                self.bytes += len(data)
            pass_on(sender, transport, data)

        controller.on_link_acl_data = count


async def upload(rig, program, module: Path, *options) -> tuple[int, bool]:
    """Uploads a module, and calls a function if options say so. Returns the bytes of the frames, and whether wamrctl says that it sends
    only changes."""
    sent = Sent(rig)
    out, err = await program.on_device("upload", module, *options)
    assert "--invoke" not in options or "(i32)" in out
    is_delta = "only the changes" in err
    if "--base" in options:
        assert is_delta or "is not installed on the device, so the whole module was sent" in err
    return sent.bytes, is_delta


def changed(module: bytes) -> bytes:
    """The module with other bytes in a section that is not used."""
    return module[:-50] + b"another text" + module[-38:]


@pytest.fixture
def versions(tmp_path) -> tuple[Path, Path]:
    old, new = tmp_path / "old.wasm", tmp_path / "new.wasm"
    old.write_bytes(LARGE)
    new.write_bytes(changed(LARGE))
    return old, new


async def test_an_upgrade_sends_what_changed_if_the_device_takes_that(rig, program, versions, takes_deltas):
    old, new = versions
    async with rig:
        sent, is_delta = await upload(rig, program, old)
        assert sent > len(LARGE) and not is_delta, "nothing is installed"
        sent, is_delta = await upload(rig, program, new, "--invoke", "checksum", "7")
        print(f"{sent} bytes on the air for {new.stat().st_size}")
        assert is_delta == takes_deltas
        assert sent < 300 if takes_deltas else sent > len(LARGE)
        sent, is_delta = await upload(rig, program, old, "--whole")
        assert sent > len(LARGE) and not is_delta


async def test_a_version_that_the_device_lost_is_uploaded_as_a_whole(rig, program, versions):
    old, new = versions
    async with rig:
        await upload(rig, program, old)
        # The other client pairs, too, which it can only soon after a start.
        await rig.restart()
        async with rig.client() as client:
            [number] = await client.apps()
            await client.ask(REMOVE, number)
            await client.install(guest("add"))
        sent, is_delta = await upload(rig, program, new, "--base", old, "--invoke", "checksum", "7")
        assert sent > len(LARGE) and not is_delta


@pytest.fixture
def app(tmp_path):
    """A function that builds an app of 40 KB, with another line of code in place of one."""
    return Lines(tmp_path).build


@pytest.mark.parametrize("rig", [["--app-pool", "393216"]], indirect=True, ids=[""])
async def test_a_changed_line_of_an_app_of_40_kb_takes_less_than_2_kb(rig, program, app, tmp_path):
    if not rig.is_twin:
        pytest.skip("the twin is enough, and has more memory than the firmware for an app of this size")
    signer = await Signer(program, tmp_path, "key").make()
    old, new = tmp_path / "old.wasm", tmp_path / "new.wasm"
    old.write_bytes(await signer.sign(app()))
    assert 40_000 < old.stat().st_size < 41_500, "an app of 40 KB"
    async with rig:
        await program.on_device("trust", signer.public)
        for line in CHANGED:
            new.write_bytes(await signer.sign(app(line)))
            await upload(rig, program, old)
            sent, is_delta = await upload(rig, program, new, "--invoke", "report", "5")
            print(f"{sent} bytes on the air for {new.stat().st_size}")
            assert is_delta and sent < 2_048
