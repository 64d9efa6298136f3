//! A device on a computer: what `wamr-device` does, with a file or memory as its flash and threads instead of an RTOS.
//!
//! Build a [`Twin`], then let clients reach it: [`Twin::spawn`] runs it on a thread for clients in the same process, and
//! [`Twin::start`] returns an [`Endpoint`] that a [`Transport`] serves. Transports are the pipe of `wamr-transport` and, with
//! the feature `hci`, a Bluetooth LE peripheral: [`hci::Peripheral`].
//!
//! ```
//! use wamr_twin::{Flash, Twin};
//!
//! let twin = Twin::new(Flash::memory(64 * 1024)).slots(2).log(|line| println!("{line}")).spawn()?;
//! let connector = twin.connector(); // for a `wamr_client::Client`
//! # Ok::<(), wamr_twin::Error>(())
//! ```
//!
//! WAMR keeps its state in C globals, so a process has at most one twin at a time.
#![forbid(unsafe_code)]

mod clock;
mod endpoint;
mod error;
mod flash;
#[cfg(feature = "hci")]
pub mod hci;
mod host;
mod local;
mod transport;
mod twin;
mod worker;

pub use clock::microseconds;
pub use endpoint::{Endpoint, Wish};
pub use error::Error;
pub use flash::Flash;
pub use host::with_host;
pub use local::LocalTwin;
pub use transport::Transport;
pub use twin::Twin;
pub use wamr::Limits;
pub use wamr_device::{HostGroup, Role, SignaturePolicy, Supervision};
