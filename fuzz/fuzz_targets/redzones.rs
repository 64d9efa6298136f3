//! Lets AddressSanitizer see inside of WAMR's pool, which it takes for one block: each allocation gets poisoned bytes before
//! and after it. Also lets the pool seem smaller than it is.
//!
//! The linker has WAMR call these functions (`--wrap` in `build.rs`) in place of those in
//! `core/shared/mem-alloc/mem_alloc.c`. Freed blocks cannot be poisoned: the pool keeps its lists in them.

use std::ffi::c_void;
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
    /// `core/shared/mem-alloc/mem_alloc.h`; `__real_` is the linker's prefix for the wrapped function.
    fn __real_mem_allocator_malloc(allocator: *mut c_void, size: u32) -> *mut c_void;
    fn __real_mem_allocator_realloc(allocator: *mut c_void, block: *mut c_void, size: u32) -> *mut c_void;
    fn __real_mem_allocator_free(allocator: *mut c_void, block: *mut c_void);
    /// `wamr-sys/cmake/allocator.cmake`
    fn __real_wamr_sys_heap_largest(heap: *mut c_void) -> u32;
    fn __real_wamr_sys_heap_shorten(heap: *mut c_void, block: *mut c_void, size: u32);
}

/// # Safety
/// Only WAMR calls this, with its allocator.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_mem_allocator_malloc(allocator: *mut c_void, size: u32) -> *mut c_void {
    // SAFETY: the arguments are WAMR's.
    unsafe { between_redzones(size, 0, |padded| __real_mem_allocator_malloc(allocator, padded)) }
}

/// # Safety
/// Only WAMR calls this, with its allocator and a block from it or null.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_mem_allocator_free(allocator: *mut c_void, block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: the block came from `between_redzones`.
    unsafe {
        let (start, padded) = without_redzones(block);
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
    if block.is_null() {
        // SAFETY: the caller's promise.
        return unsafe { __wrap_mem_allocator_malloc(allocator, size) };
    }
    // SAFETY: the block came from `between_redzones`, and is unchanged if it cannot grow.
    unsafe {
        let (start, padded) = without_redzones(block);
        let old_size = start.cast::<usize>().read();
        let new = between_redzones(size, padded, |padded| __real_mem_allocator_realloc(allocator, start, padded));
        if new.is_null() {
            poison(start, old_size);
        }
        new
    }
}

/// # Safety
/// Only `wamr-sys` calls this, with a live heap.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wamr_sys_heap_largest(heap: *mut c_void) -> u32 {
    // SAFETY: the caller's promise.
    let room = unsafe { __real_wamr_sys_heap_largest(heap) };
    (room & !7).saturating_sub(2 * REDZONE as u32)
}

/// # Safety
/// Only `wamr-sys` calls this, with a live heap and one of its blocks.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wamr_sys_heap_shorten(heap: *mut c_void, block: *mut c_void, size: u32) {
    // SAFETY: the block came from `between_redzones`, and is longer.
    unsafe {
        let (start, before) = without_redzones(block);
        let now = padded(size as usize);
        USED.store(USED.load(Relaxed) - before + now, Relaxed);
        __real_wamr_sys_heap_shorten(heap, start, now as u32);
        start.cast::<usize>().write(size as usize);
        poison(start, size as usize);
    }
}

/// A block of `size` bytes in one that `allocate` makes, in place of one of `replaced` bytes.
///
/// # Safety
/// `allocate` gives as many bytes as it is asked for, or null.
unsafe fn between_redzones(size: u32, replaced: usize, allocate: impl FnOnce(u32) -> *mut c_void) -> *mut c_void {
    let padded = padded(size as usize);
    let Ok(padded_size) = u32::try_from(padded) else { return ptr::null_mut() };
    let used = USED.load(Relaxed) - replaced + padded;
    if used > LIMIT.load(Relaxed) {
        return ptr::null_mut();
    }
    let start = allocate(padded_size);
    if start.is_null() {
        return start;
    }
    USED.store(used, Relaxed);
    // SAFETY: the written bytes are inside the new block.
    unsafe {
        start.cast::<usize>().write(size as usize);
        poison(start, size as usize)
    }
}

/// A block of `size` bytes with its red zones.
fn padded(size: usize) -> usize {
    size.next_multiple_of(8) + 2 * REDZONE
}

/// Poisons the red zones of a block of `size` bytes, and returns the block.
///
/// # Safety
/// `padded(size)` bytes lie at `start`.
unsafe fn poison(start: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe {
        let block = start.byte_add(REDZONE);
        __asan_poison_memory_region(start, REDZONE);
        __asan_poison_memory_region(block.byte_add(size), padded(size) - REDZONE - size);
        block
    }
}

/// The start and the total size of a block with its red zones, which are no longer poisoned.
///
/// # Safety
/// `block` came from `between_redzones`.
unsafe fn without_redzones(block: *mut c_void) -> (*mut c_void, usize) {
    // SAFETY: the size lies at the start of the red zone.
    unsafe {
        let start = block.byte_sub(REDZONE);
        __asan_unpoison_memory_region(start, REDZONE);
        let padded = padded(start.cast::<usize>().read());
        __asan_unpoison_memory_region(start, padded);
        (start, padded)
    }
}
