//! Why a device refuses a request.

use crate::Text;
use crate::write::{write_as_map, write_as_number};
use core::fmt;
use minicbor::Decode;

/// The reason of a [`Refusal`]. The numbers are the protocol's and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request is not well-formed CBOR, or a command that this device does not know; the response has its `seq` where that can
    /// be read.
    #[n(0)]
    Malformed,
    /// The device is running or installing an app, or has not yet answered earlier requests: ask again later.
    #[n(1)]
    Busy,
    /// The module is larger than the slot; the bound is the slot's size in bytes.
    #[n(2)]
    TooLarge,
    /// No upload is open: send `Begin` first.
    #[n(3)]
    NoUpload,
    /// Bytes are missing; the bound is the offset of the first one.
    #[n(4)]
    Incomplete,
    /// What lies in flash does not have the announced SHA-256: upload it again.
    #[n(5)]
    DigestMismatch,
    /// The bytes are not a valid WebAssembly module, or use what this device does not support.
    #[n(6)]
    InvalidModule,
    /// The module imports what the device does not offer.
    #[n(7)]
    UnknownImport,
    /// The app does not fit into the pool beside the others, or into its share; the bound is the bytes that are missing at least.
    #[n(8)]
    OutOfMemory,
    /// The module's start function trapped or hit a limit.
    #[n(9)]
    StartFailed,
    /// There is no app of that number.
    #[n(10)]
    NoApp,
    /// The app does not export a function of that name.
    #[n(11)]
    NoSuchExport,
    /// Count or types of the arguments are not those of the function. The bound tells those of the parameters, four bits each, the
    /// first in the lowest: 1 for i32, 2 for i64, 3 for f32, 4 for f64, 15 for others, 0 behind the last.
    #[n(12)]
    BadArguments,
    /// The flash reported an error.
    #[n(13)]
    FlashFailed,
    /// The module goes beyond a limit of the device; the message says what it has, the bound how much there may be.
    #[n(14)]
    LimitExceeded,
    /// Every slot holds an app: remove one; the bound is the number of slots.
    #[n(15)]
    NoSlot,
    /// The app is stopped or waits for its restart: start it.
    #[n(16)]
    NotStarted,
    /// The app failed too often in a row, the bound is how often: start it to clear that.
    #[n(17)]
    Disabled,
    /// The module's section with the manifest is not one that this device knows.
    #[n(18)]
    BadManifest,
    /// The device runs signed modules only, and this is none: sign it.
    #[n(19)]
    NotSigned,
    /// The signature is malformed, or of other bytes.
    #[n(20)]
    BadSignature,
    /// None of the keys that the device trusts signed the module.
    #[n(21)]
    UnknownKey,
    /// The same key signed an app of that name with a higher counter, which was kept before; the bound is the lowest counter that
    /// is accepted.
    #[n(22)]
    OlderVersion,
    /// The device cannot remember one more name or key.
    #[n(23)]
    LedgerFull,
    /// The device is not paired with such a client.
    #[n(24)]
    NoBond,
    /// The device asks for no signatures and has no use for keys.
    #[n(25)]
    SignaturesOff,
    /// The module imports from what its manifest does not list; the message names that.
    #[n(26)]
    UndeclaredCapability,
    /// The manifest lists what the device does not offer; the message names that.
    #[n(27)]
    UnknownCapability,
    /// The client's role does not permit the request; the message names the role that does.
    #[n(28)]
    NotPermitted,
    /// The request would wear the flash too fast; the bound is the seconds to wait.
    #[n(29)]
    FlashBudget,
    /// The app's name belongs to a key that did not sign the module.
    #[n(30)]
    NameTaken,
    /// A `Stop` or a `Remove` ended the start of the app.
    #[n(32)]
    Interrupted = 32,
    /// The device restarted again and again while it started the app, the bound is how often: start it to clear that.
    #[n(33)]
    RestartedDevice = 33,
    /// The app is in a host function that does not return, which nothing can interrupt.
    #[n(34)]
    Stuck = 34,
    /// The name of the export is longer than any can be; the bound is the most bytes.
    #[n(35)]
    NameTooLong = 35,
    /// There are more arguments than a call can carry; the bound is the most.
    #[n(36)]
    TooManyArguments,
    /// The device does not know this limit of a run; the bound is its number.
    #[n(37)]
    UnknownLimit,
    /// An argument is an integer with more bits than its type, or a float that its type does not hold exactly; the bound is the
    /// argument's index, from 0 on.
    #[n(38)]
    ValueOutOfRange,
    /// The request's `seq` is 0 or has more than 32 bits; that of the response is 0.
    #[n(39)]
    InvalidSequenceNumber,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed request",
            Self::Busy => "busy",
            Self::TooLarge => "module too large",
            Self::NoUpload => "no upload open",
            Self::Incomplete => "upload incomplete",
            Self::DigestMismatch => "digest mismatch",
            Self::InvalidModule => "invalid module",
            Self::UnknownImport => "unknown import",
            Self::OutOfMemory => "out of memory",
            Self::StartFailed => "start function failed",
            Self::NoApp => "no such app",
            Self::NoSuchExport => "no such export",
            Self::BadArguments => "bad arguments",
            Self::FlashFailed => "flash failed",
            Self::LimitExceeded => "limit exceeded",
            Self::NoSlot => "no free slot",
            Self::NotStarted => "app not started",
            Self::Disabled => "app disabled",
            Self::BadManifest => "bad manifest",
            Self::NotSigned => "not signed",
            Self::BadSignature => "bad signature",
            Self::UnknownKey => "unknown key",
            Self::OlderVersion => "older version",
            Self::LedgerFull => "ledger full",
            Self::NoBond => "no such bond",
            Self::SignaturesOff => "signatures are off",
            Self::UndeclaredCapability => "undeclared capability",
            Self::UnknownCapability => "unknown capability",
            Self::NotPermitted => "not permitted",
            Self::FlashBudget => "flash budget exceeded",
            Self::NameTaken => "name taken",
            Self::Interrupted => "interrupted",
            Self::RestartedDevice => "app disabled",
            Self::Stuck => "the app is stuck in a host function",
            Self::NameTooLong => "name too long",
            Self::TooManyArguments => "too many arguments",
            Self::UnknownLimit => "unknown limit",
            Self::ValueOutOfRange => "value out of range",
            Self::InvalidSequenceNumber => "invalid sequence number",
        })
    }
}

