//! Messages between clients and apps.

use crate::ErrorCode;
use crate::read::{Input, Read};
use crate::write::{Output, Write};

/// The bytes of a message to an app, for [`Command::Send`](crate::Command::Send). Apps and clients define what they mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppMessage(heapless::Vec<u8, { AppMessage::MAX }>);

impl AppMessage {
    /// The maximum length in bytes.
    pub const MAX: usize = 128;

    /// Returns the message, or `None` if there are too many bytes.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        heapless::Vec::from_slice(bytes).ok().map(Self)
    }
}

impl core::ops::Deref for AppMessage {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Write for AppMessage {
    fn write(&self, output: &mut Output) {
        output.bytes(&self.0);
    }
}

impl<'b> Read<'b> for AppMessage {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        Self::new(input.bytes()?).or_else(|| input.refuse(ErrorCode::MessageTooLong, Some(Self::MAX as u32)))
    }
}

/// A value of the *message* characteristic, which an app sends to the client: the number of the app, then the bytes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageFrame<'a> {
    /// The number of the app.
    pub app: u8,
    /// The bytes of the message, at most [`AppMessage::MAX`].
    pub bytes: &'a [u8],
}

impl<'a> MessageFrame<'a> {
    /// Splits a notified value into its parts. Returns `None` if it is empty.
    pub fn decode(value: &'a [u8]) -> Option<Self> {
        let (&app, bytes) = value.split_first()?;
        Some(Self { app, bytes })
    }

    /// Returns the value to notify, or `None` if it does not fit into a notification.
    pub fn encode(&self) -> Option<crate::Message> {
        let mut value = crate::Message::new();
        value.push(self.app).ok()?;
        value.extend_from_slice(self.bytes).ok()?;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, Request, encode, read_request};

    #[test]
    fn the_longest_message_fits_both_ways() {
        let bytes = [7; AppMessage::MAX];
        let frame = MessageFrame { app: 7, bytes: &bytes };
        let value = frame.encode().unwrap();
        assert_eq!((value[0], value.len()), (7, 129));
        assert_eq!(MessageFrame::decode(&value), Some(frame));
        assert_eq!(MessageFrame::decode(&[]), None);
        assert_eq!(MessageFrame::decode(&[3]), Some(MessageFrame { app: 3, bytes: &[] }));

        let command = Command::Send { app: 255, message: AppMessage::new(&bytes).unwrap() };
        let request = Request { seq: u32::MAX, command };
        assert_eq!(read_request(&encode(&request).unwrap()), Ok(request));
    }

    #[test]
    fn a_longer_message_is_refused_with_the_bound() {
        assert_eq!(AppMessage::new(&[0; AppMessage::MAX + 1]), None);
        let mut request = heapless::Vec::<u8, 256>::from_slice(&[0xa2, 0, 5, 1, 0x83, 16, 0, 0x58, 129]).unwrap();
        request.extend_from_slice(&[0; 129]).unwrap();
        let rejected = read_request(&request).unwrap_err();
        assert_eq!((rejected.seq, rejected.code, rejected.bound), (5, ErrorCode::MessageTooLong, Some(128)));
    }
}
