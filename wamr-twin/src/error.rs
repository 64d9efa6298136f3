//! Why there is no twin, or none any more.

use std::io;
use std::path::PathBuf;
use wamr_device::GeometryError;

/// Why a twin cannot be started, or has stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The flash file cannot be opened, or has another size. Choose another file or size.
    #[error("cannot use {} as flash: {why}", .path.display())]
    FlashFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: io::Error,
    },
    /// The directory for the files of apps cannot be used. Choose another.
    #[error("cannot use {} for the files of apps: {why}", .path.display())]
    Folder {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: io::Error,
    },
    /// The slots do not fit into the flash. Choose another size, or another number of slots.
    #[error("{0}")]
    Geometry(#[from] GeometryError),
    /// The records in the flash cannot be read.
    #[error("cannot read the flash: {0}")]
    Flash(String),
    /// The pool is too small or too large for a runtime. Choose another size.
    #[error("{0}")]
    Pool(wamr::Error),
    /// There is a runtime in this process already, that of another twin or one of the program's own. End it first.
    #[error("{0}")]
    Occupied(wamr::Error),
    /// The transport cannot do its work; why.
    #[error("{0}")]
    Transport(String),
    /// There is no working Bluetooth controller; why.
    #[error("{0}")]
    NoController(String),
}

impl From<wamr::Error> for Error {
    fn from(error: wamr::Error) -> Self {
        if error == wamr::Error::AlreadyInitialized { Self::Occupied(error) } else { Self::Pool(error) }
    }
}

#[cfg(feature = "hci")]
impl From<wamr_transport::hci::HciError> for Error {
    fn from(error: wamr_transport::hci::HciError) -> Self {
        use wamr_transport::hci::HciError;
        match error {
            HciError::NoController(why) => Self::NoController(why),
            HciError::Host(why) => Self::Transport(why),
        }
    }
}
