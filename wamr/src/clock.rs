//! The clock of deadlines.

use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use core::time::Duration;

unsafe extern "C" {
    /// `core/shared/platform/include/platform_api_vmcore.h`: microseconds since the system was started.
    safe fn os_time_get_boot_us() -> u64;
}

/// A `fn() -> u64`, null for WAMR's.
static CLOCK: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// Sets the clock for all deadlines in the process. It returns microseconds since an arbitrary moment in the past. The default is the
/// system's monotonic clock.
///
/// During a call with a [deadline](crate::Limits::deadline), the interpreter reads the clock every 1,024 instructions. A simulator whose
/// time stands still while code runs can advance it here.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
///
/// static TIME: AtomicU64 = AtomicU64::new(0);
/// // A millisecond passes between two readings.
/// wamr::set_clock(|| TIME.fetch_add(1000, Relaxed));
/// ```
pub fn set_clock(clock: fn() -> u64) {
    CLOCK.store(clock as *mut (), Relaxed);
}

pub(crate) fn now() -> u64 {
    let clock = CLOCK.load(Relaxed);
    if clock.is_null() {
        return os_time_get_boot_us();
    }
    // SAFETY: a pointer that is not null was stored by `set_clock`.
    let clock = unsafe { core::mem::transmute::<*mut (), fn() -> u64>(clock) };
    clock()
}

/// A duration in the unit of the clock.
pub(crate) fn micros(time: Duration) -> u64 {
    // Not `as_micros`, which is a division of 128 bits.
    time.as_secs().saturating_mul(1_000_000).saturating_add(time.subsec_micros().into())
}