/// A refused request: what was wrong, and what would be right where a number says it.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
#[cbor(map)]
pub struct Refusal {
    /// The reason.
    #[n(0)]
    pub code: ErrorCode,
    /// A bound that belongs to the reason; see [`ErrorCode`].
    #[n(1)]
    pub bound: Option<u32>,
    /// Details for people; empty when the code says all.
    #[n(2)]
    #[cbor(default)]
    pub message: Text,
}

write_as_number!(ErrorCode);
write_as_map!(Refusal: code, bound, message);

impl Refusal {
    /// A refusal with details for people.
    pub fn new(code: ErrorCode, message: &str) -> Self {
        Self { code, bound: None, message: Text::cut(message) }
    }

    /// A refusal that names the bound which was broken.
    pub fn with_bound(code: ErrorCode, bound: u32) -> Self {
        Self { code, bound: Some(bound), message: Text::default() }
    }
}

impl From<ErrorCode> for Refusal {
    // So often that it is smaller as a call.
    #[inline(never)]
    fn from(code: ErrorCode) -> Self {
        Self { code, bound: None, message: Text::default() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.message.as_str().is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match (self.code, self.bound) {
            (ErrorCode::TooLarge, Some(bound)) => write!(f, ": the slot holds {bound} bytes"),
            (ErrorCode::Incomplete, Some(bound)) => write!(f, ": bytes are missing from offset {bound} on"),
            (ErrorCode::OutOfMemory, Some(bound)) => write!(f, ": {bound} bytes are missing"),
            (ErrorCode::LimitExceeded, Some(bound)) => write!(f, ", at most {bound}"),
            // The message has it for people.
            (ErrorCode::BadArguments, Some(_)) => Ok(()),
            (ErrorCode::NoSlot, Some(bound)) => write!(f, ": all {bound} hold an app, remove one"),
            (ErrorCode::Disabled, Some(bound)) => {
                write!(f, ": it failed {bound} times in a row, start it to clear that")
            }
            (ErrorCode::RestartedDevice, Some(bound)) => {
                write!(
                    f,
                    ": the device restarted {bound} times in a row while it started the app, start it to clear that"
                )
            }
            (ErrorCode::OlderVersion, Some(bound)) => write!(f, ": the counter must be {bound} at least"),
            (ErrorCode::FlashBudget, Some(bound)) => write!(f, ": try again in {bound} seconds"),
            (ErrorCode::NameTooLong, Some(bound)) => write!(f, ": at most {bound} bytes are possible"),
            (ErrorCode::TooManyArguments, Some(bound)) => write!(f, ": at most {bound} are possible"),
            (ErrorCode::UnknownLimit, Some(bound)) => write!(f, ": number {bound}"),
            (ErrorCode::ValueOutOfRange, Some(bound)) => write!(f, ": the argument at index {bound}"),
            (_, Some(bound)) => write!(f, ": {bound}"),
            (_, None) => Ok(()),
        }
    }
}

impl core::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;

    #[test]
    fn refusals_say_what_was_wrong_and_what_would_be_right() {
        let message = Refusal::new(ErrorCode::UnknownImport, "gpio.set");
        for (refusal, text) in [
            (Refusal::from(ErrorCode::Busy), "busy"),
            (message.clone(), "unknown import: gpio.set"),
            (Refusal { bound: Some(9), ..message }, "unknown import: gpio.set: 9"),
            (Refusal::with_bound(ErrorCode::TooLarge, 9), "module too large: the slot holds 9 bytes"),
            (Refusal::with_bound(ErrorCode::Incomplete, 9), "upload incomplete: bytes are missing from offset 9 on"),
            (Refusal::with_bound(ErrorCode::OutOfMemory, 9), "out of memory: 9 bytes are missing"),
            (Refusal::with_bound(ErrorCode::LimitExceeded, 9), "limit exceeded, at most 9"),
            (Refusal::with_bound(ErrorCode::NoSlot, 9), "no free slot: all 9 hold an app, remove one"),
            (Refusal::with_bound(ErrorCode::OlderVersion, 9), "older version: the counter must be 9 at least"),
            (Refusal::with_bound(ErrorCode::FlashBudget, 9), "flash budget exceeded: try again in 9 seconds"),
        ] {
            assert_eq!(refusal.to_string(), text);
        }
    }
}
