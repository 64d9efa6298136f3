//! Errors of connections and requests.

use std::fmt::{self, Display};
use wamr_proto::{ErrorCode, Refusal};

/// An error of a connection or a request.
///
/// The text describes the error on one line. Programs should match [`kind`](Self::kind).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No matching device advertises: none with the service, or not the one with this address. Check that it is on and near.
    #[error("{}", not_found(.0.as_deref()))]
    NotFound(Option<String>),
    /// All devices found are connected to other clients. Contains their addresses, if known. Try again when the other client is done.
    #[error("{}", busy(.0))]
    Busy(Vec<String>),
    /// Several matching devices were found. Contains their addresses. Choose one of them.
    #[error("several devices found: {}", .0.join(", "))]
    Ambiguous(Vec<String>),
    /// The connection ended, or could not be established. Connect again: an upload resumes.
    #[error("{0}")]
    Lost(String),
    /// The device does not know this computer, and could not be paired with it. Put it into pairing mode.
    #[error("{0}")]
    Pairing(String),
    /// The device has lost its bond with this computer. Contains the reason why it was not paired again. Remove this computer's side of
    /// the bond, or pair again.
    #[error("the device has lost its bond with this computer: {0}")]
    BondLost(String),
    /// This library cannot talk to the device.
    #[error("{0}")]
    Unsuitable(String),
    /// No Bluetooth adapter or controller answers. Contains the reason.
    #[error("{0}")]
    NoController(String),
    /// The serial line or the TCP connection cannot be opened, or no device answers there. Contains the reason.
    #[error("{0}")]
    NoLine(String),
    /// Bluetooth on this computer failed.
    #[error("{0}")]
    Host(String),
    /// The device refused a request.
    #[error("the device refused {asked}: {refusal}")]
    Refused {
        /// The refused request.
        asked: &'static str,
        /// The reason.
        refusal: Refusal,
    },
    /// The device is connected and idle, but does not answer. Restart it.
    #[error("the device does not answer {0}")]
    Silent(&'static str),
    /// The device takes no more data. Try again: the upload resumes.
    #[error("the device takes no more bytes: stuck at {durable} of {size}")]
    Stuck {
        /// Bytes that the device has.
        durable: u32,
        /// Size of the module in bytes.
        size: u32,
    },
    /// Another upload replaced this one.
    #[error("the device gave up the upload: another client may have started one")]
    Displaced,
    /// A request that no device can accept.
    #[error("{0}")]
    Impossible(&'static str),
    /// The device speaks another version of the protocol. Update its firmware or this library.
    #[error("the device speaks another version of the protocol")]
    Version,
}

/// The kind of an [`Error`], for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// [`Error::NotFound`].
    NotFound,
    /// [`Error::Busy`].
    Busy,
    /// [`Error::Ambiguous`].
    Ambiguous,
    /// [`Error::Lost`].
    ConnectionLost,
    /// [`Error::Pairing`].
    PairingFailed,
    /// [`Error::BondLost`].
    BondLost,
    /// [`Error::Unsuitable`].
    Unsuitable,
    /// [`Error::NoController`].
    NoController,
    /// [`Error::NoLine`].
    NoLine,
    /// [`Error::Host`].
    HostFailed,
    /// [`Error::Refused`]; the device's reason.
    Refused(ErrorCode),
    /// [`Error::Silent`].
    Silent,
    /// [`Error::Stuck`].
    Stuck,
    /// [`Error::Displaced`].
    Displaced,
    /// [`Error::Impossible`].
    Impossible,
    /// [`Error::Version`].
    Version,
}

impl Error {
    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Busy(_) => ErrorKind::Busy,
            Self::Ambiguous(_) => ErrorKind::Ambiguous,
            Self::Lost(_) => ErrorKind::ConnectionLost,
            Self::Pairing(_) => ErrorKind::PairingFailed,
            Self::BondLost(_) => ErrorKind::BondLost,
            Self::Unsuitable(_) => ErrorKind::Unsuitable,
            Self::NoController(_) => ErrorKind::NoController,
            Self::NoLine(_) => ErrorKind::NoLine,
            Self::Host(_) => ErrorKind::HostFailed,
            Self::Refused { refusal, .. } => ErrorKind::Refused(refusal.code),
            Self::Silent(_) => ErrorKind::Silent,
            Self::Stuck { .. } => ErrorKind::Stuck,
            Self::Displaced => ErrorKind::Displaced,
            Self::Impossible(_) => ErrorKind::Impossible,
            Self::Version => ErrorKind::Version,
        }
    }

    /// A failure of the connection with the explanation of the Bluetooth host.
    pub(crate) fn lost(error: impl Display) -> Self {
        Self::Lost(format!("the connection to the device failed: {error}"))
    }
}

impl ErrorKind {
    /// Its stable name: lower-case words with hyphens. All refusals are `refused`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Busy => "busy",
            Self::Ambiguous => "ambiguous",
            Self::ConnectionLost => "connection-lost",
            Self::PairingFailed => "pairing-failed",
            Self::BondLost => "bond-lost",
            Self::Unsuitable => "unsuitable",
            Self::NoController => "no-controller",
            Self::NoLine => "no-line",
            Self::HostFailed => "host-failed",
            Self::Refused(_) => "refused",
            Self::Silent => "silent",
            Self::Stuck => "stuck",
            Self::Displaced => "displaced",
            Self::Impossible => "impossible",
            Self::Version => "version",
        }
    }
}

impl Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "hci")]
impl From<wamr_transport::hci::HciError> for Error {
    fn from(error: wamr_transport::hci::HciError) -> Self {
        use wamr_transport::hci::HciError;
        match error {
            HciError::NoController(why) => Self::NoController(why),
            HciError::Host(why) => Self::Host(why),
        }
    }
}

fn not_found(address: Option<&str>) -> String {
    match address {
        Some(address) => format!("no device with the address {address} advertises"),
        None => "no device advertises the service for uploads".into(),
    }
}

fn busy(addresses: &[String]) -> String {
    match addresses {
        [] => "the device is connected to another client".into(),
        [address] => format!("the device at {address} is connected to another client"),
        addresses => format!("the devices at {} are connected to other clients", addresses.join(", ")),
    }
}
