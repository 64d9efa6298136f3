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
# Behind them: both directories have tests of the same names.
sys.path.append(str(ROOT / "tests" / "end_to_end"))

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
def product_firmware() -> Path:
    """With the options for uploads that are off by default."""
    return firmware("product", "-S", "wamr-open", "--", f"-Dble_upload_EXTRA_CONF_FILE={HERE / 'product.conf'}")


@pytest.fixture(scope="session")
def bridge() -> Path:
    """A Bluetooth controller with a serial line."""
    return build("nrf52_bsim", "bridge", HERE / "bridge") / "zephyr" / "zephyr.exe"


@pytest.fixture(scope="session")
def wamrctl() -> Path:
    path = Path(os.environ.get("WAMRCTL", ROOT / "target" / "debug" / "wamrctl")).resolve()
    if not path.exists():
        pytest.skip("no wamrctl: build it with `cargo build -p wamrctl`, or name it in WAMRCTL")
    return path


@pytest.fixture(scope="session")
def change(tmp_path_factory):
    """A function that writes a delta between two modules to a file."""

    def write(old: bytes, new: bytes) -> Path:
        directory = tmp_path_factory.mktemp("delta")
        base, module, delta = (directory / name for name in ("base", "module", "delta"))
        base.write_bytes(old)
        module.write_bytes(new)
        example = ["cargo", "run", "--locked", "--quiet", "-p", "wamr-delta", "--features", "encode", "--example", "frames"]
        subprocess.run([*example, "--", base, module, delta], cwd=ROOT, check=True)
        return delta

    return write


@pytest.fixture
def simulation(central, tmp_path) -> Simulation:
    return Simulation(Path(BSIM_OUT_PATH), central, tmp_path)
