//! The frames, and their encoding.

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};
use wamr_proto::{Characteristic, FRAME_MAX, MESSAGE_MAX};

/// Maximum number of bytes of a value from a client.
pub const ROOM: usize = FRAME_MAX;

/// The bytes of a frame before a value, at most: its kind and a number or a characteristic.
const HEADER_MAX: usize = 2;

pub(crate) const CRC_SIZE: usize = 4;

/// Maximum number of bytes of an encoded frame with a value of this length.
pub(crate) const fn encoded_max(value: usize) -> usize {
    cobs::max_encoding_length(HEADER_MAX + value + CRC_SIZE)
}

/// Maximum number of bytes of a frame from a client on the wire: encoded, between two zeros.
pub const TO_DEVICE_MAX: usize = encoded_max(ROOM) + 2;

/// Maximum number of bytes of a frame from a device on the wire: encoded, between two zeros.
pub const TO_CLIENT_MAX: usize = encoded_max(MESSAGE_MAX) + 2;

/// Without a table, which would take a kilobyte of flash.
const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

/// Reads the number of a characteristic.
fn characteristic(number: u8) -> Option<Characteristic> {
    Characteristic::ALL.get(usize::from(number)).copied()
}

/// A frame from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToDevice<'a> {
    /// Begins a session. The previous one of this line, if there is one, ends. The device answers [`ToClient::Open`] or [`ToClient::Busy`].
    Open,
    /// Ends the session. The device answers [`ToClient::Closed`].
    Close,
    /// The client is there. The device answers [`ToClient::Open`].
    Ping,
    /// A write to *data*. No answer.
    Data(&'a [u8]),
    /// A write to *control*. The device answers [`ToClient::Taken`] with the number, and ignores a request with the number of the one before.
    Control(u8, &'a [u8]),
    /// A read of *status* or *result*. The device answers [`ToClient::Value`].
    Read(Characteristic),
    /// Subscribes to *log* or *message*. The device answers [`ToClient::Open`]. Every session has the other notifications.
    Listen(Characteristic),
}

/// A frame from a device. A device answers [`Closed`](Self::Closed) to every frame outside of a session, except [`ToDevice::Open`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToClient<'a> {
    /// There is a session.
    Open,
    /// There is no session: the device serves another client.
    Busy,
    /// There is no session.
    Closed,
    /// The device has the request with this number.
    Taken(u8),
    /// The value that was read.
    Value(Characteristic, &'a [u8]),
    /// A notification.
    Notification(Characteristic, &'a [u8]),
}

impl<'a> ToDevice<'a> {
    /// Encodes the frame for the wire.
    ///
    /// # Panics
    /// If a value has more than [`ROOM`] bytes.
    pub fn encode<'b>(&self, buffer: &'b mut [u8; TO_DEVICE_MAX]) -> &'b [u8] {
        match *self {
            Self::Open => encode(&[0], &[], buffer),
            Self::Close => encode(&[1], &[], buffer),
            Self::Ping => encode(&[2], &[], buffer),
            Self::Data(value) => encode(&[3], value, buffer),
            Self::Control(number, value) => encode(&[4, number], value, buffer),
            Self::Read(characteristic) => encode(&[5, characteristic as u8], &[], buffer),
            Self::Listen(characteristic) => encode(&[6, characteristic as u8], &[], buffer),
        }
    }

    /// Reads the content of a frame, as a [`Deframer`](crate::Deframer) returns it. Returns `None` if this is no frame of a client.
    pub fn decode(content: &'a [u8]) -> Option<Self> {
        Some(match *content {
            [0] => Self::Open,
            [1] => Self::Close,
            [2] => Self::Ping,
            [3, ref value @ ..] => Self::Data(value),
            [4, number, ref value @ ..] => Self::Control(number, value),
            [5, number] => Self::Read(characteristic(number)?),
            [6, number] => Self::Listen(characteristic(number)?),
            _ => return None,
        })
    }
}

impl<'a> ToClient<'a> {
    /// Encodes the frame for the wire.
    ///
    /// # Panics
    /// If a value is longer than a message of the protocol, [`MESSAGE_MAX`].
    pub fn encode<'b>(&self, buffer: &'b mut [u8; TO_CLIENT_MAX]) -> &'b [u8] {
        match *self {
            Self::Open => encode(&[0], &[], buffer),
            Self::Busy => encode(&[1], &[], buffer),
            Self::Closed => encode(&[2], &[], buffer),
            Self::Taken(number) => encode(&[3, number], &[], buffer),
            Self::Value(characteristic, value) => encode(&[4, characteristic as u8], value, buffer),
            Self::Notification(characteristic, value) => encode(&[5, characteristic as u8], value, buffer),
        }
    }

    /// Reads the content of a frame, as a [`Deframer`](crate::Deframer) returns it. Returns `None` if this is no frame of a device.
    pub fn decode(content: &'a [u8]) -> Option<Self> {
        Some(match *content {
            [0] => Self::Open,
            [1] => Self::Busy,
            [2] => Self::Closed,
            [3, number] => Self::Taken(number),
            [4, number, ref value @ ..] => Self::Value(characteristic(number)?, value),
            [5, number, ref value @ ..] => Self::Notification(characteristic(number)?, value),
            _ => return None,
        })
    }
}

/// Encodes a frame between two zeros: the first one ends bytes that the other side may have received by mistake.
fn encode<'b>(header: &[u8], value: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
    assert!(encoded_max(value.len()) + 2 <= buffer.len(), "the value is too long");
    let mut digest = CRC.digest();
    digest.update(header);
    digest.update(value);
    let checksum = digest.finalize().to_le_bytes();
    buffer[0] = 0;
    let mut encoder = cobs::CobsEncoder::new(&mut buffer[1..]);
    for part in [header, value, &checksum] {
        encoder.push(part).expect("the buffer has room for every frame");
    }
    let end = 1 + encoder.finalize();
    buffer[end] = 0;
    &buffer[..=end]
}

/// Returns the content of a decoded frame without its checksum, if that is right.
pub(crate) fn checked(frame: &[u8]) -> Option<&[u8]> {
    let (content, checksum) = frame.split_last_chunk::<CRC_SIZE>()?;
    (CRC.checksum(content).to_le_bytes() == *checksum).then_some(content)
}
