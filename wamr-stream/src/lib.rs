//! Frames and sessions over a stream of bytes: a serial line or a TCP connection.
//!
//! The service has no connections and no packets of its own there, so this crate adds both. `docs/protocol.md`, "Over serial lines and TCP",
//! describes them for authors of clients in other languages.
//!
//! - [`ToDevice`] and [`ToClient`] are the frames of the two directions, [`Deframer`] finds frames in a stream.
//! - [`Session`] is the device's end of a line: it answers frames and calls a [`Service`].
#![no_std]
#![forbid(unsafe_code)]

mod deframer;
mod frame;
mod session;

pub use deframer::Deframer;
pub use frame::{ROOM, TO_CLIENT_MAX, TO_DEVICE_MAX, ToClient, ToDevice};
pub use session::{Service, Session};

/// Milliseconds after which a device ends a session without frames, and after which a client gives up a device that does not answer.
pub const SILENCE_MS: u32 = 10_000;

/// Milliseconds after which a client without anything else to send sends [`ToDevice::Ping`].
pub const PING_MS: u32 = 3_000;

/// Milliseconds after which a client repeats a frame that was not answered.
pub const REPEAT_MS: u32 = 1_000;
