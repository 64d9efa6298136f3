//! WAMR on an allocator of Rust's.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::{self, NonNull};

use wamr_sys::heap::{Heap, Source};

use crate::PoolUsage;

/// The allocator of the one runtime, as WAMR has no place for it.
static STATE: State = State(UnsafeCell::new(None));

struct State(UnsafeCell<Option<(&'static dyn GlobalAlloc, PoolUsage)>>);

// SAFETY: the one runtime and all that uses it are on one thread; one follows the other through an atomic flag.
unsafe impl Sync for State {}

/// Begins with this allocator.
///
/// # Safety
/// There is no runtime, and none is being made on another thread.
pub(crate) unsafe fn set(allocator: &'static dyn GlobalAlloc) {
    // SAFETY: nobody else looks at it.
    unsafe { *STATE.0.get() = Some((allocator, PoolUsage { total: u32::MAX, used: 0, peak: 0 })) };
}

/// What is allocated, out of 4 GiB. On the thread of the runtime.
pub(crate) fn usage() -> PoolUsage {
    // SAFETY: this thread has it, and no reference to it is kept anywhere.
    unsafe { (*STATE.0.get()).as_ref().map_or(PoolUsage { total: 0, used: 0, peak: 0 }, |(_, usage)| *usage) }
}

/// A [`Source`] of blocks that know their size, as WAMR does not tell it when it frees them.
pub(crate) struct Allocator;

/// What stands before each block: its size, padded to the alignment.
const HEADER: usize = Heap::ALIGN;

fn layout(size: u32) -> Option<Layout> {
    Layout::from_size_align((size as usize).checked_add(HEADER)?, Heap::ALIGN).ok()
}

/// # Safety
/// On the thread of the runtime; the reference ends before anything else of this module runs.
unsafe fn state<'a>() -> Option<&'a mut (&'static dyn GlobalAlloc, PoolUsage)> {
    // SAFETY: the caller's promise.
    unsafe { (*STATE.0.get()).as_mut() }
}

// SAFETY: blocks come from an allocator, aligned as `layout` says, which the header does not change.
unsafe impl Source for Allocator {
    unsafe fn malloc(size: u32) -> *mut c_void {
        // SAFETY: the layout has a size; the block has room for the header.
        unsafe {
            let (Some((allocator, usage)), Some(layout)) = (state(), layout(size)) else { return ptr::null_mut() };
            let Some(used) = usage.used.checked_add(layout.size() as u32) else { return ptr::null_mut() };
            let Some(block) = NonNull::new(allocator.alloc(layout)) else { return ptr::null_mut() };
            (usage.used, usage.peak) = (used, usage.peak.max(used));
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
            if let (Some((allocator, usage)), Some(layout)) = (state(), layout(start.cast::<u32>().read())) {
                usage.used -= layout.size() as u32;
                allocator.dealloc(start.cast(), layout);
            }
        }
    }

    fn free_bytes() -> u32 {
        let usage = usage();
        usage.total - usage.used
    }
}
