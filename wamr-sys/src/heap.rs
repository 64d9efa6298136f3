//! Heaps in buffers of the host, managed by WAMR's own allocator, and the heap that WAMR currently allocates from.
//!
//! WAMR itself has one pool for everything. This module gives it allocator functions instead. They allocate from the heap that was
//! [entered] last, and free a block to the heap that contains its address. A module can therefore have a heap of its own.
//!
//! [entered]: Heap::enter

use core::cell::Cell;
use core::ffi::{c_int, c_uint, c_void};
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::Relaxed};

use crate::mem_alloc_info_t;

// core/shared/mem-alloc/mem_alloc.h
unsafe extern "C" {
    /// Creates a heap in `size` bytes, including its bookkeeping. Null if they are too few.
    fn mem_allocator_create(memory: *mut c_void, size: u32) -> *mut c_void;
    fn mem_allocator_destroy(heap: *mut c_void) -> i32;
    /// Returns blocks aligned to [`Heap::ALIGN`] bytes, null without room.
    fn mem_allocator_malloc(heap: *mut c_void, size: u32) -> *mut c_void;
    /// Allocates a new block for null.
    fn mem_allocator_realloc(heap: *mut c_void, block: *mut c_void, size: u32) -> *mut c_void;
    fn mem_allocator_free(heap: *mut c_void, block: *mut c_void);
    fn mem_allocator_get_alloc_info(heap: *mut c_void, info: *mut c_void) -> bool;
}

// cmake/allocator.cmake
unsafe extern "C" {
    fn wamr_sys_heap_largest(heap: *mut c_void) -> u32;
    fn wamr_sys_heap_cut(heap: *mut c_void, keep: u32) -> *mut c_void;
    fn wamr_sys_heap_shorten(heap: *mut c_void, block: *mut c_void, size: u32);
    fn wamr_sys_allocate(usage: c_int);
}

// `enum wamr_sys_use` in cmake/allocator.cmake
const BEST_FIT: c_int = 0;
const FOR_A_WHILE: c_int = 1;
/// Only the loader keeps blocks while it has others for a while.
#[cfg(test)]
const TO_KEEP: c_int = 2;

/// Allocates a block that is freed before long. It comes from the end of free memory, so that it leaves no gap between blocks that stay.
///
/// # Safety
/// On the thread of the runtime.
pub unsafe fn for_a_while<T>(allocate: impl FnOnce() -> T) -> T {
    // SAFETY: the caller's promise.
    unsafe { wamr_sys_allocate(FOR_A_WHILE) };
    let block = allocate();
    // SAFETY: as above.
    unsafe { wamr_sys_allocate(BEST_FIT) };
    block
}

/// Whether a module has an instruction that grows its memory or reads its size. The memory of others cannot grow.
///
/// # Safety
/// The module is loaded, and not native code.
pub unsafe fn grows(module: crate::wasm_module_t) -> bool {
    unsafe extern "C" {
        // cmake/loader.cmake
        fn wamr_sys_grows(module: crate::wasm_module_t) -> bool;
    }
    // SAFETY: the caller's promise.
    unsafe { wamr_sys_grows(module) }
}

/// A heap in a buffer.
#[derive(Debug)]
pub struct Heap(NonNull<Header>);

/// The front of the buffer.
struct Header {
    /// WAMR's heap, which follows.
    raw: *mut c_void,
    /// The end of the buffer.
    end: Cell<*mut u8>,
    /// Whether it would be larger if there were more memory.
    is_short: Cell<bool>,
    /// The heap created before this one.
    older: AtomicPtr<Header>,
}

/// All heaps, newest first. Only one thread uses them; they are atomics because they are statics.
static NEWEST: AtomicPtr<Header> = AtomicPtr::new(ptr::null_mut());
/// The current heap; null for the [`Source`].
static CURRENT: AtomicPtr<Header> = AtomicPtr::new(ptr::null_mut());

impl Heap {
    /// Alignment of every block (`GC_ALIGN_8` in `core/shared/mem-alloc/ems`).
    pub const ALIGN: usize = 8;

    /// Minimum size of a buffer in bytes. WAMR overruns a buffer that is too small for its bookkeeping (`gc_init_with_pool` in
    /// `core/shared/mem-alloc/ems`), and nothing useful fits into less.
    pub const MIN_SIZE: usize = 4096;

    /// What a block of `size` bytes takes, with its header (`HMU_SIZE` in `core/shared/mem-alloc/ems`).
    pub const fn block_size(size: u32) -> u32 {
        (size + 4).next_multiple_of(Self::ALIGN as u32)
    }

