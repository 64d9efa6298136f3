//! Time since the device started.

use core::time::Duration;

/// Milliseconds.
pub fn uptime_ms() -> i64 {
    (micros() / 1000) as i64
}

/// Microseconds, with the resolution of the kernel's ticks.
#[inline(never)]
pub fn micros() -> u64 {
    zephyr::time::now().duration_since_epoch().to_micros()
}

/// Cycles of the system's clock since an arbitrary moment in the past, `CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC` in a second, modulo 2³².
pub fn cycles() -> u32 {
    // SAFETY: it reads a counter and has no preconditions.
    unsafe { zephyr::raw::k_cycle_get_32() }
}

/// The clock for the deadlines of guests, in microseconds.
///
/// On native_sim, code takes no simulated time: a guest that spins would spin forever at one point in time while nobody else
/// runs. Each read of the clock, which happens every 2048 instructions, therefore takes 500 µs there.
pub fn deadline() -> u64 {
    #[cfg(CONFIG_ARCH_POSIX)]
    // SAFETY: this waits and has no preconditions.
    unsafe {
        zephyr::raw::k_busy_wait(500);
    }
    micros()
}

/// Lets other threads run for this long.
pub fn sleep(time: Duration) {
    let micros = i32::try_from(time.as_micros()).unwrap_or(i32::MAX);
    // SAFETY: a thread calls this, because guests run only on threads.
    unsafe { zephyr::raw::k_usleep(micros) };
}
