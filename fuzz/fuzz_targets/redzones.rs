//! Lets AddressSanitizer see inside of WAMR's pool, which it takes for one block: each allocation gets poisoned bytes before
//! and after it. Also lets the pool seem smaller than it is.
//!
//! The linker has WAMR call these functions (`--wrap` in `build.rs`) in place of those in
//! `core/shared/mem-alloc/mem_alloc.c`. Freed blocks cannot be poisoned: the pool keeps its lists in them.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of the pool in blocks.
static USED: AtomicUsize = AtomicUsize::new(0);
/// The most they may become.
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Lets WAMR have `room` bytes more of the pool than it has now.
pub fn set_room(room: usize) {
    LIMIT.store(USED.load(Relaxed).saturating_add(room), Relaxed);
}

/// Bytes before a block, which hold its size, and after it. Keeps blocks aligned to 8, as the pool does.
const REDZONE: usize = 16;

unsafe extern "C" {
    /// `sanitizer/asan_interface.h`
    fn __asan_poison_memory_region(address: *const c_void, size: usize);
    fn __asan_unpoison_memory_region(address: *const c_void, size: usize);
    /// `core/shared/mem-alloc/mem_alloc.h`; `__real_` is the linker's name for what is wrapped.
    fn __real_mem_allocator_malloc(allocator: *mut c_void, size: u32) -> *mut c_void;
    fn __real_mem_allocator_free(allocator: *mut c_void, block: *mut c_void);
}

/// # Safety
/// Only WAMR calls this, with its allocator.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_mem_allocator_malloc(allocator: *mut c_void, size: u32) -> *mut c_void {
    let padded = (size as usize).next_multiple_of(8) + 2 * REDZONE;
    let Ok(padded_size) = u32::try_from(padded) else { return ptr::null_mut() };
    let used = USED.load(Relaxed) + padded;
    if used > LIMIT.load(Relaxed) {
        return ptr::null_mut();
    }
    // SAFETY: the arguments are WAMR's; what is written and poisoned lies in the new block.
    unsafe {
        let start = __real_mem_allocator_malloc(allocator, padded_size);
        if start.is_null() {
            return start;
        }
        USED.store(used, Relaxed);
        start.cast::<usize>().write(size as usize);
        let block = start.byte_add(REDZONE);
        let end = block.byte_add(size as usize);
        __asan_poison_memory_region(start, REDZONE);
        __asan_poison_memory_region(end, padded - REDZONE - size as usize);
        block
    }
}

/// # Safety
/// Only WAMR calls this, with its allocator and a block from it or null.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_mem_allocator_free(allocator: *mut c_void, block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: the block has a red zone on both sides.
    unsafe {
        let start = block.byte_sub(REDZONE);
        let padded = size_of_block(block).next_multiple_of(8) + 2 * REDZONE;
        __asan_unpoison_memory_region(start, padded);
        USED.store(USED.load(Relaxed) - padded, Relaxed);
        __real_mem_allocator_free(allocator, start);
    }
}

/// # Safety
/// As for `__wrap_mem_allocator_free`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_mem_allocator_realloc(
    allocator: *mut c_void,
    block: *mut c_void,
    size: u32,
) -> *mut c_void {
    // SAFETY: the caller's promise; the two blocks are distinct and each as long as what is copied.
    unsafe {
        let new = __wrap_mem_allocator_malloc(allocator, size);
        if !new.is_null() && !block.is_null() {
            let kept = size_of_block(block).min(size as usize);
            ptr::copy_nonoverlapping(block.cast::<u8>(), new.cast::<u8>(), kept);
            __wrap_mem_allocator_free(allocator, block);
        }
        new
    }
}

/// Read by AddressSanitizer when it starts. With a stack of its own for locals no function could tell how much of the real one it
/// uses.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const c_char {
    c"detect_stack_use_after_return=0".as_ptr()
}

/// # Safety
/// `block` came from `__wrap_mem_allocator_malloc`.
unsafe fn size_of_block(block: *mut c_void) -> usize {
    // SAFETY: the size lies at the start of the red zone.
    unsafe {
        let start = block.byte_sub(REDZONE);
        __asan_unpoison_memory_region(start, size_of::<usize>());
        start.cast::<usize>().read()
    }
}
