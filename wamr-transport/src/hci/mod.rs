//! Bluetooth LE over HCI: trouble-host on a controller that is reached over TCP or a serial line.
//!
//! The layers, from the bottom up: [`Port`](crate::Port) opens the line, `h4` splits the bytes into packets, `transport` passes them to
//! trouble-host no faster than it can process them, [`Pool`] holds its buffers, [`Host`] runs it. The two roles use it:
//! `wamr-client` connects to a device, `wamr-twin` is one. Both keep their bonds in a file, [`Bonds`].
//!
//! trouble-host's futures cannot change threads. Run everything on a [`LocalSet`](tokio::task::LocalSet), with
//! [`LocalSet::block_on`](tokio::task::LocalSet::block_on): polled as the runtime's own future they can keep the processor busy.

mod address;
mod bonds;
mod h4;
mod host;
mod pool;
mod transport;

pub use address::{in_words, static_address};
pub use bonds::{Bonds, BondsError};
pub use host::{Controller, Deaf, Host, HostError, Stack, describe};
pub use pool::Pool;
pub use transport::TransportError;

use crate::Line;

/// Zephyr's `hci_uart`.
const LINE: Line = Line { baud: 1_000_000, flow_control: true };

/// The error of a Bluetooth host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HciError {
    /// No controller answers. Contains the reason.
    #[error("{0}")]
    NoController(String),
    /// The host stopped or failed. Contains the reason.
    #[error("{0}")]
    Host(String),
}
