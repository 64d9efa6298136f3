"""wamrctl itself over the simulated radio, which is held back to the time of this computer.

How long wamrctl takes depends on the computer, so times are printed and not asserted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import packets
from delta.lines import Lines
from simulation import Controller
from test_upload import PASSKEY

COUNTER = Path(__file__).resolve().parents[2] / "guest" / "counter.wasm"


class User:
    """Runs wamrctl with bonds and copies of modules of its own."""

    def __init__(self, wamrctl: Path, controller: Controller, directory: Path):
        self.wamrctl = wamrctl
        self.options = ["--hci", controller.line, "--bonds", directory / "bonds.json"]
        self.environment = os.environ | {"XDG_CACHE_HOME": str(directory / "cache")}

    def run(self, *words, types: str = "") -> str:
        """Runs a command. Returns its output and its messages."""
        done = subprocess.run(
            [self.wamrctl, *words, *self.options],
            env=self.environment,
            input=types,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


def test_an_upgrade_sends_only_its_changes(simulation, product_firmware, bridge, wamrctl, tmp_path):
    lines = Lines(tmp_path)
    old, new = tmp_path / "old.wasm", tmp_path / "new.wasm"
    old.write_bytes(lines.build())
    new.write_bytes(lines.build('report.push_str("end of the report\\n");'))
    with simulation.in_real_time(product_firmware, bridge) as controller:
        user, other = (User(wamrctl, controller, tmp_path / name) for name in ("user", "other"))
        assert "only the changes" not in user.run("upload", old, "--invoke", "report", "5")
        text = user.run("upload", new, "--invoke", "report", "5")
        assert "only the changes" in text and "(i32)" in text
        # The device loses the new version, whose number is that of the second slot, and the user does not know it.
        other.run("remove", "1")
        other.run("upload", COUNTER)
        text = user.run("upload", old, "--base", new, "--invoke", "report", "5")
        assert "the whole module was sent" in text and "(i32)" in text
    whole, delta, _, again = packets.uploads(controller.dumps, Controller.number)
    for name, upload in (("the whole module", whole), ("its changes", delta), ("the whole module again", again)):
        print(f"{name}: {len(upload.frames)} frames with {upload.bytes} bytes in {upload.ms:.0f} ms of simulated time")
    assert whole.bytes > len(old.read_bytes()) < again.bytes
    assert delta.bytes < 2_048


def test_a_user_pairs(simulation, paired_firmware, bridge, wamrctl, tmp_path):
    with simulation.in_real_time(paired_firmware, bridge) as controller:
        user = User(wamrctl, controller, tmp_path)
        user.run("upload", COUNTER, types=f"{PASSKEY}\n")
        # With the bond, and on a new connection.
        assert "Result   1 (i32)" in user.run("call", "0", "next")
