"""Bluetooth LE without a radio: virtual controllers on one virtual link.

Each controller is offered to its host as H4 over TCP, the way Zephyr's native_sim (`--bt-dev=HOST:PORT`) and
`wamrctl --hci tcp:HOST:PORT` want it. The controllers are Google Bumble's; this module adds what a real host needs of
them and Bumble leaves out.

    async with VirtualLink() as link:
        device = await link.open_port()          # TCP port for one host
        client = link.add_host("C0:00:00:00:00:01")  # a Bumble host in this process
"""

from __future__ import annotations

import asyncio
import logging

from bumble import hci, ll
from bumble.controller import Connection, Controller, LegacyAdvertiser
from bumble.core import PhysicalTransport
from bumble.device import Device
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink, PacketParser

logger = logging.getLogger(__name__)

AdvertisingType = hci.HCI_LE_Set_Advertising_Parameters_Command.AdvertisingType

DATA_LENGTH = 251
"""Bytes of payload in one link layer packet, and so in one ACL packet towards a host (data length extension)."""

DATA_TIME_US = 2120
"""Air time of such a packet on the 1M PHY, in microseconds; which HCI requires besides the length."""

ACL_START = 2
"""Packet boundary flag of the first fragment from controller to host (Core specification, Vol 4, Part E, 5.4.2)."""

ACL_CONTINUATION = 1
"""Packet boundary flag of every further fragment."""

ACTIVE_SCAN = 1
"""Type of a scan that asks advertisers for their scan responses (7.8.10)."""

HANDOVER = 0.1
"""Seconds after which a second host is refused."""


class _Link(LocalLink):
    """Bumble's link, with the sender's address taken from the connection.

    Bumble takes the random address instead, so that data from a host with a public address is dropped.
    """

    def send_acl_data(self, sender_controller, destination_address, transport, data):
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if transport != PhysicalTransport.LE or connection is None or receiver is None:
            return
        asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)


class _ScanInd(ll.AdvInd):
    """A scannable advertisement that accepts no connections (ADV_SCAN_IND)."""


class _Advertiser(LegacyAdvertiser):
    """Bumble's advertiser, which also sends advertisements that accept no connections. Bumble itself sends none."""

    def send_advertising_data(self):
        if self.enabled and self.advertising_type == AdvertisingType.ADV_SCAN_IND:
            self.controller.send_advertising_pdu(_ScanInd(self.address, self.advertising_data))
        else:
            super().send_advertising_data()


