"""Only clients that have paired with authentication may use a device, and they can pair only in pairing mode."""

from __future__ import annotations

import asyncio
import contextlib
import json

import cbor2
import pairing
import pytest
from bumble.att import ATT_Error
from bumble.core import ProtocolError
from bumble.gatt import Characteristic
from bumble.hci import HCI_Error, HCI_ErrorCode
from bumble.smp import ErrorCode
from client import (
    ABORT,
    ALWAYS,
    CONTROL,
    DATA,
    INSUFFICIENT_AUTHENTICATION,
    INSUFFICIENT_ENCRYPTION,
    LOG,
    MESSAGE,
    MTU_TOO_SMALL,
    REMOVE,
    RESULT,
    RUN,
    STATUS,
    Client,
    with_manifest,
)
from conftest import CLIENT, ROOT, guest

STRANGER = "C0:00:00:00:00:02"


async def att_error(attempt) -> int:
    with pytest.raises(ATT_Error) as error:
        await attempt
    return error.value.error_code


async def pairing_error(attempt) -> int:
    with pytest.raises(ProtocolError) as error:
        await attempt
    return error.value.error_code


WRITTEN = {
    CONTROL: [cbor2.dumps({0: 1, 1: command}) for command in ([REMOVE, 0], [ABORT], [RUN, 0, "next", []])],
    DATA: [bytes(4) + guest("add")],
}
"""Values that a stranger writes; a single byte for all other characteristics."""


async def assert_shut(client: Client, error: int) -> None:
    """Every value of the service is refused with this error, and nothing is notified."""
    can = Characteristic.Properties
    for value in client.service.characteristics:
        known = value.uuid in (CONTROL, DATA, LOG, MESSAGE, RESULT, STATUS)
        assert known, f"{value.uuid} is new: say in WRITTEN, if it can be written, what a stranger would write to it"
        assert not value.properties & ~(can.READ | can.WRITE | can.WRITE_WITHOUT_RESPONSE | can.NOTIFY)
        if value.properties & can.READ:
            assert await att_error(value.read_value()) == error
        for content in WRITTEN.get(value.uuid, [b"\1"]):
            if value.properties & (can.WRITE | can.WRITE_WITHOUT_RESPONSE):
                assert await att_error(value.write_value(content, with_response=True)) == error
            if value.properties & can.WRITE_WITHOUT_RESPONSE:
                await value.write_value(content, with_response=False)
                assert await value.discover_descriptors() == [], "there is no answer to a write without response"
        if value.properties & can.NOTIFY:
            assert await att_error(value.subscribe(lambda _: None)) == error
    assert client.heard == []


async def assert_no_pairing(rig, client: Client) -> None:
    """Pairing mode is closed: nobody learns a passkey."""
    after = len(rig.console.text())
    attempt = pairing.with_passkey(client.connection, rig.console)
    if rig.is_twin:  # its host cannot refuse, so it disconnects
        with pytest.raises(asyncio.CancelledError):
            await attempt
    else:
        assert await pairing_error(attempt) == ErrorCode.PAIRING_NOT_SUPPORTED
        await assert_shut(client, INSUFFICIENT_AUTHENTICATION)
    assert not pairing.PASSKEY.search(rig.console.text()[after:])


@contextlib.asynccontextmanager
async def stranger(rig, address: str = STRANGER):
    async with rig.host(address) as host:
        yield await Client.connect_only(host)


async def snapshot(rig) -> tuple:
    """The device's status and result, as a client sees them."""
    async with rig.client() as client:
        return await client.status(), await client.result()


async def test_strangers_are_refused_and_change_nothing(rig):
    async with rig:
        async with rig.client() as client:
            await client.install(guest("counter"))
            await client.run("next")
            await client.begin(guest("add"))
            await client.frame(0, guest("add")[:16])
        before = await snapshot(rig)
        assert before[0][4][2] == 0 and len(before[0][3]) == 1

        async with stranger(rig) as client:
            await assert_shut(client, INSUFFICIENT_AUTHENTICATION)
        # The bonded client's address is public, but this client does not have the key that belongs to it.
        async with stranger(rig, CLIENT) as client:
            await assert_shut(client, INSUFFICIENT_ENCRYPTION)
        assert await snapshot(rig) == before

        async with rig.client() as client:
            await client.ask(ABORT)
            assert (await client.run("next"))[1] == [0, [[0, 2]]], "the same instance goes on"


