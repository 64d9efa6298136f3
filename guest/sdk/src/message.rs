//! Messages to and from clients and other apps.
//!
//! Messages wait in a queue with room for a few, for all apps together. They are lost when the app is stopped or loaded again. The manifest
//! permits messages by name: `message:client` to and from the client, `message:NAME` to and from the app NAME, `message` with everybody.
//! Two apps exchange messages only if each manifest permits the other.

use crate::abi::{self, Buffer, List};
use crate::{Error, Result};
use core::mem::MaybeUninit;

mod imports {
    use super::Received;
    use crate::abi::Area;

    #[link(wasm_import_module = "wamr:device/message@0.1.0")]
    unsafe extern "C" {
        #[link_name = "send"]
        pub fn send(
            peer: u32,
            name: *const u8,
            name_length: usize,
            data: *const u8,
            length: usize,
            result: *mut Area<u8>,
        );
        #[link_name = "receive"]
        pub fn receive(max_length: u32, result: *mut Area<Received>);
    }
}

/// An `option<wamr:device/message.received>` in memory. The sender's name is there if it is an app.
#[repr(C)]
struct Received {
    is_some: u8,
    data: List,
    is_app: u8,
    sender: MaybeUninit<List>,
}

/// The longest message, in bytes.
pub const LENGTH_MAX: usize = 128;

/// The longest name of an app, in bytes.
pub const NAME_MAX: usize = 16;

/// The other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer<'n> {
    /// The connected client.
    Client,
    /// An app by its name.
    App(&'n str),
}

/// A received message.
#[derive(Debug)]
pub struct Message<'b> {
    /// Its content.
    pub data: &'b mut [u8],
    /// Its sender.
    pub sender: Sender,
}

/// The sender of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The connected client.
    Client,
    /// An app.
    App(Name),
}

impl Sender {
    /// Returns the sender as the receiver of an answer.
    pub fn peer(&self) -> Peer<'_> {
        match self {
            Self::Client => Peer::Client,
            Self::App(name) => Peer::App(name.as_str()),
        }
    }
}

/// The name of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; NAME_MAX],
    length: usize,
}

impl Name {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        // SAFETY: a whole string from the device. The Canonical ABI guarantees UTF-8.
        unsafe { core::str::from_utf8_unchecked(bytes) }
    }
}

/// Sends a message.
///
/// # Errors
/// [`Error::NotFound`] if no client is connected that wants messages, or if no app of that name is loaded that permits messages from this
/// one; [`Error::NoSpace`] if too many messages wait; [`Error::InvalidArgument`] if the message is longer than [`LENGTH_MAX`]; and
/// [`Error::NotSupported`] if this app has no name and sends to another. Traps if the manifest of this app does not permit the receiver.
pub fn send(to: Peer, data: &[u8]) -> Result {
    let (peer, name) = match to {
        Peer::Client => (0, ""),
        Peer::App(name) => (1, name),
    };
    // SAFETY: the device reads the name and the data and writes the result to the area.
    unsafe { abi::done(|result| imports::send(peer, name.as_ptr(), name.len(), data.as_ptr(), data.len(), result)) }
}

/// Returns the oldest message that waits, in the buffer. [`Event::Message`](crate::Event::Message) announces messages.
///
/// # Errors
/// [`Error::NoSpace`] if the message is longer than the buffer. The message is then lost.
pub fn receive(buffer: &mut [u8]) -> Result<Option<Message<'_>>> {
    let max = abi::length(buffer);
    let mut name = [0; NAME_MAX];
    let area = abi::into(&[Buffer::of(buffer), Buffer::of(&mut name), Buffer::END], || {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::area(|result| imports::receive(max, result)) }
    });
    // SAFETY: the first byte of the payload is an error or the discriminant of an option.
    let first: u8 = unsafe { area.start() };
    match (area.tag, first) {
        (0, 0) => return Ok(None),
        (0, _) => {}
        _ => return Err(Error::lift(first)),
    }
    // SAFETY: it is some message.
    let Received { data: [_, length], is_app, sender, .. } = unsafe { area.payload() };
    let sender = if is_app == 0 {
        Sender::Client
    } else {
        // SAFETY: the sender is an app, which has a name.
        let [name_start, name_length] = unsafe { sender.assume_init() };
        // A name after a message without content is in the first buffer.
        let bytes = if name_start == name.as_ptr().addr() { &name } else { &*buffer };
        let bytes = bytes.get(..name_length).unwrap_or_default();
        let mut name = Name { bytes: [0; NAME_MAX], length: 0 };
        if let Some(copy) = name.bytes.get_mut(..bytes.len()) {
            copy.copy_from_slice(bytes);
            name.length = bytes.len();
        }
        Sender::App(name)
    };
    let data = buffer.get_mut(..length).ok_or(Error::Io)?;
    Ok(Some(Message { data, sender }))
}
