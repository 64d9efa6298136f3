//! All that concerns panics at the border to C.

use crate::Trap;

/// Runs a host function. Its panic must not unwind into WAMR's frames: with `std` it becomes a trap, otherwise the `extern "C"`
/// function around this call aborts.
pub(crate) fn guard<R>(host: impl FnOnce() -> Result<R, Trap>) -> Result<R, Trap> {
    #[cfg(feature = "std")]
    {
        // The state that the panic may leave inconsistent is the host's: it is told of the panic and decides.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(host)).unwrap_or(Err(Trap::HostPanic))
    }
    #[cfg(not(feature = "std"))]
    host()
}
