//! A client of devices that take WebAssembly apps over Bluetooth LE.
//!
//! [`install`] brings a module to a device, unless the device has it already, resumes when the connection ends, and waits until
//! a new version has passed its trial. [`upload`] is the part of it that transfers the module. [`Client`] does everything else
//! that `docs/protocol.md` describes: it lists, starts, stops and removes apps, calls their exports, manages keys and bonds, and
//! receives log lines of apps. A [`Client`] works over any [`Link`]:
//!
//! | link | to a device | feature |
//! |---|---|---|
//! | [`hci`] | over Bluetooth LE, with a controller behind a serial line or a TCP port | `hci` |
//! | [`system`] | over the computer's own Bluetooth | `system` |
//! | [`PipeLink::over`] | over a serial line or a TCP connection | `stream` |
//! | [`PipeLink`] | in the same process, such as a `wamr_twin::Twin` | |
//!
//! The library prints nothing and does not interact with the user. It reports progress as [`Event`]s, and an [`Agent`] answers
//! questions during pairing. Futures stay on their thread, so use a current-thread runtime of tokio with its timer
//! enabled. Links over HCI, serial lines and TCP also need its I/O and a [`LocalSet`](tokio::task::LocalSet).
//!
//! # Example
//!
//! Installs a module on a device in this process, and calls it.
//!
//! ```
//! use wamr_client::proto::{Name, Outcome, RunLimits, Value, Values};
//! use wamr_client::{Event, InstallOptions, Installed, NO_BASES, digest_of, install};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let twin = wamr_twin::Twin::new(wamr_twin::Flash::memory(64 * 1024)).slots(2).spawn()?;
//! let module = wat::parse_str(
//!     r#"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#,
//! )?;
//! let digest = digest_of(&module);
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
//! runtime.block_on(async {
//!     let options = InstallOptions::default();
//!     let progress = |event: Event<'_>| {
//!         if let Event::Progress(bytes) = event {
//!             println!("{bytes} of {}", module.len());
//!         }
//!     };
//!     let (mut client, installed) = install(&mut twin.connector(), &options, NO_BASES, &module, digest, progress).await?;
//!     assert_eq!(installed, Installed::New);
//!     let app = client.installed(&digest).await?.expect("just installed").number;
//!     let args = Values::new(&[Value::I32(2), Value::I32(40)]).expect("few enough");
//!     let receipt = client.run(app, Name::new("add").expect("short"), args, RunLimits::default()).await?;
//!     assert_eq!(receipt.outcome, Outcome::Returned(Values::new(&[Value::I32(42)]).expect("few enough")));
//!     client.close().await;
//!     Ok(())
//! })
//! # }
//! ```
#![forbid(unsafe_code)]

mod agent;
mod client;
#[cfg(any(feature = "hci", feature = "stream", feature = "system"))]
mod connector;
mod error;
mod event;
#[cfg(any(feature = "hci", feature = "system"))]
mod found;
#[cfg(feature = "hci")]
pub mod hci;
mod link;
mod pipe;
#[cfg(feature = "system")]
pub mod system;
#[cfg(feature = "wit")]
mod typed;

pub use agent::{Agent, NoAgent};
pub use client::{Bases, Client, InstallOptions, Installed, NO_BASES, Trial, TrustedKey, Uploaded, install, upload};
#[cfg(any(feature = "hci", feature = "stream", feature = "system"))]
pub use connector::{AnyLink, Connector};
pub use error::{Error, ErrorKind};
pub use event::Event;
#[cfg(any(feature = "hci", feature = "system"))]
pub use found::Advertiser;
pub use link::{Characteristic, Connect, Link, Notification};
pub use pipe::PipeLink;
#[cfg(feature = "wit")]
pub use typed::{Called, Function, Functions, TypedError};
/// The messages of the protocol.
pub use wamr_proto as proto;
#[cfg(any(feature = "hci", feature = "stream"))]
pub use wamr_transport::{Port, PortError};

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a module, which identifies it on devices.
pub fn digest_of(module: &[u8]) -> proto::Digest {
    proto::Digest(Sha256::digest(module).into())
}
