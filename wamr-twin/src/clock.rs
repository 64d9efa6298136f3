//! The twin's time.

use std::sync::LazyLock;
use std::time::Instant;

/// Microseconds since it was first asked for in this process.
pub fn microseconds() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_micros() as u64
}

/// Milliseconds, as a device counts them.
pub(crate) fn milliseconds() -> u32 {
    (microseconds() / 1000) as u32
}