async def test_strangers_get_no_log_lines(rig):
    async with rig:
        async with rig.client() as client:
            await client.listen()
            await client.install(with_manifest(guest("hello"), "hello", entry="hello", restart=ALWAYS))
            for _ in range(2):
                await asyncio.wait_for(client.logs.get(), 10)
        # The subscription belongs to the bond, and the second stranger has the bonded client's address.
        for address, error in (STRANGER, INSUFFICIENT_AUTHENTICATION), (CLIENT, INSUFFICIENT_ENCRYPTION):
            async with stranger(rig, address) as client:
                for _ in range(3):
                    await rig.console.wait("Hello from WebAssembly", len(rig.console.text()))
                await asyncio.sleep(0.5)
                await assert_shut(client, error)
        async with rig.client() as client:
            await client.listen()
            await asyncio.wait_for(client.logs.get(), 10)


async def test_the_error_makes_a_bonded_client_encrypt(rig):
    async with rig:
        async with rig.client():
            pass
        async with rig.host(CLIENT, rig.bonds) as host:
            client = await Client.connect_only(host)
            await assert_shut(client, INSUFFICIENT_ENCRYPTION)
            await client.connection.encrypt()
            await client.subscribe()
            await client.ask(ABORT)


async def test_values_are_not_truncated_to_a_small_mtu(rig):
    async with rig:
        async with rig.client() as client:
            await client.listen()
            await client.install(with_manifest(guest("hello"), "hello", entry="hello", restart=ALWAYS))
        async with rig.host(CLIENT, rig.bonds) as host:
            client = await Client.connect_only(host, mtu=184)
            await client.connection.encrypt()
            for uuid in (CONTROL, STATUS, RESULT, LOG):
                assert await att_error(client.characteristics[uuid].subscribe(lambda _: None)) == MTU_TOO_SMALL
            assert await att_error(client.send(cbor2.dumps({0: 1, 1: [ABORT]}))) == MTU_TOO_SMALL
            assert len((await client.status())[3]) == 1, "a read puts the parts together"
        async with rig.host(CLIENT, rig.bonds) as host:
            client = await Client.connect_only(host, mtu=185)
            await client.connection.encrypt()
            await client.subscribe()
            await client.ask(ABORT)


async def test_a_merely_encrypted_client_is_refused(rig, kconfig):
    async with rig, stranger(rig) as client:
        if kconfig("BT_SMP_SC_ONLY"):
            assert await pairing_error(pairing.just_works(client.connection)) == ErrorCode.AUTHENTICATION_REQUIREMENTS
            assert not client.connection.is_encrypted
        else:
            await pairing.just_works(client.connection)
            assert client.connection.is_encrypted
        await assert_shut(client, INSUFFICIENT_AUTHENTICATION)


async def test_legacy_pairing_is_refused(rig):
    async with rig, stranger(rig) as client:
        error = await pairing_error(pairing.with_passkey(client.connection, rig.console, sc=False))
        assert error == ErrorCode.AUTHENTICATION_REQUIREMENTS
        await assert_shut(client, INSUFFICIENT_AUTHENTICATION)


async def test_bonds_survive_a_restart_and_others_pair_only_in_pairing_mode(rig):
    async with rig:
        async with rig.client() as client:
            await client.install(guest("add"))
        # The first success has closed pairing mode.
        async with stranger(rig) as client:
            await assert_no_pairing(rig, client)
        async with rig.client() as client:
            assert len(await client.apps()) == 1

        rig.stop()
        rig.start()
        async with rig.client() as client:
            assert client.connection.is_encrypted
            assert len(await client.apps()) == 1
        # Bonds do not close it. On this board, it is open after a start.
        async with stranger(rig) as client:
            await pairing.with_passkey(client.connection, rig.console)
            await client.subscribe()
            assert len(await client.apps()) == 1


async def test_wrong_passkeys_close_pairing_mode(rig):
    async with rig:
        await rig.console.wait("pairing mode is open")
        for _ in range(3):
            async with stranger(rig) as client:
                error = await pairing_error(pairing.with_passkey(client.connection, rig.console, wrong=True))
                assert error == ErrorCode.CONFIRM_VALUE_FAILED
                await assert_shut(client, INSUFFICIENT_AUTHENTICATION)
        async with stranger(rig) as client:
            await assert_no_pairing(rig, client)