    /// Creates a heap in `size` bytes. `None` for fewer than [`MIN_SIZE`](Self::MIN_SIZE), or if WAMR cannot create its lock.
    ///
    /// # Safety
    /// Nobody else uses the memory at `start` as long as the heap lives, and blocks of the heap are not used longer. All functions for
    /// heaps are called on one thread.
    pub unsafe fn new(start: *mut u8, size: u32) -> Option<Self> {
        if (size as usize) < Self::MIN_SIZE {
            return None;
        }
        let padding = start.align_offset(align_of::<Header>());
        let used = padding + size_of::<Header>();
        // SAFETY: the buffer is larger than the part used here, and the caller lends it.
        unsafe {
            let raw = mem_allocator_create(start.add(used).cast(), size - used as u32);
            if raw.is_null() {
                return None;
            }
            let header = start.add(padding).cast::<Header>();
            header.write(Header {
                raw,
                end: Cell::new(start.add(size as usize)),
                is_short: Cell::new(false),
                older: AtomicPtr::new(NEWEST.load(Relaxed)),
            });
            NEWEST.store(header, Relaxed);
            NonNull::new(header).map(Self)
        }
    }

    /// Usage of the heap in bytes, without its own bookkeeping.
    pub fn usage(&self) -> mem_alloc_info_t {
        self.header().usage()
    }

    /// Size of the largest block that can be allocated, in bytes.
    pub fn largest(&self) -> u32 {
        // SAFETY: the heap is live.
        unsafe { wamr_sys_heap_largest(self.header().raw) }
    }

    /// Bytes of its buffer that the heap uses.
    pub fn size(&self) -> u32 {
        // SAFETY: both are in the buffer.
        unsafe { self.header().end.get().offset_from(self.0.as_ptr().cast()) as u32 }
    }

    /// Sets whether the heap would be larger if there were more memory. [`Failure::is_short`] tells of it.
    pub fn set_short(&self, is_short: bool) {
        self.header().is_short.set(is_short);
    }

    /// Whether the heap would be larger if there were more memory.
    pub fn is_short(&self) -> bool {
        self.header().is_short.get()
    }

    /// Ends the heap behind its last block, but keeps up to `keep` free bytes there. Returns how many bytes of its buffer the heap still
    /// uses; the rest belongs to the caller again.
    pub fn cut(&self, keep: u32) -> u32 {
        let header = self.header();
        // SAFETY: the heap is live. What is cut off contains no blocks.
        header.end.set(unsafe { wamr_sys_heap_cut(header.raw, keep) }.cast());
        self.size()
    }

    /// Frees the end of a block, behind `size` bytes.
    ///
    /// # Safety
    /// `block` is a block of this heap, and the end of it is not used any more.
    pub unsafe fn shorten(&self, block: *mut u8, size: u32) {
        // SAFETY: the caller's promise.
        unsafe { wamr_sys_heap_shorten(self.header().raw, block.cast(), size) };
    }

    /// Makes WAMR allocate from `heap`, or from the [`Source`], until the value is dropped. Then the previous heap is current again.
    ///
    /// # Safety
    /// The heap outlives the value. Values are dropped in the reverse order of their creation.
    pub unsafe fn enter(heap: Option<&Self>) -> Entered {
        let heap = heap.map_or(ptr::null_mut(), |heap| heap.0.as_ptr());
        let before = CURRENT.load(Relaxed);
        CURRENT.store(heap, Relaxed);
        Entered { before, on_this_thread: PhantomData }
    }

    fn header(&self) -> &Header {
        // SAFETY: the buffer is ours.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        let memory = self.0.as_ptr()..self.header().end.get().cast();
        let mut link = &NEWEST;
        // SAFETY: all heaps in the list are live. A heap whose owner was forgotten is in the memory of an older one, with which it is
        // removed here, or in memory that is never freed.
        unsafe {
            while let Some(heap) = link.load(Relaxed).as_ref() {
                if memory.contains(&ptr::from_ref(heap).cast_mut()) {
                    link.store(heap.older.load(Relaxed), Relaxed);
                } else {
                    link = &heap.older;
                }
            }
            mem_allocator_destroy(self.header().raw);
        }
    }
}

/// Forgets all heaps, which are no longer used. Heaps whose owners were forgotten may be in memory that is reused.
///
/// # Safety
/// On the thread that had the heaps; no [`Heap`] is used or dropped afterwards.
pub unsafe fn forget_all() {
    NEWEST.store(ptr::null_mut(), Relaxed);
    CURRENT.store(ptr::null_mut(), Relaxed);
}

impl Header {
    /// The heap that contains `block`; `None` for a block from the [`Source`]. A heap may be in a block of an older one.
    fn of<'a>(block: *mut c_void) -> Option<&'a Self> {
        let mut newest = NEWEST.load(Relaxed);
        // SAFETY: all heaps in the list are live while the caller uses one.
        while let Some(header) = unsafe { newest.as_ref() } {
            if (newest.cast()..header.end.get().cast()).contains(&block) {
                return Some(header);
            }
            newest = header.older.load(Relaxed);
        }
        None
    }

