"""Whether something changed the working tree of a git repository."""

from __future__ import annotations

import subprocess
from pathlib import Path


def status(root: Path) -> list[str]:
    """The differences from the last commit, as git lists them. None outside a git repository."""
    git = ["git", "-C", root, "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(git, capture_output=True, text=True).stdout.splitlines()


def changes(before: list[str], after: list[str]) -> list[str]:
    """New and removed differences. A user's own edits are in both lists."""
    return [f"  {line}" for line in after if line not in before] + [
        f"  {line}    (before; no longer)" for line in before if line not in after
    ]
