"""An app reaches what its manifest lists, and what is listed the device has."""

from __future__ import annotations

import pytest
from client import RETURNED, UNDECLARED_CAPABILITY, UNKNOWN_CAPABILITY, Refused, i32, with_manifest
from conftest import ROOT, guest


def listing(module: str, *capabilities: str) -> bytes:
    return with_manifest(guest(module), "app", capabilities=list(capabilities))


async def test_what_goes_beyond_its_list_is_refused_and_the_app_before_it_lives_on(bench):
    async with bench, bench.client() as client:
        await client.install(listing("counter"))
        assert (await client.run("next"))[1] == [RETURNED, [i32(1)]]
        for module, code, name in (
            (listing("hello"), UNDECLARED_CAPABILITY, "wamr"),
            (listing("hello", "gpio"), UNDECLARED_CAPABILITY, "wamr"),
            (listing("hello", "wamr", "gpio"), UNKNOWN_CAPABILITY, "gpio"),
        ):
            with pytest.raises(Refused) as refused:
                await client.install(module)
            assert (refused.value.code, refused.value.message) == (code, name)
        assert (await client.run("next"))[1] == [RETURNED, [i32(2)]], "the same instance goes on"
        await client.install(listing("hello", "wamr"))


async def test_wamrctl_lists_what_is_imported_and_tells_what_to_do(bench, program, tmp_path):
    app = tmp_path / "app.wasm"
    async with bench:
        app.write_bytes(listing("hello"))
        _, error = await program.on_device("upload", app, status=3)
        assert "undeclared capability: wamr" in error and "wamrctl manifest" in error
        await program.run("manifest", ROOT / "guest/hello.wasm", "--name", "app", "-o", app)
        await program.on_device("upload", app)
