"""Runs a device and a client on BabbleSim's simulated radio, and reads the report of the client.

Time is simulated: the same programs with the same arguments give the same figures on every computer.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shutil
import subprocess
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

_NUMBERS = itertools.count()

REPORTED = re.compile(r"@(\d+) (\w.*)$", re.M)
"""A line of central/src/report.h."""

FLASH_SIZE = 1 << 20
SLOTS = slice(0x78000, 0xF8000)
"""Where the slots are in it: samples/ble_upload/boards/nrf5340bsim_nrf5340_cpuapp.overlay."""

HOURS = 3600e6
"""Microseconds, as all times here."""


@dataclass
class Radio:
    """The air between device and client."""

    loss: float = 0
    """The share of packets that are not received."""
    jammed: tuple[float, float] | None = None
    """From when to when a jammer makes the whole band useless."""

    def arguments(self) -> list[str]:
        if self.jammed:
            # Only this modem knows interference.
            return ["-defmodem=BLE_simple"]
        return ["-defmodem=Magic", "-argsdefmodem", f"-PER={self.loss}"]


@dataclass
class Run:
    """The report of the client: for each line, the time and the values."""

    lines: list[tuple[int, dict[str, str]]]
    log: Path
    size: int
    flash: Path
    """The contents of the device's flash afterwards."""
    dumps: Path | None
    """The packets on the air: see `Simulation.dumps`."""

    def all(self, name: str) -> list[tuple[int, dict[str, str]]]:
        return [(time, values) for time, values in self.lines if name in values]

    def some(self, name: str) -> list[tuple[int, dict[str, str]]]:
        """At least one line."""
        found = self.all(name)
        assert found, f"the client did not report {name!r}, see {self.log}"
        return found

    def first(self, name: str) -> tuple[int, dict[str, str]]:
        return self.some(name)[0]

    def value(self, name: str) -> int:
        """The last value of this name."""
        return int(self.some(name)[-1][1][name])

    @property
    def ended(self) -> bool:
        """Whether the app was installed."""
        return bool(self.all("end")) and self.value("end") == 0

    @property
    def drops(self) -> int:
        """The number of connections that were lost during the upload."""
        begin, end = self.first("begin")[0], self.first("end")[0]
        return sum(begin < time < end for time, _ in self.all("disconnected"))

    @property
    def begin_ms(self) -> float:
        """The time until the device answered Begin."""
        return (self.first("begun")[0] - self.first("begin")[0]) / 1e3

    @property
    def upload_ms(self) -> float:
        """The time from Begin until the whole module was durable."""
        return (self.some("durable")[-1][0] - self.first("begin")[0]) / 1e3

    @property
    def rate(self) -> float:
        """Kilobytes per second, from Begin until the whole module was durable."""
        return self.size / self.upload_ms


@dataclass
class Controller:
    """A Bluetooth controller on the simulated radio, for clients on this computer."""

    line: str
    """Its serial line, as `wamrctl --hci` takes it."""
    log: Path
    """The output of the device, too."""
    dumps: Path
    """The packets on the air. They are complete when the simulation has ended."""

    number = 1
    """Among the programs of the simulation."""


