//! The clock of deadlines, in microseconds since an arbitrary moment in the past.

use core::time::Duration;

use wamr_sys::meter;

unsafe extern "C" {
    /// `core/shared/platform/include/platform_api_vmcore.h`: microseconds since the system was started.
    safe fn os_time_get_boot_us() -> u64;
}

/// The system's monotonic clock.
pub(crate) fn system() -> u64 {
    os_time_get_boot_us()
}

/// Sets the clock of the runtime on this thread.
pub(crate) fn set(clock: fn() -> u64) {
    // SAFETY: only a runtime calls this, which stays on the thread that runs WAMR.
    unsafe { meter::set_clock(clock) };
}

/// The time on the clock of the runtime on this thread.
pub(crate) fn now() -> u64 {
    // SAFETY: guests are called on the thread that runs WAMR, and so are their host functions.
    unsafe { meter::now() }
}

/// A duration in the unit of the clock.
#[inline(never)]
pub(crate) fn micros(time: Duration) -> u64 {
    // Not `as_micros`, which is a division of 128 bits.
    time.as_secs().saturating_mul(1_000_000).saturating_add(time.subsec_micros().into())
}
