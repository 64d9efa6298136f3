//! Static memory that is given away once.

use core::cell::UnsafeCell;

use zephyr::sync::atomic::{AtomicBool, Ordering};

/// A static value whose only reference [`TakeOnce::take`] hands out.
pub(crate) struct TakeOnce<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `taken` gives the value to one caller only; it may be another thread than the one that made it.
unsafe impl<T: Send> Sync for TakeOnce<T> {}

impl<T> TakeOnce<T> {
    pub const fn new(value: T) -> Self {
        Self { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// The value, for the first caller.
    pub fn take(&'static self) -> Option<&'static mut T> {
        if self.taken.swap(true, Ordering::AcqRel) {
            return None;
        }
        // SAFETY: only the first caller comes here, so this is the only reference.
        Some(unsafe { &mut *self.value.get() })
    }
}
