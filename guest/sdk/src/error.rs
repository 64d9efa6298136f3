//! Why a device did not do what an app asked for.

use core::fmt;

/// Why a device did not do what an app asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Error {
    /// The device has no resource of this name, or nothing is stored under this name.
    NotFound,
    /// Another app uses the resource, or this app has opened it already.
    Busy,
    /// An argument is out of range.
    InvalidArgument,
    /// The resource or the board cannot do this.
    NotSupported,
    /// A quota, a queue or the memory is full, or the result is longer than the buffer for it.
    NoSpace,
    /// The hardware reported a fault.
    Io,
    /// The operation took too long.
    Timeout,
}

/// A result with an [`Error`] of the device.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

impl Error {
    /// Lifts a case of `wamr:device/types.error`.
    #[inline(always)]
    pub(crate) fn lift(code: u8) -> Self {
        match code {
            0 => Self::NotFound,
            1 => Self::Busy,
            2 => Self::InvalidArgument,
            3 => Self::NotSupported,
            4 => Self::NoSpace,
            6 => Self::Timeout,
            _ => Self::Io,
        }
    }

    /// Returns a few words for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Busy => "busy",
            Self::InvalidArgument => "invalid argument",
            Self::NotSupported => "not supported",
            Self::NoSpace => "no space",
            Self::Io => "hardware fault",
            Self::Timeout => "timeout",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl core::error::Error for Error {}

impl embedded_hal::digital::Error for Error {
    fn kind(&self) -> embedded_hal::digital::ErrorKind {
        embedded_hal::digital::ErrorKind::Other
    }
}

impl embedded_hal::pwm::Error for Error {
    fn kind(&self) -> embedded_hal::pwm::ErrorKind {
        embedded_hal::pwm::ErrorKind::Other
    }
}