async def test_wamrctl_pairs_once_and_reconnects(rig, program):
    async with rig:
        wrong = await program.on_device("apps", passkey="000000", status=4)
        assert "the passkey was wrong" in wrong[1]
        assert not program.bonds.exists()

        _, err = await program.on_device("apps")
        assert "Paired" in err
        assert program.bonds.stat().st_mode & 0o777 == 0o600
        _, err = await program.on_device("upload", ROOT / "guest/add.wasm", "--invoke", "add", 2, 3)
        assert "Paired" not in err and "Passkey" not in err
        rig.stop()
        rig.start()
        out, err = await program.on_device("apps", "--json")
        assert "Paired" not in err and len(json.loads(out)) == 1

        # Without its bonds it is a stranger. Pairing mode, which is open after the restart, closes with the first pairing.
        program.bonds.rename(program.bonds.with_suffix(".old"))
        await program.on_device("apps")
        program.bonds.unlink()
        _, err = await program.on_device("apps", status=4)
        assert ("did not pair" if rig.is_twin else "does not take new clients now") in err and "pairing mode" in err
        program.bonds.with_suffix(".old").rename(program.bonds)
        assert len(json.loads((await program.on_device("apps", "--json"))[0])) == 1


async def assert_forgotten(rig) -> None:
    """The tests' client still has its key, but the device has deleted its own."""
    async with rig.host(CLIENT, rig.bonds) as host:
        client = await Client.connect_only(host)
        if rig.is_twin:  # its host disconnects
            with pytest.raises(asyncio.CancelledError):
                await client.connection.encrypt()
            return
        with pytest.raises(HCI_Error) as error:
            await client.connection.encrypt()
        assert error.value.error_code == HCI_ErrorCode.PIN_OR_KEY_MISSING_ERROR
        await assert_shut(client, INSUFFICIENT_AUTHENTICATION)


async def test_bonds_are_listed_and_a_removed_one_no_longer_works(rig, program):
    async with rig:
        await program.on_device("apps")
        rig.stop()
        rig.start()
        async with rig.client() as client:
            await client.install(guest("add"))
        out, _ = await program.on_device("bonds", "list", "--json")
        bonds = json.loads(out)
        [other, own] = sorted(bonds, key=lambda bond: bond["current"])
        assert other == {"address": CLIENT, "random": True, "current": False, "owner": False}
        assert own["current"] and own["owner"]

        await program.on_device("bonds", "remove", CLIENT)
        assert json.loads((await program.on_device("bonds", "list", "--json"))[0]) == [own]
        await assert_forgotten(rig)
        rig.stop()
        rig.start()
        await assert_forgotten(rig)

        # It removes its own bond: the device answers and then disconnects.
        out, _ = await program.on_device("bonds", "remove", own["address"])
        assert own["address"] in out
        await asyncio.sleep(1)
        # It can pair again, with the user's consent, because the device is in pairing mode after its restart.
        _, err = await program.on_device("apps", says="n\n", status=4)
        assert "lost its bond with this computer" in err and "bonds forget" in err and "pairing mode" in err, err
        _, err = await program.on_device("apps", says="y\n")
        assert "Paired" in err
        out, err = await program.on_device("apps", "--json")
        assert len(json.loads(out)) == 1 and "Passkey" not in err

        # Pairing mode is closed now.
        [own] = [bond for bond in json.loads((await program.on_device("bonds", "list", "--json"))[0]) if bond["current"]]
        await program.on_device("bonds", "remove", own["address"])
        await asyncio.sleep(1)
        _, err = await program.on_device("apps", says="y\n", status=4)
        assert "pairing mode" in err, err
        if not rig.is_twin:  # its host cannot refuse, so it disconnects
            assert "lost its bond" in err and "does not take new clients now" in err, err

        # This computer's side of the bond.
        [device] = json.loads(program.bonds.read_text())["devices"]
        await program.run("bonds", "forget", "C0:00:00:00:00:07", "--bonds", program.bonds, status=2)
        out, _ = await program.run("bonds", "forget", device.lower(), "--bonds", program.bonds)
        assert device in out and json.loads(program.bonds.read_text())["devices"] == {}
        rig.stop()
        rig.start()
        _, err = await program.on_device("apps")
        assert "Paired" in err and "lost its bond" not in err
