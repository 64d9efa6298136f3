"""Builds the programs of the simulations once. Without BabbleSim the tests are left out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "scripts")]

from simulation import Simulation  # noqa: E402

BSIM_OUT_PATH = os.environ.get("BSIM_OUT_PATH")
FIRMWARE_BOARD = "nrf5340bsim/nrf5340/cpuapp"


def pytest_collection_modifyitems(items):
    if BSIM_OUT_PATH:
        return
    # pytest passes those of other directories, too.
    for item in (item for item in items if HERE in item.path.parents):
        item.add_marker(pytest.mark.skip(reason="BSIM_OUT_PATH is not set: CONTRIBUTING.md describes how to install BabbleSim"))


def build(board: str, name: str, application: Path, *arguments: str) -> Path:
    """Builds a program, or as much of it as has changed."""
    directory = ROOT / "build" / "bsim" / name
    components = os.environ.get("BSIM_COMPONENTS_PATH", f"{BSIM_OUT_PATH}/components")
    command = [
        *(ROOT / "scripts" / "zephyr-env", board, ROOT / "scripts" / "shared-builds", "west", "build"),
        *("-b", board, "-d", directory, application, *arguments),
    ]
    environment = os.environ | {"BSIM_COMPONENTS_PATH": components}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 3:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout[-6000:]
    return directory


@pytest.fixture(scope="session")
def central() -> Path:
    return build("nrf52_bsim", "central", HERE / "central") / "zephyr" / "zephyr.exe"


def firmware(name: str, *arguments: str) -> Path:
    """samples/ble_upload with both cores of the nRF5340 in one program."""
    sample = ROOT / "samples" / "ble_upload"
    directory = build(FIRMWARE_BOARD, name, sample, "--sysbuild", *arguments)
    return directory / sample.name / "zephyr" / "zephyr.exe"


@pytest.fixture(scope="session")
def open_firmware() -> Path:
    return firmware("open", "-S", "wamr-open")


@pytest.fixture(scope="session")
def paired_firmware() -> Path:
    return firmware("paired", "--", f"-Dble_upload_EXTRA_CONF_FILE={HERE / 'paired.conf'}")


@pytest.fixture(scope="session")
def ahead_firmware() -> Path:
    return firmware("ahead", "-S", "wamr-open", "--", "-Dble_upload_CONFIG_WAMR_ZEPHYR_ERASE_AHEAD=y")


@pytest.fixture
def simulation(central, tmp_path) -> Simulation:
    return Simulation(Path(BSIM_OUT_PATH), central, tmp_path)
