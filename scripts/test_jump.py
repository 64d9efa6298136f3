"""The jumps of the interpreter that GCC compiles for Thumb become shorter, and nothing else changes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "wamr-sys" / "cmake"))
from jump import shorten  # noqa: E402


def test_a_jump_needs_no_lowest_bit():
    assert shorten("\tldr\tr3, [r4], #4\n\torr\tr3, r3, #1\n\tbx\tr3\n.L7:\n") == "\tldr\tr3, [r4], #4\n\tmov\tpc, r3\n.L7:\n"


def test_debug_information_stays():
    assert shorten("\torr\tr2, r2, #1\n\t.loc 1 5 3\n.LVL9:\n\tbx\tr2\n") == "\t.loc 1 5 3\n.LVL9:\n\tmov\tpc, r2\n"


def test_other_instructions_stay():
    for assembly in ("\tbx\tlr\n", "\torr\tr3, r3, #1\n\tstr\tr3, [r0]\n", "\torr\tr3, r2, #1\n\tbx\tr3\n", "\torr\tr3, r3, #1\n\tbx\tr2\n"):
        assert shorten(assembly) == assembly
