"""What guest/README.md shows is what the commands in it print."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WAMRCTL = os.environ.get("WAMRCTL", ROOT / "target" / "debug" / "wamrctl")
README = (ROOT / "guest" / "README.md").read_text()

# The one line that differs from run to run.
TIME = re.compile(r"^(Time +).*$", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """The commands of the page, each with the output below it. test_new.py runs those on the app that a newcomer makes."""
    blocks = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    parts = [part for block in blocks for part in block.split("$ ")[1:] if "hello-led" not in part]
    return [tuple(part.split("\n", 1)) for part in parts]


def test_there_are_commands_with_output():
    assert any(output for _, output in commands())


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """Has `guest` like the repository, and takes the files that the commands write."""
    path = tmp_path_factory.mktemp("page")
    (path / "guest").symlink_to(ROOT / "guest")
    return path


@pytest.mark.parametrize(("command", "output"), commands())
def test_command(directory, command, output):
    program, *words = command.split()
    assert program == "wamrctl"
    done = subprocess.run([WAMRCTL, *words], capture_output=True, text=True, cwd=directory)
    assert done.returncode == 0, done.stderr
    if output:
        assert TIME.sub(r"\1", done.stdout) == TIME.sub(r"\1", output), "guest/README.md is stale"
