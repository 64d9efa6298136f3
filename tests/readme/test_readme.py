"""The README's steps for firmware developers, word for word: its code blocks are the application.

Builds for native_sim, with whatever the blocks contain. Uploads go over a virtual Bluetooth link.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT
from pairing import Console
from program import Wamrctl
from steps import commands, files
from virtual_link import VirtualLink

BOARD = "native_sim/native/64"
UPLOADS, IN_C, EMBEDDED = "Uploads over Bluetooth LE", "The same in C", "An app in the firmware"
# The mean of 107 and 307.
AVERAGE = "207"


@pytest.fixture(autouse=True)
def needs_tools():
    for tool in ("clang", "wasm-ld"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed: install the packages clang and lld")
    check = subprocess.run([ROOT / "scripts" / "zephyr-env", BOARD, "true"], capture_output=True, text=True)
    if check.returncode == 3:
        pytest.skip(check.stderr.strip())


def write(app: Path, contents: dict[str, str]) -> Path:
    for name, content in contents.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(content)
    if (app / "Cargo.toml").exists():
        # The versions that all firmware here uses. Cargo adds to it what it lacks.
        shutil.copy(ROOT / "samples" / "ble_upload" / "Cargo.lock", app)
    return app


def west(app: Path, *arguments: str, build: str = "build") -> subprocess.CompletedProcess:
    command = [ROOT / "scripts" / "zephyr-env", BOARD, "west", "build", "-b", BOARD, "-d", app / build, *arguments, app]
    # With scripts/shared-builds, C is compiled anew only where it differs from that of other builds, wherever they are.
    environment = os.environ | {"CCACHE_BASEDIR": str(app)}
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def build(app: Path) -> Path:
    done = west(app)
    assert done.returncode == 0, done.stdout
    return app / "build" / "zephyr" / "zephyr.exe"


def compile_app(app: Path) -> None:
    [compiler] = [command for command in commands(UPLOADS) if command[0] == "clang"]
    subprocess.run(compiler, cwd=app, check=True)


async def upload(app: Path, firmware: Path, wamrctl: Path) -> str:
    """Types the commands of the README; returns what the last one prints."""
    log = app / "device.log"
    async with VirtualLink() as link:
        port = await link.open_port()
        with log.open("w") as output:
            device = subprocess.Popen(
                [firmware, "-rt", f"--bt-dev=127.0.0.1:{port}", f"--flash={app / 'flash.bin'}"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )
        try:
            rig = type("Rig", (), {"console": Console(log), "link": link})
            program = Wamrctl(wamrctl, rig, app / "bonds.json")
            # In place of the computer's own Bluetooth.
            os.environ["WAMRCTL_HCI"] = await program.controller()
            out = ""
            for command, *words in commands(UPLOADS):
                if command == "wamrctl":
                    out, _ = await program.run(*words)
            assert device.poll() is None, log.read_text()
            return out
        finally:
            device.kill()
            device.wait()


@pytest.fixture
def wamrctl(monkeypatch) -> Path:
    monkeypatch.setenv("WAMRCTL_HCI", "")
    return Path(os.environ.get("WAMRCTL", ROOT / "target" / "debug" / "wamrctl")).resolve()


@pytest.mark.parametrize("heading", [UPLOADS, IN_C])
def test_uploads(workspace, monkeypatch, wamrctl, heading):
    contents = files(UPLOADS)
    if heading == IN_C:
        # Without any of the Rust: the rest of the files is the same.
        contents = {name: contents[name] for name in ("boards/native_sim_native_64.overlay", "average.c")} | files(IN_C)
    app = write(workspace / "app", contents)
    firmware = build(app)
    compile_app(app)
    monkeypatch.chdir(app)
    out = asyncio.run(asyncio.wait_for(upload(app, firmware, wamrctl), 240))
    assert re.search(rf"\bResult\s+{AVERAGE} \(i32\)", out), out


def test_embedded(workspace):
    first = files(UPLOADS)
    app = write(workspace / "app", {name: first[name] for name in ("CMakeLists.txt", "Cargo.toml", "average.c")} | files(EMBEDDED))
    compile_app(app)
    firmware = build(app)
    with subprocess.Popen([firmware, "-stop_at=20"], stdout=subprocess.PIPE, text=True) as device:
        try:
            lines = iter(device.stdout.readline, "")
            assert any(line.strip() == f"average: {AVERAGE}" for line in lines)
        finally:
            device.kill()


@pytest.mark.parametrize(
    "left_out, said",
    [
        ("boards/native_sim_native_64.overlay", ["does not choose one as wamr,slots", "slots_partition: partition@75000", "samples/ble_upload/boards"]),
        ("storage_partition", ["storage_partition", "CONFIG_WAMR_ZEPHYR_BLE_OPEN=y"]),
        ("zephyr,bt-hci", ["needs a Bluetooth controller", "zephyr,bt-hci = &bt_hci_uart;"]),
    ],
)
def test_the_build_names_what_the_devicetree_lacks(workspace, left_out, said):
    contents = files(UPLOADS)
    overlay = "boards/native_sim_native_64.overlay"
    if left_out == overlay:
        del contents[overlay]
    elif left_out == "storage_partition":
        contents[overlay] += "/delete-node/ &storage_partition;\n"
    else:
        contents[overlay] += "/ { chosen { /delete-property/ zephyr,bt-hci; }; };\n"
    done = west(write(workspace / "app", contents), "--cmake-only")
    assert done.returncode != 0
    output = " ".join(done.stdout.split())
    assert all(words in output for words in said), done.stdout
