//! A device on a computer: what `wamr-device` does, with a file or memory as its flash and threads instead of an RTOS.
//!
//! Build a [`Twin`], then let clients reach it: [`Twin::spawn`] runs it on a thread for clients in the same process, and
//! [`Twin::start`] returns an [`Endpoint`] that a [`Transport`] serves. Transports are the pipe of `wamr-transport`, with
//! the feature `hci` a Bluetooth LE peripheral, [`hci::Peripheral`], and with the feature `stream` a TCP port, [`stream::TcpPort`].
//!
//! ```
//! use wamr_twin::{Flash, Twin};
//!
//! let twin = Twin::new(Flash::memory(64 * 1024)).slots(2).log(|line| println!("{line}")).spawn()?;
//! let connector = twin.connector(); // for a `wamr_client::Client`
//! # Ok::<(), wamr_twin::Error>(())
//! ```
//!
//! Its hardware is simulated: a [`Board`] with pins, sensors and buses, which a test can poke and observe.
//!
//! WAMR keeps its state in C globals, so a process has at most one twin at a time.
#![forbid(unsafe_code)]

pub mod board;
mod clock;
mod endpoint;
mod error;
mod events;
mod flash;
mod folder;
#[cfg(feature = "hci")]
pub mod hci;
mod host;
mod local;
mod messages;
#[cfg(feature = "stream")]
pub mod stream;
mod system;
mod transport;
mod twin;
mod worker;

pub use board::Board;
pub use clock::{advance, freeze, microseconds, milliseconds};
pub use endpoint::{Endpoint, Wish};
pub use error::Error;
pub use events::{EVENTS, woken};
pub use flash::Flash;
pub use folder::Folder;
pub use host::{LogSink, Offer, with_host};
pub use local::LocalTwin;
pub use messages::messages;
pub use transport::Transport;
pub use twin::{FileGroup, Twin, files, kv};
pub use wamr::Limits;
pub use wamr_device::{HostGroup, Role, SignaturePolicy, Supervision};
pub use wamr_host::log::Level;
