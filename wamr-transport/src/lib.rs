//! Connections between a client and a device on a computer.
//!
//! `wamr-client` and `wamr-twin` are the two ends of a connection and do not depend on each other. Both use this crate:
//! [`pipe`] connects them inside one process, [`hci`] (feature `hci`) is the Bluetooth LE host of either end, and [`stream`] (feature
//! `stream`) is the client's end of a serial line or a TCP connection.
//! `docs/protocol.md` describes the messages.
#![forbid(unsafe_code)]

#[cfg(feature = "hci")]
pub mod hci;
pub mod pipe;
#[cfg(any(feature = "hci", feature = "stream"))]
mod port;
#[cfg(feature = "stream")]
pub mod stream;

#[cfg(any(feature = "hci", feature = "stream"))]
pub use port::{Line, Port, PortError};
pub use wamr_proto::Characteristic;

/// A value that a device sends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The characteristic it belongs to.
    pub from: Characteristic,
    /// Its bytes.
    pub value: Vec<u8>,
}
