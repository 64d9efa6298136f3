//! H4, the framing of HCI packets on a byte stream (Bluetooth Core specification, Vol 4, Part A).

use bt_hci::transport::PacketKind;
use std::io;
use tokio_util::bytes::{Buf, BytesMut};
use tokio_util::codec::Decoder;

/// A packet from the controller, without the indicator byte that H4 puts in front.
#[derive(Debug, PartialEq)]
pub struct Packet {
    pub kind: PacketKind,
    pub bytes: BytesMut,
}

impl Packet {
    /// Whether this event tells the host that it may send more. Such an event may overtake data that waits for the
    /// host to accept it. Otherwise host and controller could wait for each other forever.
    pub fn frees_the_host(&self) -> bool {
        const COMMAND_COMPLETE: u8 = 0x0e;
        const COMMAND_STATUS: u8 = 0x0f;
        const NUMBER_OF_COMPLETED_PACKETS: u8 = 0x13;
        self.kind == PacketKind::Event
            && matches!(self.bytes.first(), Some(&(COMMAND_COMPLETE | COMMAND_STATUS | NUMBER_OF_COMPLETED_PACKETS)))
    }
}

/// Splits the bytes from a controller into packets.
#[derive(Default)]
pub struct H4;

impl Decoder for H4 {
    type Item = Packet;
    type Error = io::Error;

    fn decode(&mut self, source: &mut BytesMut) -> io::Result<Option<Packet>> {
        let Some(&indicator) = source.first() else { return Ok(None) };
        // The header's length, and the position of the length field in it.
        let (kind, header, length_size) = match indicator {
            2 => (PacketKind::AclData, 4, 2),
            3 => (PacketKind::SyncData, 3, 1),
            4 => (PacketKind::Event, 2, 1),
            5 => (PacketKind::IsoData, 4, 2),
            other => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("not HCI: a packet cannot start with byte {other:#04x}"),
                ));
            }
        };
        let Some(length) = source.get(1 + header - length_size..1 + header) else { return Ok(None) };
        let length = match *length {
            [low, high] if kind == PacketKind::IsoData => usize::from(u16::from_le_bytes([low, high]) & 0x3fff),
            [low, high] => usize::from(u16::from_le_bytes([low, high])),
            [length] => usize::from(length),
            _ => unreachable!("one or two bytes"),
        };
        if source.len() < 1 + header + length {
            return Ok(None);
        }
        source.advance(1);
        Ok(Some(Packet { kind, bytes: source.split_to(header + length) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = &[
        4, 0x0e, 4, 1, 3, 0x0c, 0, // command complete
        2, 0x01, 0x20, 3, 0, 7, 8, 9, // ACL data
        4, 0x05, 0, // an event without parameters
    ];

    #[test]
    fn packets_are_found_at_any_split_of_the_stream() {
        for cut in 0..STREAM.len() {
            let (mut source, mut packets) = (BytesMut::new(), Vec::new());
            for part in [&STREAM[..cut], &STREAM[cut..]] {
                source.extend_from_slice(part);
                while let Some(packet) = H4.decode(&mut source).unwrap() {
                    packets.push((packet.kind, packet.bytes.to_vec()));
                }
            }
            assert_eq!(
                packets,
                [
                    (PacketKind::Event, STREAM[1..7].to_vec()),
                    (PacketKind::AclData, STREAM[8..15].to_vec()),
                    (PacketKind::Event, STREAM[16..].to_vec()),
                ],
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_hci_are_an_error() {
        for byte in [0, 1, 6, b'H'] {
            assert!(H4.decode(&mut BytesMut::from(&[byte, 0, 0, 0][..])).is_err());
        }
    }

    #[test]
    fn only_answers_and_completed_packets_free_the_host() {
        let event = |code| Packet { kind: PacketKind::Event, bytes: BytesMut::from(&[code, 0][..]) };
        assert!([0x0e, 0x0f, 0x13].into_iter().all(|code| event(code).frees_the_host()));
        assert!(!event(0x05).frees_the_host());
        let data = Packet { kind: PacketKind::AclData, bytes: BytesMut::from(&[0x13, 0, 0, 0][..]) };
        assert!(!data.frees_the_host());
    }
}
