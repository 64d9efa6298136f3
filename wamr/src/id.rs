//! Numbers that tell linkers and instances apart for good, where an address could be used again.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A number given out once per process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id(u32);

impl Id {
    /// # Panics
    /// When 2³² numbers are used up, rather than to confuse two objects.
    pub fn next() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Only called with a runtime, so from one thread at a time; some targets lack an atomic addition.
        let id = NEXT.load(Relaxed);
        NEXT.store(id.checked_add(1).expect("2^32 instances and linkers were made"), Relaxed);
        Self(id)
    }
}
