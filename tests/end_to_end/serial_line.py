"""A serial line between two ends, which are pseudo-terminals or TCP connections."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import tty


@contextlib.asynccontextmanager
async def terminal():
    """A pseudo-terminal: its device file for a program, and the other end as streams."""
    loop = asyncio.get_running_loop()
    near, far = pty.openpty()
    # Open, so that the terminal outlives programs.
    tty.setraw(far)
    reader = asyncio.StreamReader()
    reading, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(near), "rb", 0)
    )
    writing, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(loop), os.fdopen(os.dup(near), "wb", 0)
    )
    try:
        yield os.ttyname(far), (reader, asyncio.StreamWriter(writing, protocol, None, loop))
    finally:
        reading.close()
        writing.close()
        os.close(far)
        os.close(near)


async def connect(one, other) -> None:
    """Passes on the bytes between two pairs of streams until one of them ends."""

    async def pass_on(reader, writer) -> None:
        while content := await reader.read(4096):
            writer.write(content)
            await writer.drain()

    await asyncio.wait(
        [asyncio.create_task(pass_on(one[0], other[1])), asyncio.create_task(pass_on(other[0], one[1]))],
        return_when=asyncio.FIRST_COMPLETED,
    )
