"""The virtual link between two Bumble hosts, one of them over TCP as a real host would be."""

import asyncio

import pytest
from bumble import hci
from bumble.core import AdvertisingData, CommandTimeoutError, ConnectionError, TimeoutError
from bumble.device import AdvertisingType, Device, Peer
from bumble.gatt import Characteristic, Service
from bumble.host import Host
from bumble.transport.tcp_client import open_tcp_client_transport
from virtual_link import VirtualLink

SERVICE = "6b1d0001-0f1e-4a61-9c35-5d0a2b1c7e10"
VALUE = "6b1d0002-0f1e-4a61-9c35-5d0a2b1c7e10"
CENTRAL = "C0:00:00:00:00:01"


def run(test):
    """Runs an async test with a link, and fails it rather than hang."""
    async def timed():
        async with VirtualLink() as link:
            await asyncio.wait_for(test(link), timeout=10)
    asyncio.run(timed())


async def peripheral_over_tcp(link, address_type, on_write=lambda data: None):
    """A Bumble host behind a TCP port, advertising a service with one writable characteristic."""
    port = await link.open_port()
    transport = await open_tcp_client_transport(f"127.0.0.1:{port}")
    device = Device(name="p", address=hci.Address("C0:00:00:00:00:02"), host=Host(transport.source, transport.sink))
    value = Characteristic(
        VALUE, Characteristic.Properties.WRITE_WITHOUT_RESPONSE | Characteristic.Properties.NOTIFY,
        Characteristic.WRITEABLE, b"",
    )
    value.on("write", lambda _connection, data: on_write(data))
    device.add_service(Service(SERVICE, [value]))
    await device.power_on()
    await device.start_advertising(
        auto_restart=False, own_address_type=address_type, advertising_interval_min=20,
        advertising_data=bytes(AdvertisingData([(AdvertisingData.FLAGS, b"\x06")])),
    )
    address = device.public_address if address_type == hci.OwnAddressType.PUBLIC else device.random_address
    return device, value, address, transport


@pytest.mark.parametrize("address_type", [hci.OwnAddressType.PUBLIC, hci.OwnAddressType.RANDOM])
def test_data_longer_than_a_packet_goes_both_ways(address_type):
    async def scenario(link):
        written = asyncio.get_running_loop().create_future()
        device, value, address, _ = await peripheral_over_tcp(link, address_type, written.set_result)
        central = link.add_host(CENTRAL)
        await central.power_on()
        connection = await central.connect(address)
        peer = Peer(connection)
        assert await peer.request_mtu(498) == 498
        await peer.discover_services()
        await peer.discover_characteristics(uuids=[VALUE])
        [remote] = peer.get_characteristics_by_uuid(VALUE)
        notified = asyncio.get_running_loop().create_future()
        await remote.subscribe(notified.set_result)
        payload = bytes(range(256)) + bytes(239)
        await remote.write_value(payload)
        assert await written == payload
        await device.notify_subscribers(value, payload)
        assert await notified == payload
    run(scenario)


def test_phy_and_data_length_are_answered():
    async def scenario(link):
        _, _, address, _ = await peripheral_over_tcp(link, hci.OwnAddressType.RANDOM)
        central = link.add_host(CENTRAL)
        await central.power_on()
        connection = await central.connect(address)
        assert (await connection.get_phy()).tx_phy == hci.Phy.LE_1M
        await connection.set_phy([hci.Phy.LE_2M], [hci.Phy.LE_2M])
        assert (await connection.get_phy()).tx_phy == hci.Phy.LE_2M
        await connection.set_data_length(251, 2120)
    run(scenario)


def test_a_host_that_vanishes_is_a_lost_connection():
    async def scenario(link):
        _, _, address, transport = await peripheral_over_tcp(link, hci.OwnAddressType.RANDOM)
        central = link.add_host(CENTRAL)
        await central.power_on()
        connection = await central.connect(address)
        lost = asyncio.get_running_loop().create_future()
        connection.on(connection.EVENT_DISCONNECTION, lost.set_result)
        transport.sink.close()
        assert await lost == hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
    run(scenario)


def test_a_cancelled_connect_does_not_block_the_next():
    async def scenario(link):
        central = link.add_host(CENTRAL)
        await central.power_on()
        with pytest.raises((TimeoutError, CommandTimeoutError, ConnectionError)):
            await central.connect(hci.Address("C0:00:00:00:00:99"), timeout=0.2)
        _, _, address, _ = await peripheral_over_tcp(link, hci.OwnAddressType.RANDOM)
        await central.connect(address, timeout=2)
    run(scenario)


def test_an_advertisement_without_connections_is_heard_and_not_connected_to():
    async def scenario(link):
        device, _, address, _ = await peripheral_over_tcp(link, hci.OwnAddressType.RANDOM)
        await device.stop_advertising()
        await device.start_advertising(
            advertising_type=AdvertisingType.UNDIRECTED_SCANNABLE, own_address_type=hci.OwnAddressType.RANDOM,
            advertising_interval_min=20, advertising_data=bytes(AdvertisingData([(AdvertisingData.FLAGS, b"\x06")])),
        )
        central = link.add_host(CENTRAL)
        await central.power_on()
        heard = asyncio.get_running_loop().create_future()
        central.on("advertisement", lambda advertisement: heard.done() or heard.set_result(advertisement))
        await central.start_scanning(filter_duplicates=False)
        advertisement = await heard
        assert advertisement.address == address and not advertisement.is_connectable
        await central.stop_scanning()
        with pytest.raises((TimeoutError, CommandTimeoutError, ConnectionError)):
            await central.connect(address, timeout=0.5)
    run(scenario)


def test_a_port_serves_one_host_at_a_time():
    async def scenario(link):
        port = await link.open_port()
        _, first = await asyncio.open_connection("127.0.0.1", port)
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        try:
            refused = await reader.read(1) == b""
        except ConnectionResetError:
            refused = True
        assert refused
        first.close()
        await first.wait_closed()
        second.close()
    run(scenario)
