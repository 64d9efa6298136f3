"""An app can only use the capabilities in its manifest, and the device must offer all of them."""

from __future__ import annotations

import pytest
from client import RETURNED, UNDECLARED_CAPABILITY, UNKNOWN_CAPABILITY, Refused, i32, with_manifest
from conftest import ROOT, guest


def listing(module: str, *capabilities: str) -> bytes:
    return with_manifest(guest(module), "app", capabilities=list(capabilities))


async def test_an_import_beyond_the_list_is_refused_and_the_previous_app_stays(rig):
    async with rig, rig.client() as client:
        await client.install(listing("counter"))
        assert (await client.run("next"))[1] == [RETURNED, [i32(1)]]
        for module, code, name in (
            (listing("hello"), UNDECLARED_CAPABILITY, "wamr"),
            (listing("hello", "laser"), UNDECLARED_CAPABILITY, "wamr"),
            (listing("hello", "wamr", "laser"), UNKNOWN_CAPABILITY, "laser"),
        ):
            with pytest.raises(Refused) as refused:
                await client.install(module)
            assert (refused.value.code, refused.value.message) == (code, name)
        assert (await client.run("next"))[1] == [RETURNED, [i32(2)]], "the same instance goes on"
        await client.install(listing("hello", "wamr"))


async def test_an_import_of_which_the_owner_denies_everything_is_refused(rig):
    async with rig, rig.client() as client:
        for denied in (0b10, 0b11, 0xFFFF):
            with pytest.raises(Refused) as refused:
                await client.install(listing("hello", "other", "wamr"), denied=denied)
            assert (refused.value.code, refused.value.message) == (UNDECLARED_CAPABILITY, "wamr")
        # The device does not offer the first entry, which does not count.
        await client.install(listing("hello", "other", "wamr"), denied=0b01)


async def test_wamrctl_lists_imports_and_gives_advice(rig, program, tmp_path):
    app = tmp_path / "app.wasm"
    async with rig:
        app.write_bytes(listing("hello"))
        _, error = await program.on_device("upload", app, status=3)
        assert "undeclared capability: wamr" in error and "wamrctl manifest" in error
        await program.run("manifest", ROOT / "guest/hello.wasm", "--name", "app", "-o", app)
        await program.on_device("upload", app)
