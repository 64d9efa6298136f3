//! Time since the device started.

use core::time::Duration;

/// Milliseconds.
pub fn uptime_ms() -> i64 {
    (micros() / 1000) as i64
}

/// Microseconds, as fine as the kernel's ticks.
pub fn micros() -> u64 {
    zephyr::time::now().duration_since_epoch().to_micros()
}

/// Microseconds for the deadlines of guests.
///
/// On native_sim code takes no simulated time, and a guest that spins would spin for ever at one moment while nobody else is
/// served. So a look at the clock, which comes every 1024 instructions, takes 500 µs there.
pub fn deadline() -> u64 {
    #[cfg(CONFIG_ARCH_POSIX)]
    // SAFETY: waits, without conditions.
    unsafe {
        zephyr::raw::k_busy_wait(500);
    }
    micros()
}

/// Lets other threads run for this long.
pub fn sleep(time: Duration) {
    let micros = i32::try_from(time.as_micros()).unwrap_or(i32::MAX);
    // SAFETY: called by a thread, as guests run on threads only.
    unsafe { zephyr::raw::k_usleep(micros) };
}
