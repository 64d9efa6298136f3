"""An app of a project from `wamrctl new`, from its first build to a version that does not work."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT
from program import Signer
from test_messages import send, started, with_the_groups  # noqa: F401: the fixture skips other firmware

HERE = Path(__file__).parent
SDK = ROOT / "guest" / "sdk"


@pytest.fixture
def target(request):
    """Skips without the compiler, and with firmware that has no timers."""
    if request.config.getoption("--build-dir", None) and not request.getfixturevalue("kconfig")("WAMR_ZEPHYR_HOST_TIMER"):
        pytest.skip("the firmware has no timers")
    where = ["rustc", "--print", "target-libdir", "--target", "wasm32-unknown-unknown"]
    libraries = shutil.which("rustc") and subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
    if not libraries or not list(Path(libraries).glob("libcore-*.rlib")):
        pytest.skip("rustc lacks a target: rustup target add wasm32-unknown-unknown")


class Project:
    """The project. Its app is signed with a key of its own."""

    def __init__(self, program, directory: Path):
        self._program = program
        self._directory = directory
        self._signer = Signer(program, directory, "key")

    async def make(self, main: str) -> Path:
        """Makes it and its key. Returns the file of the public key."""
        await self._program.run("new", "project", "--sdk", SDK, cwd=self._directory)
        self._main = main
        await self._signer.make()
        return self._signer.public

    async def build(self, version: int) -> Path:
        project = self._directory / "project"
        (project / "src/main.rs").write_text(self._main.replace("VERSION: u8 = 1", f"VERSION: u8 = {version}"))
        # A build of firmware sets its own compiler.
        own = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "RUSTC", "RUSTFLAGS")
        environment = {key: value for key, value in os.environ.items() if key not in own}
        build = await asyncio.create_subprocess_exec(
            "cargo", "build", "--quiet", "--release", "--offline", cwd=project, env=environment, stderr=subprocess.PIPE
        )
        _, errors = await build.communicate()
        assert build.returncode == 0, errors.decode()
        built, app = project / "target/wasm32-unknown-unknown/release/project.wasm", project / f"{version}.wasm"
        await self._program.run("manifest", built, "--name", "project", "--version", version, "--counter", version, "-o", app)
        app.write_bytes(await self._signer.sign(app.read_bytes()))
        return app


async def answer(client, message: bytes) -> bytes:
    """What the app answers."""
    await send(client, message)
    while True:
        _, content = await asyncio.wait_for(client.messages.get(), 20)
        if content != b"tick":
            return content


async def test_an_app_from_its_project_to_a_version_that_fails(target, rig, program, tmp_path):
    # What the SDK needs is then on this machine.
    subprocess.run(["cargo", "fetch", "--quiet", "--locked"], cwd=ROOT / "guest", check=True)
    project = Project(program, tmp_path)
    key = await project.make((HERE / "project/main.rs").read_text())
    app = await project.build(1)
    async with rig:
        await program.on_device("trust", key)
        await program.on_device("upload", app)
        # This client pairs, too, which it can only soon after a start.
        await rig.restart()
        async with rig.client() as client:
            await started(client)
            await client.listen_to_messages()
            [number] = await client.apps()
            assert await asyncio.wait_for(client.messages.get(), 20) == (number, b"tick"), "an event"
            assert await answer(client, b"21.5") == b"121.5"
        await rig.restart()
        async with rig.client() as client:
            await started(client)
            await client.listen_to_messages()
            assert await answer(client, b"?") == b"121.5", "after a restart"
        await program.on_device("upload", await project.build(2))
        out, _ = await program.on_device("upload", await project.build(3), status=1)
        assert "The previous version is restored" in out and "unreachable" in out
        async with rig.client() as client:
            await started(client)
            await client.listen_to_messages()
            assert await answer(client, b"?") == b"221.5", "after an upgrade and a revert"
