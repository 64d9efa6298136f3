"""scripts/lock, on small repositories; and that builds of Zephyr refuse lock files that do not fit."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ROOT / "zephyr" / "rust" / "locked.py"
SCRIPTS = ("lock", "lock_files.py", "environment.py")


def package(directory: Path, name: str, dependencies: str = "") -> None:
    (directory / "src").mkdir(parents=True)
    (directory / "src" / "lib.rs").write_text("")
    manifest = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n{dependencies}'
    (directory / "Cargo.toml").write_text(manifest)


@pytest.fixture
def repository(tmp_path) -> Path:
    """A library, and an application that uses it, with a lock file each."""
    (tmp_path / "scripts").mkdir()
    for name in SCRIPTS:
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    package(tmp_path, "library")
    package(tmp_path / "application", "application", 'library = { path = ".." }\n')
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for directory in (tmp_path, tmp_path / "application"):
        subprocess.run(["cargo", "generate-lockfile", "--offline"], cwd=directory, check=True)
    return tmp_path


def lock(repository: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, repository / "scripts" / "lock", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def pin(path: Path, name: str, version: str) -> None:
    """Adds an entry of a registry."""
    source = "registry+https://github.com/rust-lang/crates.io-index"
    with path.open("a") as file:
        file.write(f'\n[[package]]\nname = "{name}"\nversion = "{version}"\nsource = "{source}"\n')


def test_lock_files_that_fit_pass(repository):
    checked = lock(repository, "--check")
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.splitlines()[-1] == "lock: 3 passed, 0 failed, 0 skipped"


def test_a_lock_file_that_lacks_a_crate_is_named_and_mended(repository):
    package(repository / "another", "another")
    with (repository / "application" / "Cargo.toml").open("a") as manifest:
        manifest.write('another = { path = "../another" }\n')
    before = (repository / "application" / "Cargo.lock").read_text()

    checked = lock(repository, "--check")
    assert checked.returncode == 1
    assert "application/Cargo.lock does not fit its Cargo.toml" in checked.stderr
    assert checked.stderr.endswith("Run scripts/lock and commit the lock files that it changes.\n")
    assert (repository / "application" / "Cargo.lock").read_text() == before

    assert lock(repository).returncode == 0
    assert 'name = "another"' in (repository / "application" / "Cargo.lock").read_text()
    assert lock(repository, "--check").returncode == 0


@pytest.mark.parametrize(
    ("versions", "agree"),
    [
        (("2.6.0", "2.6.0"), True),
        (("2.6.0", "2.6.1"), False),
        (("2.6.0", "2.7.0+built.1"), False),
        (("2.6.0", "3.0.0"), True),
        (("0.10.9", "0.10.8"), False),
        (("0.9.0", "0.10.0"), True),
        (("0.0.1", "0.0.2"), True),
    ],
)
def test_one_version_of_a_crate_in_all_lock_files(repository, versions, agree):
    for directory, version in zip((repository, repository / "application"), versions):
        pin(directory / "Cargo.lock", "verifier", version)
    checked = lock(repository, "--check")
    message = f"verifier has more than one version: {versions[0]} in Cargo.lock; {versions[1]} in application/Cargo.lock"
    assert (message not in checked.stderr) == agree, checked.stderr


def build(directory: Path, *words) -> subprocess.CompletedProcess:
    # As the rule that CMake writes: cargo is not the first word.
    command = [sys.executable, LOCKED, "env", "A=b", *words, "--target-dir", directory / "target"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True)


def test_zephyr_builds_what_the_lock_file_says(repository):
    application = repository / "application"
    assert build(application, "cargo", "build").returncode == 0

    (application / "Cargo.lock").unlink()
    refused = build(application, "cargo", "build")
    assert refused.returncode != 0
    assert "CONFIG_WAMR_ZEPHYR_RUST_LOCKED=n" in refused.stderr
    assert not (application / "Cargo.lock").exists()


def test_zephyr_says_nothing_of_lock_files_when_the_code_is_wrong(repository):
    application = repository / "application"
    (application / "src" / "lib.rs").write_text("wrong")
    failed = build(application, "cargo", "build")
    assert failed.returncode != 0
    assert "CONFIG_WAMR_ZEPHYR_RUST_LOCKED" not in failed.stderr


def test_other_commands_of_a_build_run_as_they_are(tmp_path):
    command = [sys.executable, LOCKED, sys.executable, "-c", "import sys; print(sys.argv[1:]); sys.exit(3)", "build"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "['build']\n")
