//! What a device does with WebAssembly apps: takes them over the air, keeps them in flash, runs them, reports.
//!
//! No I/O of its own. [`Device`] is a state machine: events in, actions out. [`Executor`] loads and runs apps; it takes as
//! long as they may run and so belongs on a thread of its own. Whoever puts the two on a platform moves events and actions
//! between them, the flash driver and Bluetooth:
//!
//! | [`Action`] | who does it | [`Event`] that answers |
//! |---|---|---|
//! | [`Action::Flash`] | [`FlashOp::perform`] on the platform's flash | [`Event::Flash`] |
//! | [`Action::Execute`] | [`Executor::perform`] | [`Event::Executed`] |
//! | [`Action::Bonds`] | the platform's Bluetooth | [`Event::Bonds`] |
//! | [`Action::Notify`] | the platform's Bluetooth | none |
//!
//! `docs/architecture.md` says why it is so, `docs/protocol.md` what goes over the air.
#![no_std]

#[cfg(feature = "sim")]
extern crate alloc;

mod apps;
mod capabilities;
mod cell;
mod device;
mod digest;
mod excerpt;
mod executor;
mod flash;
mod host;
mod ledger;
pub mod manifest;
mod role;
mod signature;
#[cfg(feature = "sim")]
pub mod sim;
mod slot;
mod starts;
mod supervision;
mod task;
mod trust;
mod upload;
mod verify;
mod wear;

pub use cell::Cell;
pub use device::{Action, BondsOp, Characteristic, Device, Event};
pub use executor::{Confirmation, Executor, ExecutorConfig, Image};
pub use flash::{BLOCK, BLOCKS, Block, Buffers, FlashDone, FlashOp};
pub use host::{AppData, define_host_functions};
pub use ledger::Signer;
pub use role::{Permissions, Role, Scope};
pub use signature::Signatures;
pub use slot::{Geometry, GeometryError, Records};
pub use supervision::Supervision;
pub use task::{Completion, InFlash, LoadError, ReadRequest, RunRequest, Stored, Task, Verified};
pub use trust::{Note, Standing};
pub use wear::FlashBudget;
