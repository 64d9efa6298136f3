//! Why a device rejects a request.

use crate::Text;
use crate::write::{write_as_map, write_as_number};
use core::fmt;
use minicbor::Decode;

/// The reason of a [`Refusal`]. The numbers are part of the protocol and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request is not well-formed CBOR, or it is a command that this device does not know. The response contains its `seq` if
    /// the device can read it.
    #[n(0)]
    Malformed,
    /// The device is running or installing an app, or has not answered earlier requests yet. Repeat the request later.
    #[n(1)]
    Busy,
    /// The module is larger than a slot. The bound is the slot's size in bytes.
    #[n(2)]
    TooLarge,
    /// No upload is open: send `Begin` first.
    #[n(3)]
    NoUpload,
    /// Bytes are missing. The bound is the offset of the first missing byte.
    #[n(4)]
    Incomplete,
    /// The bytes in flash do not have the announced SHA-256. Upload the module again.
    #[n(5)]
    DigestMismatch,
    /// The bytes are not a valid WebAssembly module, or the module uses features that this device does not support.
    #[n(6)]
    InvalidModule,
    /// The module imports something that the device does not offer.
    #[n(7)]
    UnknownImport,
    /// The app does not fit into the pool beside the other apps, or into its memory quota. The bound is the number of missing
    /// bytes, at least.
    #[n(8)]
    OutOfMemory,
    /// The module's start function trapped or exceeded a limit.
    #[n(9)]
    StartFailed,
    /// No app has this number.
    #[n(10)]
    NoApp,
    /// The app does not export a function with this name.
    #[n(11)]
    NoSuchExport,
    /// The number or the types of the arguments do not match the function. The bound contains the parameter types, four bits
    /// each, the first in the lowest bits: 1 for i32, 2 for i64, 3 for f32, 4 for f64, 15 for other types, 0 after the last
    /// parameter.
    #[n(12)]
    BadArguments,
    /// The flash reported an error.
    #[n(13)]
    FlashFailed,
    /// The module exceeds a limit of the device. The message gives the module's value, and the bound is the limit.
    #[n(14)]
    LimitExceeded,
    /// Every slot holds an app: remove one. The bound is the number of slots.
    #[n(15)]
    NoSlot,
    /// The app is stopped or waits for its restart: start it.
    #[n(16)]
    NotStarted,
    /// The app failed too often in a row. The bound is the number of failures. Starting the app enables it.
    #[n(17)]
    Disabled,
    /// The manifest section of the module is not one that this device knows.
    #[n(18)]
    BadManifest,
    /// The device only accepts signed modules, and this module is unsigned: sign it.
    #[n(19)]
    NotSigned,
    /// The signature is malformed or does not match the module.
    #[n(20)]
    BadSignature,
    /// No key that the device trusts signed the module.
    #[n(21)]
    UnknownKey,
    /// The device has kept an app with the same name and key and a higher security counter. The bound is the lowest security
    /// counter that it accepts.
    #[n(22)]
    OlderVersion,
    /// The device cannot store another name or key.
    #[n(23)]
    LedgerFull,
    /// The device has no bond with this client.
    #[n(24)]
    NoBond,
    /// The device does not check signatures and does not use keys.
    #[n(25)]
    SignaturesOff,
    /// The module imports from a capability that its manifest does not list. The message names it.
    #[n(26)]
    UndeclaredCapability,
    /// The manifest lists a capability that the device does not offer. The message names it.
    #[n(27)]
    UnknownCapability,
    /// The client's role does not permit the request. The message names the role that does.
    #[n(28)]
    NotPermitted,
    /// The request would wear out the flash too quickly. The bound is the number of seconds to wait.
    #[n(29)]
    FlashBudget,
    /// The app's name belongs to a key that did not sign the module.
    #[n(30)]
    NameTaken,
    /// A `Stop` or a `Remove` interrupted the start of the app.
    #[n(32)]
    Interrupted = 32,
    /// The device restarted repeatedly while it started the app. The bound is the number of restarts. Starting the app enables
    /// it.
    #[n(33)]
    RestartedDevice = 33,
    /// The app is in a host function that does not return and cannot be interrupted.
    #[n(34)]
    Stuck = 34,
    /// The name is longer than that of any export that can be called. The bound is the maximum in bytes.
    #[n(35)]
    NameTooLong = 35,
    /// A call cannot have this many arguments. The bound is the maximum.
    #[n(36)]
    TooManyArguments,
    /// The device does not know this limit of a run. The bound is its number.
    #[n(37)]
    UnknownLimit,
    /// An argument is an integer with more bits than its type, or a float that its type cannot hold exactly. The bound is the
    /// argument's index, from 0.
    #[n(38)]
    ValueOutOfRange,
    /// The `seq` of the request is 0 or has more than 32 bits. The `seq` of the response is 0.
    #[n(39)]
    InvalidSequenceNumber,
    /// The client does not hold the app, or the address is not in memory that the app allocated since.
    #[n(40)]
    NotHeld,
    /// The app does not receive messages of clients: it does not import `message`, or its manifest does not permit it.
    #[n(41)]
    NoMessages,
    /// Too many messages wait for the app, or for all apps together. Send the message again later.
    #[n(42)]
    QueueFull,
    /// The message is too long. The bound is the maximum in bytes.
    #[n(43)]
    MessageTooLong,
    /// The arguments and results of a call have too many bytes together. The bound is the maximum.
    #[n(44)]
    CallTooLarge,
    /// The module is native code, and no key signed it that may sign native code. The message says more.
    #[n(45)]
    NativeNotPermitted,
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
            Self::NotHeld => "app not held",
            Self::NoMessages => "the app receives no messages of clients",
            Self::QueueFull => "too many messages wait",
            Self::MessageTooLong => "message too long",
            Self::NativeNotPermitted => "native code not permitted",
            Self::CallTooLarge => "call too large",
        })
    }
}

