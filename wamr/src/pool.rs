//! The static buffer of a runtime.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// `N` bytes of static memory for a [`Runtime`](crate::Runtime), which can be taken once.
///
/// A module with one page of linear memory needs about 72 KB.
///
/// ```no_run
/// static POOL: wamr::Pool<{ 256 * 1024 }> = wamr::Pool::new();
/// let runtime = wamr::Runtime::new(POOL.take().expect("taken once"));
/// ```
#[repr(C, align(8))]
pub struct Pool<const N: usize> {
    bytes: UnsafeCell<[u8; N]>,
    taken: AtomicBool,
}

// SAFETY: only `take` accesses `bytes`, and gives it to one caller.
unsafe impl<const N: usize> Sync for Pool<N> {}

impl<const N: usize> Pool<N> {
    /// An unused pool. A `static` one takes no space in the program's image.
    #[expect(clippy::new_without_default, reason = "a pool belongs into a static")]
    pub const fn new() -> Self {
        Self { bytes: UnsafeCell::new([0; N]), taken: AtomicBool::new(false) }
    }

    /// The buffer, for the first caller only.
    #[expect(clippy::mut_from_ref, reason = "given out once")]
    pub fn take(&'static self) -> Option<&'static mut [u8]> {
        if self.taken.swap(true, Ordering::AcqRel) {
            return None;
        }
        // SAFETY: no other reference exists, as `taken` is never cleared.
        Some(unsafe { &mut *self.bytes.get() })
    }
}

impl<const N: usize> core::fmt::Debug for Pool<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Pool").field("size", &N).field("taken", &self.taken).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_taken_once() {
        static POOL: Pool<64> = Pool::new();
        assert_eq!(POOL.take().map(|bytes| bytes.len()), Some(64));
        assert!(POOL.take().is_none());
    }
}
