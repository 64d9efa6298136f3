//! The group `clock`.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

#[cfg(CONFIG_WAMR_ZEPHYR_HOST_CLOCK)]
use wamr_host::clock::{Clock, Clocks};

use crate::clock::micros;

#[cfg(CONFIG_WAMR_ZEPHYR_HOST_CLOCK)]
pub static GROUP: Clock = Clock::new(Clocks { micros, unix_time });

/// Seconds from 1970-01-01 00:00:00 UTC to the start of the device, which are enough until 2106. 0 if they are unknown.
static START: AtomicU32 = AtomicU32::new(0);

/// Tells apps the time: seconds since 1970-01-01 00:00:00 UTC. The firmware calls this again when it has set its own clock again.
/// A time before the start of the device means that the time is unknown.
pub fn set_unix_time(seconds: u64) {
    let start = seconds.checked_sub(uptime()).and_then(|start| start.try_into().ok());
    START.store(start.unwrap_or(0), Relaxed);
}

pub(super) fn unix_time() -> Option<u64> {
    let start = START.load(Relaxed);
    (start != 0).then(|| u64::from(start) + uptime())
}

fn uptime() -> u64 {
    micros() / 1_000_000
}
