//! What carries the upload protocol between a client and a device on a computer.
//!
//! `wamr-client` and `wamr-twin` stand on the two ends of a connection, and neither knows the other. Both know this crate:
//! [`pipe`] connects them inside one process, [`hci`] (feature `hci`) is the Bluetooth LE host of either end.
//! `docs/protocol.md` describes what goes over a connection.
#![forbid(unsafe_code)]

#[cfg(feature = "hci")]
pub mod hci;
pub mod pipe;

/// The characteristics that a client can read and that notify it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characteristic {
    /// Requests, notified responses.
    Control,
    /// The status.
    Status,
    /// The receipt of the last run.
    Result,
    /// What apps log. It only notifies, and only clients that subscribed to it.
    Log,
}

/// A value that a device sends without being asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The characteristic it belongs to.
    pub from: Characteristic,
    /// Its bytes.
    pub value: Vec<u8>,
}
