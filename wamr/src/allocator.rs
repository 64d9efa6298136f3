//! WAMR on a Rust allocator.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::ffi::c_void;
use core::ptr::{self, NonNull};

use wamr_sys::heap::{Heap, Source};

use crate::PoolUsage;

/// The allocator of the runtime and its usage. Static, because WAMR passes no context to its allocator functions.
static STATE: State = State { allocator: Cell::new(None), usage: Cell::new(PoolUsage { total: 0, used: 0, peak: 0 }) };

/// Cells, because no reference may exist while the allocator runs: it is host code and may read the usage.
struct State {
    allocator: Cell<Option<&'static dyn GlobalAlloc>>,
    usage: Cell<PoolUsage>,
}

// SAFETY: the runtime and everything that uses it stay on one thread. An atomic flag separates one runtime from the next.
unsafe impl Sync for State {}

/// Sets the allocator and resets the usage.
///
/// # Safety
/// There is no runtime, and none is being made on another thread.
pub(crate) unsafe fn set(allocator: &'static dyn GlobalAlloc) {
    STATE.allocator.set(Some(allocator));
    STATE.usage.set(PoolUsage { total: u32::MAX, used: 0, peak: 0 });
}

/// The usage, out of 4 GiB. Call it on the thread of the runtime.
pub(crate) fn usage() -> PoolUsage {
    STATE.usage.get()
}

/// A [`Source`] that stores the size of each block, because WAMR does not pass it when it frees the block.
pub(crate) struct Allocator;

/// Bytes before each block: its size, padded to the alignment.
const HEADER: usize = Heap::ALIGN;

/// Subtracts a block from the usage.
fn give_back(layout: Layout) {
    STATE.usage.set(PoolUsage { used: usage().used - layout.size() as u32, ..usage() });
}

fn layout(size: u32) -> Option<Layout> {
    Layout::from_size_align((size as usize).checked_add(HEADER)?, Heap::ALIGN).ok()
}

// SAFETY: blocks come from an allocator with the alignment of `layout`, and the header keeps that alignment.
unsafe impl Source for Allocator {
    unsafe fn malloc(size: u32) -> *mut c_void {
        let (Some(allocator), Some(layout)) = (STATE.allocator.get(), layout(size)) else { return ptr::null_mut() };
        let Some(used) = u32::try_from(layout.size()).ok().and_then(|size| usage().used.checked_add(size)) else {
            return ptr::null_mut();
        };
        // Before the call, so that memory the allocator itself takes through WAMR is added and not overwritten.
        STATE.usage.set(PoolUsage { used, ..usage() });
        // SAFETY: the layout has a size.
        let Some(block) = NonNull::new(unsafe { allocator.alloc(layout) }) else {
            give_back(layout);
            return ptr::null_mut();
        };
        let PoolUsage { total, used, peak } = usage();
        STATE.usage.set(PoolUsage { total, used, peak: peak.max(used) });
        // SAFETY: the block has room for the header.
        unsafe {
            block.cast::<u32>().write(size);
            block.add(HEADER).as_ptr().cast()
        }
    }

    unsafe fn realloc(block: *mut c_void, size: u32) -> *mut c_void {
        // SAFETY: both blocks have the smaller of the two sizes, the old one has its size before it.
        unsafe {
            let new = Self::malloc(size);
            if !new.is_null() {
                let old_size = block.byte_sub(HEADER).cast::<u32>().read();
                ptr::copy_nonoverlapping(block.cast::<u8>(), new.cast(), size.min(old_size) as usize);
                Self::free(block);
            }
            new
        }
    }

    unsafe fn free(block: *mut c_void) {
        // SAFETY: the block has its size before it, from which its layout was made.
        unsafe {
            let start = block.byte_sub(HEADER);
            if let (Some(allocator), Some(layout)) = (STATE.allocator.get(), layout(start.cast::<u32>().read())) {
                give_back(layout);
                allocator.dealloc(start.cast(), layout);
            }
        }
    }

    fn free_bytes() -> u32 {
        let usage = usage();
        usage.total - usage.used
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::alloc::System;

    /// Reads the usage while it runs. Miri rejects that if any part of the usage is borrowed exclusively.
    struct Looks;

    // SAFETY: gives what the system's allocator gives.
    unsafe impl GlobalAlloc for Looks {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            assert!(usage().used as usize >= layout.size(), "a block being allocated is counted");
            // SAFETY: the caller's promise.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            assert!(usage().used as usize <= 2 * layout.size(), "a block being freed is not");
            // SAFETY: the caller's promise.
            unsafe { System.dealloc(block, layout) }
        }
    }

    #[test]
    fn the_allocator_may_look_at_the_usage() {
        // SAFETY: no test of this program makes a runtime; blocks are used as they were given.
        unsafe {
            set(&Looks);
            let block = Allocator::malloc(100);
            let block = Allocator::realloc(block, 200);
            assert_eq!(usage().used as usize, 200 + HEADER);
            Allocator::free(block);
        }
        let usage = usage();
        assert_eq!((usage.used, usage.peak as usize), (0, 300 + 2 * HEADER));
    }
}
