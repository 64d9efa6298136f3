//! The 128-bit UUIDs of the service and its characteristics.
//!
//! Written as they are printed (most significant byte first). On the air Bluetooth sends them the other way round:
//! [`u128::to_le_bytes`].

/// The service that a device advertises.
pub const SERVICE: u128 = 0x97acc9a0_f97c_4ff2_9cef_6e96157a9ffa;
/// Module bytes: write without response, [`DataFrame`](crate::DataFrame).
pub const DATA: u128 = 0x97acc9a1_f97c_4ff2_9cef_6e96157a9ffa;
/// Requests and responses: write and notify, [`Request`](crate::Request) and [`Response`](crate::Response).
pub const CONTROL: u128 = 0x97acc9a2_f97c_4ff2_9cef_6e96157a9ffa;
/// What the device is doing: read and notify, [`Status`](crate::Status).
pub const STATUS: u128 = 0x97acc9a3_f97c_4ff2_9cef_6e96157a9ffa;
/// What the last run left behind: read and notify, [`Receipt`](crate::Receipt).
pub const RESULT: u128 = 0x97acc9a4_f97c_4ff2_9cef_6e96157a9ffa;
/// What apps log, as it comes: notify, a [line](crate::LogLine).
pub const LOG: u128 = 0x97acc9a5_f97c_4ff2_9cef_6e96157a9ffa;