/// Why a device rejected a request, with a bound if a number helps to correct it.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
#[cbor(map)]
pub struct Refusal {
    /// The reason.
    #[n(0)]
    pub code: ErrorCode,
    /// The bound that belongs to the reason; see [`ErrorCode`].
    #[n(1)]
    pub bound: Option<u32>,
    /// Details for people. Empty if the code says everything.
    #[n(2)]
    #[cbor(default)]
    pub message: Text,
}

write_as_number!(ErrorCode);
write_as_map!(Refusal: code, bound, message);

impl Refusal {
    // These are used so often that a call is smaller.

    /// Creates a refusal with details for people.
    #[inline(never)]
    pub fn new(code: ErrorCode, message: &str) -> Self {
        Self { code, bound: None, message: Text::cut(message) }
    }

    /// Creates a refusal with the bound that was exceeded.
    #[inline(never)]
    pub fn with_bound(code: ErrorCode, bound: u32) -> Self {
        Self { code, bound: Some(bound), message: Text::default() }
    }
}

impl From<ErrorCode> for Refusal {
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
            (ErrorCode::Incomplete, Some(bound)) => write!(f, ": bytes are missing from offset {bound}"),
            (ErrorCode::OutOfMemory, Some(bound)) => write!(f, ": {bound} bytes are missing"),
            (ErrorCode::LimitExceeded, Some(bound)) => write!(f, ", at most {bound}"),
            // The message contains the types for people.
            (ErrorCode::BadArguments, Some(_)) => Ok(()),
            (ErrorCode::NoSlot, Some(bound)) => write!(f, ": all {bound} slots hold an app, remove one"),
            (ErrorCode::Disabled, Some(bound)) => {
                write!(f, ": it failed {bound} times in a row, start it to enable it")
            }
            (ErrorCode::RestartedDevice, Some(bound)) => {
                write!(
                    f,
                    ": the device restarted {bound} times in a row while it started the app, start it to enable it"
                )
            }
            (ErrorCode::OlderVersion, Some(bound)) => write!(f, ": the security counter must be at least {bound}"),
            (ErrorCode::FlashBudget, Some(bound)) => write!(f, ": try again in {bound} seconds"),
            (ErrorCode::NameTooLong, Some(bound)) => write!(f, ": at most {bound} bytes are allowed"),
            (ErrorCode::MessageTooLong, Some(bound)) => write!(f, ": at most {bound} bytes are allowed"),
            (ErrorCode::CallTooLarge, Some(bound)) => {
                write!(f, ": its arguments and results have at most {bound} bytes together")
            }
            (ErrorCode::TooManyArguments, Some(bound)) => write!(f, ": at most {bound} are allowed"),
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
    fn refusals_say_what_is_wrong_and_how_to_correct_it() {
        let message = Refusal::new(ErrorCode::UnknownImport, "gpio.set");
        for (refusal, text) in [
            (Refusal::from(ErrorCode::Busy), "busy"),
            (message.clone(), "unknown import: gpio.set"),
            (Refusal { bound: Some(9), ..message }, "unknown import: gpio.set: 9"),
            (Refusal::with_bound(ErrorCode::TooLarge, 9), "module too large: the slot holds 9 bytes"),
            (Refusal::with_bound(ErrorCode::Incomplete, 9), "upload incomplete: bytes are missing from offset 9"),
            (Refusal::with_bound(ErrorCode::OutOfMemory, 9), "out of memory: 9 bytes are missing"),
            (Refusal::with_bound(ErrorCode::LimitExceeded, 9), "limit exceeded, at most 9"),
            (Refusal::with_bound(ErrorCode::NoSlot, 9), "no free slot: all 9 slots hold an app, remove one"),
            (Refusal::with_bound(ErrorCode::OlderVersion, 9), "older version: the security counter must be at least 9"),
            (Refusal::with_bound(ErrorCode::FlashBudget, 9), "flash budget exceeded: try again in 9 seconds"),
        ] {
            assert_eq!(refusal.to_string(), text);
        }
    }
}
