//! Time since the device started.

/// Milliseconds.
pub fn uptime_ms() -> i64 {
    (uptime_micros() / 1000) as i64
}

fn uptime_micros() -> u64 {
    zephyr::time::now().duration_since_epoch().to_micros()
}

/// Microseconds for measuring, as fine as the kernel's ticks.
#[cfg(not(CONFIG_ARCH_POSIX))]
pub fn micros() -> u64 {
    uptime_micros()
}

/// Microseconds for measuring: those of the computer, as code takes no simulated time.
#[cfg(CONFIG_ARCH_POSIX)]
pub fn micros() -> u64 {
    unsafe extern "C" {
        /// `native/src/timer_model.c` of Zephyr's native simulator.
        safe fn get_host_us_time() -> u64;
    }
    get_host_us_time()
}
