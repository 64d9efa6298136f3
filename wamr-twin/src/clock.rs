//! The twin's time.

use crate::events::wake;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time of a clock that stands still.
static FROZEN: AtomicU64 = AtomicU64::new(RUNNING);
const RUNNING: u64 = u64::MAX;

/// Microseconds since it was first asked for in this process.
pub fn microseconds() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    match FROZEN.load(SeqCst) {
        RUNNING => START.elapsed().as_micros() as u64,
        frozen => frozen,
    }
}

/// Milliseconds, as a device counts them.
pub fn milliseconds() -> u32 {
    (microseconds() / 1000) as u32
}

/// Seconds since 1970-01-01 00:00:00 UTC, if the computer's clock is set.
pub(crate) fn unix_time() -> Option<u64> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|time| time.as_secs())
}

/// Stops the time of all twins of this process at 0, for tests: it only goes on by [`advance`].
pub fn freeze() {
    FROZEN.store(0, SeqCst);
}

/// [`microseconds`] for an app. On a frozen clock, each look takes a little: an app that looks again and again waits.
pub(crate) fn looked_at() -> u64 {
    let _ = FROZEN.fetch_update(SeqCst, SeqCst, |now| (now != RUNNING).then(|| now + LOOK));
    microseconds()
}

/// Microseconds.
const LOOK: u64 = 50;

/// Lets time pass at once, after [`freeze`]. Timers of apps that are then due expire.
///
/// # Panics
/// If the time is not frozen.
pub fn advance(time: Duration) {
    let before = FROZEN.fetch_update(SeqCst, SeqCst, |now| (now != RUNNING).then(|| now + time.as_micros() as u64));
    assert!(before.is_ok(), "only a frozen time can be advanced");
    wake();
}
