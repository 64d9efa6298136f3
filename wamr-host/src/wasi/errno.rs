//! The errors of WASI preview 1.

use wamr::Trap;

use crate::Error;

/// What a function of WASI returns: the number of an error, or 0. A trap ends the call.
pub type Errno = Result<u32, Trap>;

pub const SUCCESS: u32 = 0;
/// The descriptor is not open.
pub const BADF: u32 = 8;
/// The file is open, or too much was written for now.
pub const BUSY: u32 = 10;
/// The file exists.
pub const EXIST: u32 = 20;
/// An argument is out of range.
pub const INVAL: u32 = 28;
/// The hardware reported a fault.
pub const IO: u32 = 29;
/// There is no such file.
pub const NOENT: u32 = 44;
/// The quota is used up, or too many files are open.
pub const NOSPC: u32 = 51;
/// The device cannot do this.
pub const NOTSUP: u32 = 58;
/// The descriptor has no position.
pub const SPIPE: u32 = 70;

/// The number of an error.
pub fn of(error: Error) -> u32 {
    match error {
        Error::NotFound => NOENT,
        Error::Busy => BUSY,
        Error::InvalidArgument => INVAL,
        Error::NotSupported => NOTSUP,
        Error::NoSpace => NOSPC,
        _ => IO,
    }
}

/// The number of an error, or of success.
pub fn done(done: Result<(), Error>) -> Errno {
    Ok(done.map_or_else(of, |()| SUCCESS))
}
