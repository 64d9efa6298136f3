//! Encoding and decoding of the CBOR messages, and their maximum size.

use crate::read::{Input, Read};
use crate::write::{Output, Write};
use minicbor::Decode;

/// The smallest ATT MTU with which a client can use the service, in bytes.
///
/// With this MTU, every message fits into one notification, so neither side has to reassemble fragments. Phones and computers
/// negotiate 185 or more by themselves.
pub const ATT_MTU_MIN: usize = 185;

/// The ATT error with which a device rejects subscriptions and requests below [`ATT_MTU_MIN`]. It is in the range for application
/// errors.
pub const ATT_ERROR_MTU_TOO_SMALL: u8 = 0x80;

/// The maximum length of a CBOR message, in bytes: [`ATT_MTU_MIN`] minus the header of an ATT write or notification.
pub const MESSAGE_MAX: usize = ATT_MTU_MIN - 3;

/// An encoded message.
pub type Message = heapless::Vec<u8, MESSAGE_MAX>;

/// The bytes are not the expected message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl core::fmt::Display for Malformed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("not a well-formed message of this protocol version")
    }
}

impl core::error::Error for Malformed {}

/// Encodes a message. Returns `None` if it would be longer than [`MESSAGE_MAX`], which only a [`Request`](crate::Request) with
/// many long values can be.
pub fn encode(message: &(impl Write + ?Sized)) -> Option<Message> {
    encode_within(message)
}

/// Encodes what is no message on the air, such as a [`Manifest`](crate::Manifest), in at most `N` bytes.
pub fn encode_within<const N: usize>(value: &(impl Write + ?Sized)) -> Option<heapless::Vec<u8, N>> {
    let mut bytes = heapless::Vec::new();
    let mut output = Output::new(&mut bytes);
    value.write(&mut output);
    output.fits().then_some(bytes)
}

/// Decodes a message from a device, which may know more than the client. Bytes after the message are rejected: they would be a second message, or not part of this protocol.
///
/// # Errors
/// [`Malformed`] if the bytes are anything but exactly one message of type `T`.
pub fn decode<'a, T: Decode<'a, ()>>(bytes: &'a [u8]) -> Result<T, Malformed> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let message = decoder.decode().map_err(|_| Malformed)?;
    if decoder.position() == bytes.len() { Ok(message) } else { Err(Malformed) }
}

/// Decodes a message to a device, which must know every part of it: a [`Request`](crate::Request) or a
/// [`Manifest`](crate::Manifest). For requests, [`read_request`](crate::read_request) also returns the error for the response.
///
/// # Errors
/// Like [`decode`].
#[allow(private_bounds, reason = "messages of this crate")]
pub fn read<'a, T: Read<'a>>(bytes: &'a [u8]) -> Result<T, Malformed> {
    let mut input = Input::new(bytes);
    T::read(&mut input).filter(|_| input.is_empty()).ok_or(Malformed)
}
