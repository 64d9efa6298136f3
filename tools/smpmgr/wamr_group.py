"""A plug-in for smpmgr: installs, calls and watches WebAssembly apps over SMP.

    smpmgr --plugin-path=tools/smpmgr --port /dev/ttyACM0 wamr apps
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Optional, TypeVar, cast

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from smpclient.exceptions import SMPClientException
from smpmgr.common import Options, get_smpclient

sys.path.append(str(Path(__file__).parent))

from wamr_smp import DESCRIBE, REFUSALS, Failed, Refused, Service  # noqa: E402

app = typer.Typer(name="wamr", help="WebAssembly apps on devices with wamr-zephyr.")

T = TypeVar("T")

STATES = ("stopped", "started", "waiting", "disabled", "on trial", "disabled")
RESTARTS = ("never", "on-failure", "always")
TRAPS = {
    1: "unreachable executed",
    2: "memory access out of bounds",
    3: "table access out of bounds",
    4: "indirect call to null",
    5: "indirect call with the wrong type",
    6: "integer overflow",
    7: "integer division by zero",
    8: "invalid conversion to integer",
    9: "stack overflow",
    10: "host function failed",
}
LIMITS = ("fuel", "deadline", "host calls", "host time")
TYPES = {1: "i32", 2: "i64", 3: "f32", 4: "f64"}

ADVICE = {
    1: "wait until the device has finished its current work, and try again",
    8: "stop or remove another app",
    15: "remove an app first",
    16: "the app is stopped or waits for its restart",
    19: "sign it with `wamrctl sign` and a key that the device trusts",
    21: "the owner of the device can make it trust the key with `wamrctl trust`",
    28: "over SMP on a serial port or UDP, clients are operators unless the firmware permits more",
}
"""Advice for a refusal."""


def _device(ctx: typer.Context, work: Callable[[Service, int], Awaitable[T]]) -> T:
    """Connects to the device, and does this with its service. The second argument is how many bytes fit into a request."""

    async def session() -> T:
        client = get_smpclient(cast(Options, ctx.obj))
        await client.connect()
        try:
            service = Service(client)
            done = await work(service, client._transport.max_unencoded_size)
            await service.end()
            return done
        finally:
            await client.disconnect()

    try:
        return asyncio.run(session())
    except Refused as refused:
        _fail(f"the device refused: {refused}", ADVICE.get(refused.code))
    except Failed as failed:
        _fail(str(failed))
    except TimeoutError:
        _fail("no answer from the device", "check the address and the cable, and whether the firmware serves SMP there")
    except (OSError, SMPClientException) as error:
        _fail(f"the connection failed: {error or type(error).__name__}")


def _fail(message: str, help: str | None = None) -> None:
    typer.echo(f"error: {message}", err=True)
    if help:
        typer.echo(f"help: {help}", err=True)
    raise typer.Exit(code=1)


async def _details(service: Service) -> list[tuple]:
    """The apps with their details."""
    return [(app, (await service.ask(DESCRIBE, app.number))[2]) for app in await service.apps()]


async def _find(service: Service, wanted: str) -> int:
    """The number of the app with this name or number."""
    apps = await _details(service)
    for is_meant in (lambda app, details: details[0] == wanted, lambda app, details: str(app.number) == wanted):
        for number in (app.number for app, details in apps if wanted and is_meant(app, details)):
            return number
    names = ", ".join(f"{details[0] or '-'} ({app.number})" for app, details in apps)
    raise Failed(f"the device has no app `{wanted}`; " + (f"it has {names}" if names else "it has none"))


@app.command()
def apps(ctx: typer.Context) -> None:
    """List the installed apps."""
    found = _device(ctx, lambda service, _: _details(service))
    if not found:
        typer.echo("No apps are installed")
        return
    typer.echo(f"{'':<3} {'name':<16} {'version':>8} {'bytes':>8}  {'restart':<10} state")
    for item, details in found:
        failed = f", failed {item.failures} times in a row" if item.failures else ""
        typer.echo(
            f"{item.number:<3} {details[0] or '-':<16} {details[1]:>8} {details[2]:>8}  {RESTARTS[details[3]]:<10} "
            f"{STATES[item.state]}{failed}"
        )


@app.command()
def upload(ctx: typer.Context, module: Annotated[Path, typer.Argument(help="The module, signed if the device demands it")]) -> None:
    """Install an app. An interrupted upload resumes."""
    try:
        content = module.read_bytes()
    except OSError as error:
        _fail(f"cannot read the module: {error}")
    if not content.startswith(b"\0asm\1\0\0\0"):
        _fail(f"{module} is not a WebAssembly module")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("Uploading", total=len(content))
        _device(
            ctx,
            # What surrounds the bytes of the module: the headers of SMP and of the frame, and CBOR.
            lambda service, size: service.upload(content, size - 40, lambda offset: progress.update(task, completed=offset)),
        )
    typer.echo(f"Installed {module.name}, {len(content)} bytes")


@app.command(context_settings={"ignore_unknown_options": True})
def call(
    ctx: typer.Context,
    app_name: Annotated[str, typer.Argument(metavar="APP", help="App name, or number in `apps`")],
    export: Annotated[str, typer.Argument(help="Exported function")],
    arguments: Annotated[Optional[list[str]], typer.Argument(help="Numbers")] = None,
    millis: Annotated[Optional[int], typer.Option(help="Stop the call after this time")] = None,
) -> None:
    """Call a function of an installed app."""

    async def work(service: Service, _: int) -> dict:
        number = await _find(service, app_name)
        words = arguments or []
        limits = {1: millis} if millis is not None else None
        try:
            return await service.run(number, export, [_value(word, _likely(word)) for word in words], limits)
        except Refused as refused:
            if refused.code != 12 or refused.bound is None:
                raise
            types = _types(refused.bound)
        if len(types) != len(words):
            raise Failed(f"`{export}` takes ({', '.join(types)}): {len(types)} arguments, not {len(words)}")
        return await service.run(number, export, [_value(word, kind) for word, kind in zip(words, types)], limits)

    receipt = _device(ctx, work)
    what, *of = receipt[1]
    if what == 0:
        typer.echo(f"Returned  {', '.join(str(value) for _, value in of[0]) or 'nothing'}")
    elif what == 1:
        typer.echo(f"Trapped   {of[1] or TRAPS.get(of[0], 'trap')}")
    else:
        typer.echo(f"Stopped   {LIMITS[of[0]]}: {of[2]} of {of[1]}")
    typer.echo(f"Fuel      {receipt[2]} instructions")
    typer.echo(f"Time      {receipt[3]} µs")
    typer.echo(f"Memory    {receipt[4]} bytes, and {receipt[5]} bytes of its quota")
    if what != 0:
        raise typer.Exit(code=3)


@app.command()
def log(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more lines, until Ctrl-C")] = False,
) -> None:
    """Show the latest log lines of all apps, each once."""

    async def work(service: Service, _: int) -> None:
        while True:
            lines = await service.lines()
            for line in lines:
                typer.echo(_readable(line))
            if not lines:
                if not follow:
                    return
                await asyncio.sleep(0.5)

    try:
        _device(ctx, work)
    except KeyboardInterrupt:
        pass


def _readable(line: str) -> str:
    """A line, with the meaning of a refusal's code. Lines of the device itself start with a colon, and no line of an app does."""
    refused = re.fullmatch(r": (refused .*) with code (\d+)", line)
    if refused:
        return f"device: {refused[1]}: {REFUSALS.get(int(refused[2]), f'code {refused[2]}')}"
    return f"device{line}" if line.startswith(":") else line


def _types(packed: int) -> list[str]:
    """The types of parameters, from the bound of a refusal."""
    types = []
    while packed:
        types.append(TYPES.get(packed & 15, "reference"))
        packed >>= 4
    return types


def _likely(word: str) -> str:
    """The type that an argument has if nothing else is known. The device refuses others, and says which it wants."""
    try:
        return "i32" if -(2**31) <= int(word, 0) < 2**32 else "i64"
    except ValueError:
        return "f64"


def _value(word: str, kind: str) -> list:
    number = {name: key - 1 for key, name in TYPES.items()}.get(kind)
    try:
        return [number, int(word, 0) if kind in ("i32", "i64") else float(word)]
    except (ValueError, TypeError):
        raise Failed(f"`{word}` is not of type {kind}") from None
