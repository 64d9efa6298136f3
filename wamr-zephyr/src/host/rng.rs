//! The group `rng`: Zephyr's generator for cryptography.

use core::ffi::{c_int, c_void};

use wamr_host::Error;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_RNG)]
use wamr_host::rng::Rng;

use super::errno::done;

#[cfg(CONFIG_WAMR_ZEPHYR_HOST_RNG)]
pub static GROUP: Rng = Rng::new(fill);

unsafe extern "C" {
    // zephyr/host/rng.c
    fn wamr_rng_fill(bytes: *mut c_void, length: usize) -> c_int;
}

pub(super) fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    // SAFETY: the buffer has this length.
    done(unsafe { wamr_rng_fill(bytes.as_mut_ptr().cast(), bytes.len()) }).map(drop)
}
