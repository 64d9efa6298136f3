//! The protocol between a device and its clients: the GATT service's UUIDs, the data frame, and the CBOR messages of the other
//! three characteristics.
//!
//! The crate contains plain data, without I/O, allocator or dependency on WAMR, so that clients, devices and tests share one
//! definition. `docs/protocol.md` describes the same protocol for authors of clients in other languages.
//!
//! ```
//! use wamr_proto::{Command, Digest, Request, encode};
//!
//! let request = Request { seq: 1, command: Command::Begin { size: 4096, digest: Digest([7; 32]), denied: 0 } };
//! let message = encode(&request).unwrap();
//! assert_eq!(wamr_proto::read::<Request>(&message).unwrap(), request);
//! ```
#![no_std]
#![forbid(unsafe_code)]

mod app_message;
mod bond;
mod bounded;
mod capability;
mod characteristic;
mod error;
mod escape;
mod event_stats;
mod excerpt;
mod failure;
mod frame;
mod limits;
mod log;
mod manifest;
mod message;
pub mod peek;
mod pool;
mod read;
mod receipt;
mod request;
mod status;
pub mod uuid;
mod write;

pub use app_message::{AppMessage, MessageFrame};
pub use bond::{Bond, ClientAddress};
pub use bounded::{AppName, Bounded, Functions, List, Name, Text, Values};
pub use capability::{Capabilities, Capability, CapabilityList, capability_of, resource_of};
pub use characteristic::Characteristic;
pub use error::{ErrorCode, Refusal};
pub use escape::Escaped;
pub use event_stats::EventStats;
pub use excerpt::{Excerpt, Part};
pub use failure::{Failure, Why};
pub use frame::{DELTA_FRAME, DataFrame, FRAME_HEADER, FRAME_MAX};
pub use limits::{AppLimits, LimitKind, RunLimits};
pub use log::LogLine;
pub use manifest::{Autostart, MANIFEST_MAX, MANIFEST_SECTION, Manifest, Restart, Trial};
pub use message::{
    ATT_ERROR_MTU_TOO_SMALL, ATT_MTU_MIN, MESSAGE_MAX, Malformed, Message, decode, encode, encode_within, read,
};
pub use pool::{AppPool, PoolSummary};
pub use receipt::{Outcome, Receipt, TrapKind, Value};
pub use request::{Command, Details, Digest, Key, Rejected, Request, Response, read_request};
pub use status::{
    APPS_MAX, Activity, AppList, AppPage, AppState, AppStatus, Fingerprint, PROTOCOL_VERSION, STATUS_APPS_MAX,
    SignatureMode, Status, Upload,
};
pub use write::Write;
