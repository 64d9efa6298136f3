//! Connections between a client and a device on a computer.
//!
//! `wamr-client` and `wamr-twin` are the two ends of a connection and do not depend on each other. Both use this crate:
//! [`pipe`] connects them inside one process, [`hci`] (feature `hci`) is the Bluetooth LE host of either end.
//! `docs/protocol.md` describes the messages.
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
    /// Log lines of apps. Only notified, and only to clients that subscribed to it.
    Log,
    /// Messages of apps. Only notified, and only to clients that subscribed to it.
    Message,
}

/// A value that a device sends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The characteristic it belongs to.
    pub from: Characteristic,
    /// Its bytes.
    pub value: Vec<u8>,
}
