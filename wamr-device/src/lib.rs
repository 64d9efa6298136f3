//! The logic of a device that receives WebAssembly apps over the air, stores them in flash, runs them and reports the results.
//!
//! This crate does no I/O of its own. [`Device`] is a state machine: events in, actions out. [`Executor`] loads and runs apps. It
//! takes as long as they may run, so it needs its own thread. A platform moves events and actions between the two, the flash
//! driver and Bluetooth:
//!
//! | [`Action`] | performed by | completed with |
//! |---|---|---|
//! | [`Action::Flash`] | [`FlashOp::perform`] on the platform's flash | [`Event::Flash`] |
//! | [`Action::Execute`] | [`Executor::perform`] | [`Event::Executed`] |
//! | [`Action::Bonds`] | the platform's Bluetooth | [`Event::Bonds`] |
//! | [`Action::Notify`] | the platform's Bluetooth | none |
//!
//! `docs/architecture.md` explains the design, and `docs/protocol.md` describes the protocol on the air.
#![no_std]
// Native code is the one thing that nothing can make safe.
#![cfg_attr(not(wamr_native), forbid(unsafe_code))]
#![deny(unsafe_code)]

#[cfg(any(test, feature = "sim"))]
extern crate alloc;

mod app_data;
mod apps;
mod base_group;
mod built_in;
mod capabilities;
mod cell;
mod code;
mod device;
mod digest;
mod erased;
mod events;
mod excerpt;
mod executor;
mod flash;
mod geometry;
mod group;
mod head;
mod image;
mod ledger;
mod mailbox;
pub mod manifest;
mod observer;
mod pages;
mod per_app;
mod refusal;
mod role;
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

pub use app_data::AppData;
pub use base_group::BaseGroup;
pub use cell::Cell;
pub use device::{Action, BondsOp, Characteristic, Device, Event, REALLOC};
pub use events::{AppEvent, AppEvents, Delivery, EVENTS_MAX, EventHooks, EventKind, ON_EVENT, TIMERS_MAX, TimersFull};
pub use executor::{Executor, ExecutorConfig};
pub use flash::{BLOCK, BLOCKS, Block, Buffers, FlashDone, FlashOp};
pub use geometry::{Geometry, GeometryError};
pub use group::{GROUPS_MAX, Group, GroupLinker, Host, HostGroup};
pub use head::{HEAD_MAX, announced, head};
pub use image::Image;
pub use ledger::Signer;
pub use mailbox::Mailbox;
pub use observer::Observer;
pub use per_app::PerApp;
pub use role::{Permissions, Role, Scope};
pub use slot::Records;
pub use supervision::Supervision;
pub use task::{Completion, InFlash, ReadRequest, RunRequest, Stored, Task, Verified};
pub use trust::{Note, SignaturePolicy, Standing};
pub use wamr_proto::LogLine;
pub use wear::{FlashBudget, WearMeter};

/// The number of apps that this build of a device has room for: `CONFIG_WAMR_ZEPHYR_SLOTS` in a Zephyr build, otherwise as many as the
/// protocol permits.
pub const APPS_MAX: usize = include!(concat!(env!("OUT_DIR"), "/apps_max.rs"));
const _: () = assert!(APPS_MAX >= 2 && APPS_MAX <= wamr_proto::APPS_MAX && wamr_proto::APPS_MAX <= u32::BITS as usize);
