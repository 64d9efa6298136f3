//! The error that most interfaces share.

use core::fmt;

use crate::abi::lower_as_number;

/// Why a device did not do what an app asked for: `error` in `wit/types.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Error {
    /// There is no resource of this name, or nothing is stored under this name.
    NotFound,
    /// Another app uses the resource, or this app has opened it already.
    Busy,
    /// An argument is out of range.
    InvalidArgument,
    /// The resource or the board cannot do this.
    NotSupported,
    /// A quota, a queue or the memory is full, or the result is longer than the app permits.
    NoSpace,
    /// The hardware reported a fault.
    Io,
    /// The operation took too long.
    Timeout,
}

lower_as_number!(Error);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::Busy => "in use",
            Self::InvalidArgument => "an argument is out of range",
            Self::NotSupported => "not supported",
            Self::NoSpace => "no space left",
            Self::Io => "hardware fault",
            Self::Timeout => "timed out",
        })
    }
}

impl core::error::Error for Error {}
