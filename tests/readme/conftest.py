"""The rig of tests/end_to_end, with firmware that the tests build."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "end_to_end")]


@pytest.fixture
def workspace(tmp_path) -> Path:
    """A west workspace as the README describes it, with this repository where its manifest puts it."""
    module = tmp_path / "modules" / "lib" / "wamr-zephyr"
    module.parent.mkdir(parents=True)
    module.symlink_to(ROOT)
    return tmp_path
