//! The 128-bit UUIDs of the service and its characteristics.
//!
//! They are written as they are printed, most significant byte first. Bluetooth sends them in reverse byte order:
//! [`u128::to_le_bytes`].

/// The service that a device advertises.
pub const SERVICE: u128 = 0x97acc9a0_f97c_4ff2_9cef_6e96157a9ffa;
/// Module bytes: write without response, [`DataFrame`](crate::DataFrame).
pub const DATA: u128 = 0x97acc9a1_f97c_4ff2_9cef_6e96157a9ffa;
/// Requests and responses: write and notify, [`Request`](crate::Request) and [`Response`](crate::Response).
pub const CONTROL: u128 = 0x97acc9a2_f97c_4ff2_9cef_6e96157a9ffa;
/// The state of the device: read and notify, [`Status`](crate::Status).
pub const STATUS: u128 = 0x97acc9a3_f97c_4ff2_9cef_6e96157a9ffa;
/// The report on the last run: read and notify, [`Receipt`](crate::Receipt).
pub const RESULT: u128 = 0x97acc9a4_f97c_4ff2_9cef_6e96157a9ffa;
/// Log lines of apps: notify, a [line](crate::LogLine).
pub const LOG: u128 = 0x97acc9a5_f97c_4ff2_9cef_6e96157a9ffa;
/// Messages of apps: notify, a [`MessageFrame`](crate::MessageFrame).
pub const MESSAGE: u128 = 0x97acc9a6_f97c_4ff2_9cef_6e96157a9ffa;
