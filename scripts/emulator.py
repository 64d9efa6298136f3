"""Runs a firmware that a Zephyr build made in QEMU and reads its console."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environment import ROOT


@contextmanager
def console(board: str, build: Path, patience: float | None = None, environment: dict[str, str] | None = None) -> Iterator[Iterator[str]]:
    """The lines of the firmware in the directory `build`, until the block ends or `patience` seconds have passed.

    The emulator does not end by itself. The environment has to be that of the build, which is repeated if it is stale."""
    emulator = subprocess.Popen(
        [ROOT / "scripts" / "zephyr-env", board, "cmake", "--build", build, "--target", "run"],
        env=os.environ | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = functools.partial(os.killpg, emulator.pid, signal.SIGTERM)
    timer = threading.Timer(patience, end) if patience else None
    try:
        if timer:
            timer.start()
        yield map(str.strip, emulator.stdout)
    finally:
        if timer:
            timer.cancel()
        if emulator.poll() is None:
            end()
        emulator.wait()
