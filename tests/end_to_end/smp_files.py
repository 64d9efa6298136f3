"""Apps as files: a client of MCUmgr that knows nothing of apps installs them. Run separately, like smp_service.py."""

from __future__ import annotations

import pytest
from client import with_manifest
from conftest import guest
from signing import UNKNOWN, large, signed
from smp.error import MGMT_ERR
from smp.file_management import FS_MGMT_ERR
from smp_links import TRANSPORTS, UDPTransport, connected, service
from smpclient import SMPClient
from smpclient.exceptions import SMPUploadError
from smpclient.requests.file_management import FileUpload

ADD = with_manifest(guest("add"), "add", version=1)
PATH = "/wamr/add.wasm"


async def upload(client: SMPClient, module: bytes, path: str = PATH) -> list[int]:
    """Uploads a file as smpmgr does, and returns the offsets that the device has asked for."""
    return [offset async for offset in client.upload_file(module, path)]


async def error(client: SMPClient, module: bytes, path: str = PATH):
    """The device's error for a file."""
    with pytest.raises(SMPUploadError) as failed:
        await upload(client, module, path)
    [response] = failed.value.args
    return response.err.rc if hasattr(response, "err") else response.rc


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_file_is_an_app(rig, transport):
    module = signed(large(ADD))
    async with connected(rig, transport) as client:
        offsets = await upload(client, module)
        assert offsets[-1] == len(module)
        [app] = await service(client).apps()
        assert (await service(client).run(app.number, "add", [[0, 2], [0, 40]]))[1] == [0, [[0, 42]]]
        # The same app, in a newer version.
        await upload(client, signed(with_manifest(guest("add"), "add", version=2)), "/wamr/other")
        [app] = await service(client).apps()
        assert (await service(client).run(app.number, "add", [[0, 2], [0, 40]]))[1] == [0, [[0, 42]]]


async def test_refused_files(rig):
    forged = bytearray(signed(large(ADD)))
    forged[-1] ^= 1
    async with connected(rig, "serial") as client:
        for module, code, expected in (
            (ADD, 19, FS_MGMT_ERR.FILE_WRITE_FAILED),
            (signed(ADD, UNKNOWN), 21, FS_MGMT_ERR.FILE_WRITE_FAILED),
            (bytes(forged), 20, FS_MGMT_ERR.FILE_WRITE_FAILED),
            (b"no module at all", 6, FS_MGMT_ERR.FILE_WRITE_FAILED),
        ):
            assert await error(client, module) == expected
            assert await service(client).lines() == [f": refused {PATH} with code {code}"]
            assert await service(client).apps() == []
        await upload(client, signed(ADD))
        assert await service(client).lines() == [f": installed {PATH}"]


async def test_a_file_that_is_too_large_cannot_be_begun(rig):
    async with connected(rig, "udp") as client:
        content = signed(ADD)
        answer = await client.request(FileUpload(name=PATH, off=0, data=content, len=2**20))
        assert answer.err.rc == FS_MGMT_ERR.FILE_OPEN_FAILED
        answer = await client.request(FileUpload(name=PATH, off=len(content), data=b"more"))
        assert answer.err.rc == FS_MGMT_ERR.FILE_OFFSET_NOT_VALID


async def test_other_files_are_not_the_services_business(rig):
    async with connected(rig, "udp") as client:
        for path in ("/lfs/add.wasm", "/wamr", "/wamrx/add.wasm"):
            assert await error(client, signed(ADD), path) == MGMT_ERR.ENOTSUP


async def test_only_one_client_writes_files(rig):
    async with connected(rig, "serial") as client:
        await service(client).status()
        other = SMPClient(UDPTransport(rig), "127.0.0.1")
        await other.connect()
        assert await error(other, signed(ADD)) == MGMT_ERR.EBUSY
        await other.disconnect()


async def test_lost_answers_and_repeated_parts_do_no_harm(rig):
    module = signed(large(ADD))
    async with connected(rig, "udp") as client:
        offset = 0
        while offset < len(module):
            part = FileUpload(name=PATH, off=offset, data=module[offset : offset + 700], len=None if offset else len(module))
            first = await client.request(part)
            # The answer is lost, so the client sends the part again, with another number.
            again = FileUpload(name=PATH, off=offset, data=module[offset : offset + 700], len=None if offset else len(module))
            offset = (await client.request(again)).off
            assert offset >= first.off
        [app] = await service(client).apps()
        assert (await service(client).run(app.number, "add", [[0, 1], [0, 2]]))[1] == [0, [[0, 3]]]


async def test_a_gap_sends_the_client_back(rig):
    module = signed(large(ADD))
    async with connected(rig, "udp") as client:
        offset = (await client.request(FileUpload(name=PATH, off=0, data=module[:1000], len=len(module)))).off
        assert offset == 1000
        assert (await client.request(FileUpload(name=PATH, off=5000, data=module[5000:5100]))).off == 1000
        await client.request(FileUpload(name=PATH, off=2**31 + 1000, data=b"\x40" * 10))
        assert (await upload(client, module))[-1] == len(module)


async def test_the_same_file_resumes_after_a_loss_of_power(rig):
    module = signed(large(ADD))
    async with connected(rig, "udp") as client:
        offset = 0
        while offset < 10_000:
            data = module[offset : offset + 1000]
            offset = (await client.request(FileUpload(name=PATH, off=offset, data=data, len=len(module)))).off
        await client.disconnect()
        after = len(rig.console.text())
        await rig.restart()
        await rig.console.wait("ready for uploads", after)
        client = SMPClient(UDPTransport(rig), "127.0.0.1")
        await client.connect()
        answer = await client.request(FileUpload(name=PATH, off=offset, data=module[offset : offset + 1000]))
        assert answer.err.rc == FS_MGMT_ERR.FILE_OFFSET_NOT_VALID
        offsets = await upload(client, module)
        assert offsets[0] >= 8192, "two pages were durable"
        assert offsets[-1] == len(module)
        await client.disconnect()
