//! The clock of deadlines.

use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use core::time::Duration;

unsafe extern "C" {
    /// `core/shared/platform/include/platform_api_vmcore.h`: microseconds since the system was started.
    safe fn os_time_get_boot_us() -> u64;
}

/// A `fn() -> u64`, null for WAMR's.
static CLOCK: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// Sets the clock of all deadlines in the process, in microseconds since any moment in the past. Without it they follow the
/// system's monotonic clock.
///
/// The interpreter looks at it every 1024 instructions while a call has a [deadline](crate::Limits::deadline). A simulator whose
/// time stands still while code runs may let it pass here.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
///
/// static TIME: AtomicU64 = AtomicU64::new(0);
/// // A millisecond passes from look to look.
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
    // SAFETY: what is not null was stored by `set_clock`.
    let clock = unsafe { core::mem::transmute::<*mut (), fn() -> u64>(clock) };
    clock()
}

/// A time in the clock's unit.
pub(crate) fn micros(time: Duration) -> u64 {
    // Not `as_micros`, which is a division of 128 bits.
    time.as_secs().saturating_mul(1_000_000).saturating_add(time.subsec_micros().into())
}