class VirtualController(Controller):
    """Bumble's controller with the commands and the manners that Zephyr and trouble-host count on."""

    le_acl_data_packet_length = DATA_LENGTH
    supported_max_tx_octets = supported_max_rx_octets = DATA_LENGTH
    supported_max_tx_time = supported_max_rx_time = DATA_TIME_US

    # Reports come in the legacy format, which every host understands; Bumble sends the extended one to a host
    # whatever it asked for as soon as the feature bit is set.
    le_features = Controller.le_features & ~(
        hci.LeFeatureMask.LE_EXTENDED_ADVERTISING | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.le_legacy_advertiser = _Advertiser(self)
        self._heard: ll.AdvertisingPdu | None = None

    def on_advertising_pdu(self, pdu):
        self._heard = pdu
        pending = self.pending_le_connection
        if isinstance(pdu, _ScanInd):
            self.pending_le_connection = None  # it goes on waiting
            super().on_advertising_pdu(pdu)
            self.pending_le_connection = pending
        else:
            super().on_advertising_pdu(pdu)

    def send_hci_packet(self, packet):
        if isinstance(packet, hci.HCI_LE_Advertising_Report_Event):
            [report] = packet.reports
            if report.event_type == packet.EventType.ADV_IND and isinstance(self._heard, _ScanInd):
                report.event_type = packet.EventType.ADV_SCAN_IND
                packet = hci.HCI_LE_Advertising_Report_Event([report])
            if report.event_type == packet.EventType.SCAN_RSP:
                # Bumble reports the advertisement a second time, also to a host that scans passively.
                if self.le_scan_type != ACTIVE_SCAN:
                    return
                report.data = self._scan_response(report.address)
                packet = hci.HCI_LE_Advertising_Report_Event([report])
        super().send_hci_packet(packet)

    def _scan_response(self, address: hci.Address) -> bytes:
        advertisers = (controller.le_legacy_advertiser for controller in self.link.controllers)
        return next((it.scan_response_data for it in advertisers if it.enabled and it.address == address), b"")

    def on_link_acl_data(self, sender_address, transport, data):
        connection = self.le_connections.get(sender_address)
        if transport != PhysicalTransport.LE or connection is None:
            return  # the connection ended while the data was on its way
        boundary = ACL_START
        for start in range(0, len(data), DATA_LENGTH):
            fragment = data[start : start + DATA_LENGTH]
            self.send_hci_packet(hci.HCI_AclDataPacket(connection.handle, boundary, 0, len(fragment), fragment))
            boundary = ACL_CONTINUATION

    def on_ll_control_pdu(self, sender_address, packet):
        if sender_address in self.le_connections:  # otherwise it ended while the packet was on its way
            super().on_ll_control_pdu(sender_address, packet)

    def on_hci_reset_command(self, command):
        self.reset()
        return super().on_hci_reset_command(command)

    def on_hci_le_create_connection_cancel_command(self, command):
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        # The event follows the command's own answer, which goes out when this method returns.
        asyncio.get_running_loop().call_soon(
            self.send_hci_packet,
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address.address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            ),
        )
        return super().on_hci_le_create_connection_cancel_command(command)

    def on_hci_le_set_phy_command(self, command):
        connection = self._accept(command)
        if connection:
            phy = hci.Phy.LE_2M if command.tx_phys & command.rx_phys & hci.PhyBit.LE_2M else hci.Phy.LE_1M
            for end in self._both_ends(connection):
                end.phy = phy
                end.controller.send_hci_packet(
                    hci.HCI_LE_PHY_Update_Complete_Event(
                        status=hci.HCI_ErrorCode.SUCCESS, connection_handle=end.handle, tx_phy=phy, rx_phy=phy
                    )
                )

    def on_hci_le_read_phy_command(self, command):
        # Until somebody asks for another.
        phy = getattr(self.find_le_connection_by_handle(command.connection_handle), "phy", hci.Phy.LE_1M)
        return hci.HCI_LE_Read_PHY_ReturnParameters(
            status=hci.HCI_ErrorCode.SUCCESS, connection_handle=command.connection_handle, tx_phy=phy, rx_phy=phy
        )

    def on_hci_le_set_data_length_command(self, command):
        connection = self.find_le_connection_by_handle(command.connection_handle)
        if connection is None:
            return hci.HCI_StatusAndConnectionHandleReturnParameters(
                hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR, command.connection_handle
            )
        for end in self._both_ends(connection):
            end.controller.send_hci_packet(
                hci.HCI_LE_Data_Length_Change_Event(
                    connection_handle=end.handle,
                    max_tx_octets=DATA_LENGTH,
                    max_tx_time=DATA_TIME_US,
                    max_rx_octets=DATA_LENGTH,
                    max_rx_time=DATA_TIME_US,
                )
            )
        return hci.HCI_StatusAndConnectionHandleReturnParameters(
            hci.HCI_ErrorCode.SUCCESS, command.connection_handle
        )

    def on_hci_le_remove_device_from_resolving_list_command(self, command):
        # Bumble resolves no addresses, so there is nothing to remove. It does not know how this command is answered either.
        self.send_hci_packet(
            hci.HCI_Command_Complete_Event(
                num_hci_command_packets=1,
                command_opcode=command.op_code,
                return_parameters=hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS),
            )
        )

    def reset(self) -> None:
        """Forgets everything a host has set up; its peers see the connection time out."""
        self.le_legacy_advertiser.stop()
        for advertising_set in self.advertising_sets.values():
            advertising_set.stop()
        self.advertising_sets.clear()
        self.le_scan_enable = False
        self.pending_le_connection = None
        for connection in list(self.le_connections.values()):
            connection.send_ll_control_pdu(ll.TerminateInd(hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR))
        self.le_connections.clear()

    def _accept(self, command) -> Connection | None:
        """Answers a command about a connection with a command status; the connection if there is one."""
        connection = self.find_le_connection_by_handle(command.connection_handle)
        known = connection is not None
        status = hci.HCI_COMMAND_STATUS_PENDING if known else hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR
        self._send_hci_command_status(status, command.op_code)
        return connection

    def _both_ends(self, connection: Connection) -> list[Connection]:
        """A connection as its two controllers have it."""
        peer = self.link.find_le_controller(connection.peer_address)
        other = peer and peer.le_connections.get(connection.self_address)
        return [connection, other] if other else [connection]


