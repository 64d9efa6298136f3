//! WAMR on an allocator of Rust's.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::ffi::c_void;
use core::ptr::{self, NonNull};

use wamr_sys::heap::{Heap, Source};

use crate::PoolUsage;

/// The allocator of the one runtime and what is taken from it, as WAMR has no place for that.
static STATE: State = State { allocator: Cell::new(None), usage: Cell::new(PoolUsage { total: 0, used: 0, peak: 0 }) };

/// Cells, as no reference may last while the allocator works: it is the host's, and may look at the usage.
struct State {
    allocator: Cell<Option<&'static dyn GlobalAlloc>>,
    usage: Cell<PoolUsage>,
}

// SAFETY: the one runtime and all that uses it are on one thread; one follows the other through an atomic flag.
unsafe impl Sync for State {}

/// Begins with this allocator.
///
/// # Safety
/// There is no runtime, and none is being made on another thread.
pub(crate) unsafe fn set(allocator: &'static dyn GlobalAlloc) {
    STATE.allocator.set(Some(allocator));
    STATE.usage.set(PoolUsage { total: u32::MAX, used: 0, peak: 0 });
}

/// What is allocated, out of 4 GiB. On the thread of the runtime.
pub(crate) fn usage() -> PoolUsage {
    STATE.usage.get()
}

/// A [`Source`] of blocks that know their size, as WAMR does not tell it when it frees them.
pub(crate) struct Allocator;

/// What stands before each block: its size, padded to the alignment.
const HEADER: usize = Heap::ALIGN;

/// Counts a block of that layout out.
fn give_back(layout: Layout) {
    STATE.usage.set(PoolUsage { used: usage().used - layout.size() as u32, ..usage() });
}

fn layout(size: u32) -> Option<Layout> {
    Layout::from_size_align((size as usize).checked_add(HEADER)?, Heap::ALIGN).ok()
}

// SAFETY: blocks come from an allocator, aligned as `layout` says, which the header does not change.
unsafe impl Source for Allocator {
    unsafe fn malloc(size: u32) -> *mut c_void {
        let (Some(allocator), Some(layout)) = (STATE.allocator.get(), layout(size)) else { return ptr::null_mut() };
        let Some(used) = u32::try_from(layout.size()).ok().and_then(|size| usage().used.checked_add(size)) else {
            return ptr::null_mut();
        };
        // Before the allocator is called, so that what it takes itself is counted beside.
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

    /// Looks at the usage while it works, which Miri refuses while anything of it is borrowed exclusively.
    struct Looks;

    // SAFETY: gives what the system's allocator gives.
    unsafe impl GlobalAlloc for Looks {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            assert!(usage().used as usize >= layout.size(), "a block under way is counted");
            // SAFETY: the caller's promise.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            assert!(usage().used as usize <= 2 * layout.size(), "a block under way is not");
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
