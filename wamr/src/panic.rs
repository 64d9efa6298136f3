//! Panics at the boundary to C.

use crate::Trap;

/// Runs a host function. A panic must not unwind into WAMR's frames: with `std` it becomes a trap; otherwise the surrounding `extern "C"`
/// function aborts.
pub(crate) fn guard<R>(host: impl FnOnce() -> Result<R, Trap>) -> Result<R, Trap> {
    #[cfg(feature = "std")]
    {
        // A panic may leave host data inconsistent. The host learns of it by the trap, and decides.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(host)).unwrap_or(Err(Trap::HostPanic))
    }
    #[cfg(not(feature = "std"))]
    host()
}
