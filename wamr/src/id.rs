//! Numbers that identify linkers and instances. Unlike an address, a number is never reused.

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A number that a process uses once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id(NonZeroU32);

impl Id {
    /// # Panics
    /// After 2³² numbers, because a repeated number would confuse two objects.
    pub fn next() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        // Only called with a runtime, so by one thread at a time. Some targets have no atomic addition.
        let id =
            LAST.load(Relaxed).checked_add(1).and_then(NonZeroU32::new).expect("2^32 instances and linkers were made");
        LAST.store(id.get(), Relaxed);
        Self(id)
    }
}