@dataclass
class Simulation:
    """Programs and directories of simulations."""

    bsim: Path
    central: Path
    directory: Path
    seed: int = 1
    full: bool = False
    """Whether the slots have old contents everywhere, which are zeros, instead of being erased."""
    dumps: bool = False
    """Whether the radio writes down the packets on the air."""

    def upload(self, firmware: Path, module: bytes, radio: Radio | None = None, **arguments) -> Run:
        """Uploads a module. Arguments: see central/src/arguments.h."""
        radio = radio or Radio()
        name, log = self._name()
        path = log.with_suffix(".wasm")
        path.write_bytes(module)
        given = {"module": path, "digest": hashlib.sha256(module).hexdigest()} | arguments
        device, flash = self._device(firmware, name, log)
        programs = [
            device,
            [
                *(self.central, f"-s={name}", "-d=1", f"-rs={self.seed + 1}", "-testid=upload", "-argstest"),
                *(f"{key}={int(value) if isinstance(value, bool) else value}" for key, value in given.items()),
            ],
        ]
        if radio.jammed:
            start, end = radio.jammed
            noise = ["-type=WN80", "-centerfreq=2441", "-power=20"]
            programs.append(
                ["./bs_device_2G4_burst_interf", f"-s={name}", "-d=2", *noise, "-timestart", f"{start:.0f}", "-timeend", f"{end:.0f}"]
            )
        with self._running(name, programs, radio, log) as processes:
            # The radio ends when the client does.
            for process in reversed(processes):
                process.wait(timeout=900)
        dumps = Path(shutil.move(self._results(name), self.directory)) if self.dumps else None
        reported = [
            (int(at), dict(word.partition("=")[::2] for word in text.split()))
            for at, text in REPORTED.findall(log.read_text(errors="replace"))
        ]
        return Run(reported, log, len(module), flash, dumps)

    def upgrade(self, firmware: Path, old: bytes, new: bytes, delta: Path, radio: Radio | None = None, **arguments) -> Run:
        """Uploads a module, and then the changes that make another one of it. Returns the run of the changes."""
        path = delta.with_suffix(".wasm")
        path.write_bytes(new)
        given = {"upgrade": path, "upgrade_digest": hashlib.sha256(new).hexdigest(), "delta": delta}
        run = self.upload(firmware, old, radio, **given, **arguments)
        [(start, _)] = run.some("upgrade")
        return replace(run, lines=[line for line in run.lines if line[0] >= start], size=len(new))

    @contextmanager
    def in_real_time(self, firmware: Path, bridge: Path) -> Iterator[Controller]:
        """A device, and a controller in reach of it. Simulated time goes by as fast as that of the computer, or slower."""
        name, log = self._name()
        self.dumps = True
        controller, host = os.openpty()
        tty.setraw(host)
        os.set_blocking(controller, False)
        programs = [
            self._device(firmware, name, log)[0],
            [bridge, f"-s={name}", f"-d={Controller.number}", f"-rs={self.seed + 1}", "-testid=bridge", "-argstest", f"{controller}"],
            ["./bs_device_handbrake", f"-s={name}", "-d=2", "-r=1", "-pp=10e3"],
        ]
        dumps = self.directory / name
        with self._running(name, programs, Radio(), log, pass_fds=[controller]):
            yield Controller(f"serial:{os.ttyname(host)}", log, dumps)
        os.close(controller)
        os.close(host)
        shutil.move(self._results(name), dumps)

    def _results(self, name: str) -> Path:
        return self.bsim / "results" / name

    def _name(self) -> tuple[str, Path]:
        """A name and a log for a simulation."""
        number = next(_NUMBERS)
        return f"wamr-{os.getpid()}-{number}", self.directory / f"{number}.log"

    def _device(self, firmware: Path, name: str, log: Path) -> tuple[list, Path]:
        """The command of the device, and the file with its flash."""
        flash = log.with_suffix(".flash")
        contents = bytearray(b"\xff" * FLASH_SIZE)
        if self.full:
            contents[SLOTS] = bytes(SLOTS.stop - SLOTS.start)
        flash.write_bytes(contents)
        return [firmware, f"-s={name}", "-d=0", f"-rs={self.seed}", f"-flash_app_file={flash}"], flash

    @contextmanager
    def _running(self, name: str, programs: list[list], radio: Radio, log: Path, pass_fds=()) -> Iterator[list[subprocess.Popen]]:
        """Runs programs and the radio between them."""
        phy = ["./bs_2G4_phy_v1", f"-s={name}", f"-D={len(programs)}", f"-rs={self.seed + 2}", f"-sim_length={HOURS:.0f}"]
        # The radio may be stopped at any time.
        phy += [*(["-dump", "-dump_imm"] if self.dumps else ["-nodump"]), *radio.arguments()]
        with ExitStack() as stack, log.open("wb") as output:
            processes = []
            for program in [*programs, phy]:
                process = subprocess.Popen(
                    program,
                    cwd=self.bsim / "bin",
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=pass_fds,
                )
                stack.callback(process.wait)
                stack.callback(process.kill)
                processes.append(process)
            yield processes


def module_of(size: int, seed: int = 0) -> bytes:
    """A module of this size without code. Its bytes are not compressible."""
    # A custom section with a name of one character, and a length in five bytes.
    content = size - 8 - 1 - 5
    length = bytes((content >> shift & 0x7F) | (0x80 if shift < 28 else 0) for shift in range(0, 35, 7))
    noise = b"".join(hashlib.sha256(f"{seed} {index}".encode()).digest() for index in range(size // 32 + 1))
    return b"\0asm\1\0\0\0" + b"\0" + length + b"\1x" + noise[: content - 2]
