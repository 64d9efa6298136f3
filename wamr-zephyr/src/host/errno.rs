//! Errors of Zephyr's drivers.

use core::ffi::c_int;

use wamr_host::Error;

unsafe extern "C" {
    // zephyr/host/errno.c
    safe fn wamr_host_error(err: c_int) -> u8;
}

/// What a driver's error, which is negative, means for an app.
pub fn error(err: c_int) -> Error {
    match wamr_host_error(err) {
        0 => Error::NotFound,
        1 => Error::Busy,
        2 => Error::InvalidArgument,
        3 => Error::NotSupported,
        4 => Error::NoSpace,
        6 => Error::Timeout,
        _ => Error::Io,
    }
}

/// The result of a driver: a number that is not negative, or the error for the app.
pub fn done(result: c_int) -> Result<u32, Error> {
    u32::try_from(result).map_err(|_| error(result))
}