    fn usage(&self) -> mem_alloc_info_t {
        let mut info = mem_alloc_info_t { total_size: 0, total_free_size: 0, highmark_size: 0 };
        // SAFETY: the heap is live, and `info` has the type that the function fills (`mem_alloc.c`).
        unsafe { mem_allocator_get_alloc_info(self.raw, ptr::from_mut(&mut info).cast()) };
        info
    }
}

/// While this lives, WAMR allocates from one heap.
#[must_use = "the heap is left when this is dropped"]
#[derive(Debug)]
pub struct Entered {
    before: *mut Header,
    on_this_thread: PhantomData<*mut ()>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.store(self.before, Relaxed);
    }
}

/// The allocator while no heap is entered.
///
/// # Safety
/// Blocks are aligned to [`Heap::ALIGN`] and used by nobody else until they are freed.
pub unsafe trait Source {
    /// Allocates a block of `size` bytes; null without room.
    ///
    /// # Safety
    /// On the thread of the runtime.
    unsafe fn malloc(size: u32) -> *mut c_void;

    /// Allocates a block of `size` bytes with the content of the old one, which is freed; null without room, and then the old one stays.
    ///
    /// # Safety
    /// `block` came from here.
    unsafe fn realloc(block: *mut c_void, size: u32) -> *mut c_void;

    /// Frees a block.
    ///
    /// # Safety
    /// `block` came from here and is not used again.
    unsafe fn free(block: *mut c_void);

    /// Free bytes, as far as known.
    fn free_bytes() -> u32;
}

/// A source without blocks, for a runtime on a pool: the heap of the pool is entered as long as the runtime lives.
#[derive(Debug)]
pub struct Nothing;

// SAFETY: there are no blocks.
unsafe impl Source for Nothing {
    unsafe fn malloc(_size: u32) -> *mut c_void {
        ptr::null_mut()
    }

    unsafe fn realloc(_block: *mut c_void, _size: u32) -> *mut c_void {
        ptr::null_mut()
    }

    unsafe fn free(_block: *mut c_void) {}

    fn free_bytes() -> u32 {
        0
    }
}

/// The functions for `Alloc_With_Allocator` of `wasm_export.h`: malloc, realloc, free.
pub fn functions<S: Source>() -> [*mut c_void; 3] {
    [malloc::<S> as *mut c_void, realloc::<S> as *mut c_void, free::<S> as *mut c_void]
}

/// An allocation that failed.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// Its size in bytes; 0 if there was none.
    pub wanted: u32,
    /// The bytes that were free in its heap.
    pub free: u32,
    /// Whether its heap would be larger if there were more memory: [`Heap::set_short`].
    pub is_short: bool,
}

/// The last allocation that failed.
static WANTED: AtomicU32 = AtomicU32::new(0);
static FREE: AtomicU32 = AtomicU32::new(0);
static IS_SHORT: AtomicBool = AtomicBool::new(false);

/// Takes the last allocation that failed.
pub fn take_failure() -> Failure {
    Failure { wanted: WANTED.swap(0, Relaxed), free: FREE.load(Relaxed), is_short: IS_SHORT.load(Relaxed) }
}

/// Stores a failure in a heap, or in the [`Source`].
// Not inlined into both of its callers.
#[cold]
#[inline(never)]
fn failed<S: Source>(size: u32, heap: Option<&Header>) -> *mut c_void {
    let (free, is_short) =
        heap.map_or_else(|| (S::free_bytes(), false), |heap| (heap.usage().total_free_size, heap.is_short.get()));
    WANTED.store(size, Relaxed);
    FREE.store(free, Relaxed);
    IS_SHORT.store(is_short, Relaxed);
    ptr::null_mut()
}

unsafe extern "C" fn malloc<S: Source>(size: c_uint) -> *mut c_void {
    // SAFETY: the current heap is live; WAMR is on the thread of the runtime.
    unsafe {
        let heap = CURRENT.load(Relaxed).as_ref();
        let block = heap.map_or_else(|| S::malloc(size), |heap| mem_allocator_malloc(heap.raw, size));
        if block.is_null() { failed::<S>(size, heap) } else { block }
    }
}

unsafe extern "C" fn realloc<S: Source>(block: *mut c_void, size: c_uint) -> *mut c_void {
    // SAFETY: the block is in the heap that it came from.
    unsafe {
        if block.is_null() {
            return malloc::<S>(size);
        }
        let heap = Header::of(block);
        let new = heap.map_or_else(|| S::realloc(block, size), |heap| mem_allocator_realloc(heap.raw, block, size));
        if new.is_null() { failed::<S>(size, heap) } else { new }
    }
}

unsafe extern "C" fn free<S: Source>(block: *mut c_void) {
    // SAFETY: the block is in the heap that it came from.
    unsafe {
        match Header::of(block) {
            Some(heap) => mem_allocator_free(heap.raw, block),
            None => S::free(block),
        }
    }
}

#[cfg(test)]
mod tests;