class _Port(asyncio.Protocol):
    """One TCP connection of one host; when it closes, the controller is as good as unplugged."""

    def __init__(self, controller: VirtualController):
        self.controller = controller
        self.parser = PacketParser(controller)
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport):
        if self.controller.host is None:
            self._take(transport)
        else:
            # The end of a host that was killed may be heard after the start of the next.
            transport.pause_reading()
            asyncio.get_running_loop().call_later(HANDOVER, self._take, transport)

    def _take(self, transport):
        if transport.is_closing():
            return
        if self.controller.host is not None:
            logger.warning("%s: refused a second host", self.controller.name)
            transport.abort()
            return
        self.transport = transport
        self.controller.host = self
        transport.resume_reading()

    def data_received(self, data):
        try:
            self.parser.feed_data(data)
        except ValueError:
            logger.warning("%s: not HCI, closing", self.controller.name)
            self.transport.abort()

    def connection_lost(self, exc):
        if self.transport is not None:
            self.controller.reset()
            self.controller.host = None

    def on_packet(self, packet: bytes) -> None:
        """Passes a packet from the controller to the host."""
        self.transport.write(packet)


class VirtualLink:
    """A link, the controllers on it, and the TCP ports they are reached by."""

    def __init__(self):
        self.link = _Link()
        self.controllers: dict[int, VirtualController] = {}
        """By TCP port."""
        self._servers: list[asyncio.Server] = []
        self._hosts: dict[Device, VirtualController] = {}
        self._count = 0

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for server in self._servers:
            server.close()
        for controller in self.link.controllers:
            if isinstance(controller.host, _Port):
                controller.host.transport.abort()

    async def open_port(self, port: int = 0, host: str = "127.0.0.1") -> int:
        """Adds a controller and listens for its host; returns the TCP port (a free one if `port` is 0)."""
        controller = self._add_controller()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Port(controller), host, port)
        self._servers.append(server)
        opened = server.sockets[0].getsockname()[1]
        self.controllers[opened] = controller
        return opened

    def add_host(self, address: str, name: str = "client") -> Device:
        """Adds a controller with a Bumble host on top, in this process; `power_on()` it before use."""
        controller = self._add_controller()
        device = Device(name=name, address=hci.Address(address), host=Host(controller, AsyncPipeSink(controller)))
        self._hosts[device] = controller
        return device

    def remove_host(self, device: Device) -> None:
        """Takes a host from `add_host` off the link, with its controller."""
        controller = self._hosts.pop(device)
        controller.reset()
        self.link.remove_controller(controller)

    def _add_controller(self) -> VirtualController:
        self._count += 1
        return VirtualController(
            f"controller {self._count}", link=self.link, public_address=f"C0:FF:EE:00:00:{self._count:02X}"
        )
