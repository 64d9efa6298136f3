"""What goes into a firmware is what its lock file says, and scripts/sbom names it: on the builds that scripts/twister has left."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from lock_files import LockFile  # noqa: E402

TWISTER = ROOT / "build" / "twister"
# The sample on a board and on this computer: by target, the board's name and the scenario.
FIRMWARE = {
    "thumbv8m.main-none-eabi": ("nrf5340dk/nrf5340/cpuapp", "sample.wamr.ble_upload.netcore"),
    "x86_64-unknown-none": ("native_sim/native/64", "sample.wamr.ble_upload"),
}


def applications() -> list[Path]:
    """Of the repository, those that Zephyr builds with cargo."""
    git = ["git", "grep", "-l", "rust_cargo_application()", "--", "*CMakeLists.txt"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / Path(name).parent for name in listed]


def builds() -> dict[Path, Path]:
    """The applications that twister has built, and the rules of one build of each."""
    found = {}
    for rules in TWISTER.glob("**/build.ninja"):
        if (rules.parent / "rust").is_dir():
            cache = (rules.parent / "CMakeCache.txt").read_text()
            found[Path(re.search(r"^APPLICATION_SOURCE_DIR:\w+=(.*)$", cache, re.M)[1])] = rules
    return found


def test_every_application_is_built_as_its_lock_file_says():
    built = builds()
    if not built:
        pytest.skip("no builds: run scripts/twister")
    wanted = {application for application in applications() if application in built}
    assert wanted
    for application in wanted:
        commands = [line for line in built[application].read_text().splitlines() if "cargo build" in line]
        assert commands and all("zephyr/rust/locked.py" in command for command in commands), application


def test_every_application_asks_for_it():
    assert len(applications()) >= 8
    for application in applications():
        assert "CONFIG_WAMR_ZEPHYR_RUST_LOCKED=y\n" in (application / "prj.conf").read_text(), application


@pytest.fixture(scope="module", params=FIRMWARE)
def firmware(request) -> tuple[str, Path]:
    """A target and the build for it, with its bill of materials."""
    board, scenario = FIRMWARE[request.param]
    directories = [path for path in (TWISTER / board.replace("/", "_")).glob(f"**/{scenario}") if path.is_dir()]
    if not directories:
        pytest.skip(f"no build of samples/ble_upload for {board}: run scripts/twister")
    command = [ROOT / "scripts" / "zephyr-env", board, ROOT / "scripts" / "sbom", directories[0]]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return request.param, directories[0] / "sbom"


def documents(sbom: Path, name: str) -> list[Path]:
    return sorted(sbom.glob(f"**/{name}"))


def test_it_lists_the_crates_of_the_lock_file(firmware):
    target, sbom = firmware
    [document] = documents(sbom, "rust.cdx.json")
    components = {(each["name"], each["version"]): each for each in json.loads(document.read_text())["components"]}

    lock = LockFile(ROOT / "samples" / "ble_upload" / "Cargo.lock")

    def crates(edges: str) -> set[tuple[str, str]]:
        tree = ["tree", "--locked", "--target", target, "--edges", edges, "--prefix=none", "--format={p}"]
        listed = lock.cargo(*tree, capture_output=True)
        assert listed.returncode == 0, listed.stderr
        return {(name, version) for name, version in re.findall(r"^(\S+) v(\S+)", listed.stdout, re.M) if name != "rustapp"}

    # What is linked into the firmware is all there, and what is there takes part in the build.
    linked = crates("normal,no-proc-macro")
    assert ("ed25519-compact", dict(lock.versions())["ed25519-compact"]) in linked
    assert linked <= {crate for crate, component in components.items() if component["scope"] == "required"}
    assert set(components) <= crates("normal,build")

    checksums = dict(re.findall(r'^name = "(.+)"\nversion = ".+"\nsource = .+\nchecksum = "(.+)"', lock.path.read_text(), re.M))
    verifier = components["ed25519-compact", dict(lock.versions())["ed25519-compact"]]
    assert verifier["scope"] == "required"
    assert verifier["hashes"] == [{"alg": "SHA-256", "content": checksums["ed25519-compact"]}]
    assert components["bindgen", dict(lock.versions())["bindgen"]]["scope"] == "excluded"


def test_it_lists_the_sources_in_c(firmware):
    _, sbom = firmware
    text = "\n".join(path.read_text() for path in documents(sbom, "*.spdx"))
    for package in ("zephyr-sources", "wasm-micro-runtime-sources", "wamr-zephyr-sources"):
        assert f"PackageName: {package}\n" in text
    for source in ("kernel/sched.c", "core/iwasm/common/wasm_native.c", "zephyr/ble/service.c"):
        assert re.search(rf"^FileName: \S*{source}$", text, re.M), source
    assert re.search(r"^FileName: \S*zephyr/zephyr\.elf$", text, re.M)


def test_each_image_has_its_own(firmware):
    target, sbom = firmware
    images = {path.parent.name for path in documents(sbom, "build.spdx")}
    assert images == ({"ble_upload", "hci_ipc"} if target.startswith("thumb") else {"sbom"})


def test_it_says_nothing_of_this_computer(firmware):
    _, sbom = firmware
    for path in documents(sbom, "*.*"):
        for directory in (ROOT, Path.home()):
            assert f"{directory}/" not in path.read_text(), path
