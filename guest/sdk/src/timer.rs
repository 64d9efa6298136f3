//! Timers. Each causes [`Event::Timer`](crate::Event::Timer). They end with the app.

use crate::{Error, Result, abi};
use core::time::Duration;

mod imports {
    use crate::abi::Area;

    #[link(wasm_import_module = "wamr:device/timer@0.1.0")]
    unsafe extern "C" {
        #[link_name = "start"]
        pub fn start(id: u32, delay_ms: u32, result: *mut Area<u8>);
        #[link_name = "start-periodic"]
        pub fn start_periodic(id: u32, period_ms: u32, result: *mut Area<u8>);
        #[link_name = "cancel"]
        pub safe fn cancel(id: u32) -> u32;
    }
}

/// Starts a timer that expires once. Restarts the timer with this id if there is one. Timers count milliseconds, rounded up.
///
/// # Errors
/// [`Error::NoSpace`] if the app has too many timers, and [`Error::InvalidArgument`] beyond 49 days.
pub fn start(id: u32, delay: Duration) -> Result {
    let delay = milliseconds(delay)?;
    // SAFETY: the device writes the result to the area.
    unsafe { abi::done(|result| imports::start(id, delay, result)) }
}

/// Starts a timer that expires again and again. Restarts the timer with this id if there is one. Timers count milliseconds, rounded up.
///
/// # Errors
/// [`Error::NoSpace`] if the app has too many timers, and [`Error::InvalidArgument`] if the period is 0 or beyond 49 days.
pub fn start_periodic(id: u32, period: Duration) -> Result {
    let period = milliseconds(period)?;
    // SAFETY: the device writes the result to the area.
    unsafe { abi::done(|result| imports::start_periodic(id, period, result)) }
}

/// Stops a timer. Returns whether it was running. An event that already waits is still delivered.
pub fn cancel(id: u32) -> bool {
    imports::cancel(id) != 0
}

/// A timer must not expire early.
#[inline(always)]
fn milliseconds(duration: Duration) -> Result<u32> {
    let seconds = duration.as_secs().checked_mul(1000).ok_or(Error::InvalidArgument)?;
    let rest = duration.subsec_nanos().div_ceil(1_000_000);
    u32::try_from(seconds.saturating_add(rest.into())).map_err(|_| Error::InvalidArgument)
}
