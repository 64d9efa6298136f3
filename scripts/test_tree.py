"""Changes of the working tree that scripts/test reports."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import tree


@pytest.fixture
def repository(tmp_path) -> Path:
    git = ["git", "-C", tmp_path, "-c", "user.name=test", "-c", "user.email=test@localhost"]
    for name in ("Cargo.lock", "edited.rs"):
        (tmp_path / name).write_text("committed")
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=test"]):
        subprocess.run([*git, *command], check=True)
    # Somebody is at work.
    (tmp_path / "edited.rs").write_text("edited")
    (tmp_path / "new.rs").write_text("new")
    return tmp_path


def test_own_edits_do_not_count(repository):
    before = tree.status(repository)
    assert before == [" M edited.rs", "?? new.rs"]
    (repository / "edited.rs").write_text("edited once more")
    assert tree.changes(before, tree.status(repository)) == []


def test_what_a_test_changes_adds_and_reverts_does(repository):
    before = tree.status(repository)
    (repository / "Cargo.lock").write_text("updated")
    (repository / "left-over").write_text("")
    (repository / "edited.rs").write_text("committed")
    changes = tree.changes(before, tree.status(repository))
    assert changes == ["   M Cargo.lock", "  ?? left-over", "   M edited.rs    (before; no longer)"]


def test_outside_of_a_repository_nothing_changes(tmp_path):
    assert tree.status(tmp_path) == []
