//! The system's allocator with a list of the blocks that were not freed.
//!
//! Of a runtime that has ended nothing is used any more, whatever was forgotten; so a program may hand its memory to others as
//! that of a pool. Freed for good, AddressSanitizer sees who still touches it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub static RECLAIM: Reclaim = Reclaim(Mutex::new(BTreeMap::new()));

/// The blocks by address.
pub struct Reclaim(Mutex<BTreeMap<usize, Layout>>);

impl Reclaim {
    fn blocks(&self) -> MutexGuard<'_, BTreeMap<usize, Layout>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Reclaim {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let block = unsafe { System.alloc(layout) };
        self.blocks().insert(block.expose_provenance(), layout);
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        assert_eq!(self.blocks().remove(&block.addr()), Some(layout), "a block that is freed was given");
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Frees the blocks that an ended runtime has left.
pub fn reclaim() {
    for (address, layout) in std::mem::take(&mut *RECLAIM.blocks()) {
        // SAFETY: given with that layout, not taken back, and no runtime is left.
        unsafe { System.dealloc(std::ptr::with_exposed_provenance_mut(address), layout) };
    }
}
