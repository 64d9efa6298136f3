"""Reads from the dumps of BabbleSim's radio what a client wrote over links that are not encrypted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cbor2

ADVERTISING = 0x8E89BED6
"""The access address that is not of a connection."""

# The header of a packet: whether it continues or starts a frame of L2CAP, and a bit that each new packet changes.
CONTINUES, STARTS, KIND = 1, 2, 3
SEQUENCE = 8

ATT = 4
"""The channel of L2CAP."""
WRITE_REQUEST, WRITE_COMMAND = 0x12, 0x52

BEGIN, COMMIT = 0, 1
"""Numbers of requests in docs/protocol.md."""


@dataclass
class Written:
    """An ATT message of a client, with the time of its first packet in microseconds."""

    time: int
    opcode: int
    value: bytes
    """After the opcode and the handle."""
    size: int
    """With the headers of L2CAP and ATT."""


@dataclass
class Upload:
    """One upload on the air, until the client asked the device to install the module."""

    frames: list[Written]
    ms: float
    """From the request that began it to the one that ended it, which a client sends when the whole module is durable."""

    @property
    def bytes(self) -> int:
        """The data frames, with the headers of L2CAP and ATT."""
        return sum(frame.size for frame in self.frames)


def _sent(dump: Path) -> Iterator[tuple[int, int, bytes]]:
    """The time, the header and the payload of each packet on connections, without those that were sent again."""
    with dump.open() as file:
        for address, rows in groupby(csv.DictReader(file), lambda row: int(row["phy_address"], 16)):
            if address == ADVERTISING:
                continue
            last = None
            for row in rows:
                packet = bytes.fromhex(row["packet"])
                sequence = packet[0] & SEQUENCE
                if sequence != last:
                    yield int(row["start_time"]), packet[0], packet[2 : 2 + packet[1]]
                last = sequence


def written(results: Path, client: int) -> Iterator[Written]:
    """The ATT messages of a client."""
    frame, time = b"", 0
    for start, header, payload in _sent(results / f"d_2G4_{client:02}.Tx.csv"):
        kind = header & KIND
        if kind == STARTS:
            frame, time = payload, start
        elif kind == CONTINUES and payload:
            frame += payload
        else:
            continue
        length, channel = int.from_bytes(frame[:2], "little"), int.from_bytes(frame[2:4], "little")
        if len(frame) == 4 + length and channel == ATT:
            yield Written(time, frame[4], frame[7:], len(frame))


def uploads(results: Path, client: int) -> list[Upload]:
    """The uploads of a client, one after the other."""
    found, begun, frames = [], 0, []
    for message in written(results, client):
        if message.opcode == WRITE_COMMAND:
            frames.append(message)
        elif message.opcode == WRITE_REQUEST:
            command = _command(message.value)
            if command == BEGIN:
                begun, frames = message.time, []
            elif command == COMMIT and frames:
                found.append(Upload(frames, (message.time - begun) / 1e3))
                frames = []
    return found


def _command(value: bytes) -> int | None:
    """The number of a request, if the value is one."""
    try:
        request = cbor2.load(io.BytesIO(value))
        return request[1][0]
    except (cbor2.CBORDecodeError, LookupError, TypeError):
        return None
