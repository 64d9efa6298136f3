//! Heaps in memory that the host gives, with WAMR's own allocator, and the one that WAMR allocates from at the moment.
//!
//! WAMR knows one pool for all. Here it is told to call an allocator instead, which takes from the heap that was [entered]
//! last, and finds the heap of a block that is freed by its address. So a module can have a heap of its own.
//!
//! [entered]: Heap::enter

use core::ffi::{c_uint, c_void};
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

use crate::mem_alloc_info_t;

// core/shared/mem-alloc/mem_alloc.h
unsafe extern "C" {
    /// Makes a heap in `size` bytes, which hold its bookkeeping as well. Null when they are too few.
    fn mem_allocator_create(memory: *mut c_void, size: u32) -> *mut c_void;
    fn mem_allocator_destroy(heap: *mut c_void) -> i32;
    /// Gives blocks aligned to [`Heap::ALIGN`] bytes, null when there is no room.
    fn mem_allocator_malloc(heap: *mut c_void, size: u32) -> *mut c_void;
    /// Takes null for a new block.
    fn mem_allocator_realloc(heap: *mut c_void, block: *mut c_void, size: u32) -> *mut c_void;
    fn mem_allocator_free(heap: *mut c_void, block: *mut c_void);
    fn mem_allocator_get_alloc_info(heap: *mut c_void, info: *mut c_void) -> bool;
}

/// A heap in a buffer, until it is dropped.
#[derive(Debug)]
pub struct Heap(NonNull<Header>);

/// What the front of the buffer holds.
struct Header {
    /// WAMR's heap, behind this.
    raw: *mut c_void,
    /// The byte behind the buffer.
    end: *mut u8,
    /// The heap made before this one.
    older: AtomicPtr<Header>,
}

/// The heaps there are, the newest first. All of this is for one thread; atomics because statics ask for it.
static NEWEST: AtomicPtr<Header> = AtomicPtr::new(ptr::null_mut());
/// The heap that blocks are taken from; null for the [`Source`].
static CURRENT: AtomicPtr<Header> = AtomicPtr::new(ptr::null_mut());

impl Heap {
    /// Every block is aligned so (`GC_ALIGN_8` in `core/shared/mem-alloc/ems`).
    pub const ALIGN: usize = 8;

    /// The smallest buffer, in bytes. WAMR overruns one that does not hold its bookkeeping (`gc_init_with_pool` in
    /// `core/shared/mem-alloc/ems`), and below this nothing useful fits.
    pub const MIN_SIZE: usize = 4096;

    /// Makes a heap in `size` bytes. `None` when they are fewer than [`MIN_SIZE`](Self::MIN_SIZE), or no lock can be had.
    ///
    /// # Safety
    /// Nobody else uses the memory from `start` on as long as the heap lives, and what is allocated there is not used
    /// longer. This and all that concerns heaps happens on one thread.
    pub unsafe fn new(start: *mut u8, size: u32) -> Option<Self> {
        if (size as usize) < Self::MIN_SIZE {
            return None;
        }
        let padding = start.align_offset(align_of::<Header>());
        let used = padding + size_of::<Header>();
        // SAFETY: the buffer is larger than what is used of it, and the caller has it for us.
        unsafe {
            let raw = mem_allocator_create(start.add(used).cast(), size - used as u32);
            if raw.is_null() {
                return None;
            }
            let header = start.add(padding).cast::<Header>();
            header.write(Header { raw, end: start.add(size as usize), older: AtomicPtr::new(NEWEST.load(Relaxed)) });
            NEWEST.store(header, Relaxed);
            NonNull::new(header).map(Self)
        }
    }

    /// Bytes in the heap, its own bookkeeping left out.
    pub fn usage(&self) -> mem_alloc_info_t {
        self.header().usage()
    }

    /// Has WAMR take from `heap`, or from the [`Source`], until the value is dropped, and then from where it took before.
    ///
    /// # Safety
    /// The heap lives longer than the value. Values are dropped in the reverse order of their making.
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
        let memory = self.0.as_ptr()..self.header().end.cast();
        let mut link = &NEWEST;
        // SAFETY: all heaps that can be found are live: one whose owner was forgotten lies in the memory of an older one, with
        // which it is taken out here, or in memory that is never freed.
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

/// Forgets all heaps, which nobody uses any more: those whose owners were forgotten may lie in memory that others get.
///
/// # Safety
/// On the thread that had the heaps; no [`Heap`] is used or dropped afterwards.
pub unsafe fn forget_all() {
    NEWEST.store(ptr::null_mut(), Relaxed);
    CURRENT.store(ptr::null_mut(), Relaxed);
}

impl Header {
    /// The heap that holds `block`; `None` for one that came from the [`Source`]. Heaps may lie in blocks of older ones.
    fn of<'a>(block: *mut c_void) -> Option<&'a Self> {
        let mut newest = NEWEST.load(Relaxed);
        // SAFETY: all heaps that can be found are live as long as the caller works on one.
        while let Some(header) = unsafe { newest.as_ref() } {
            if (newest.cast()..header.end.cast()).contains(&block) {
                return Some(header);
            }
            newest = header.older.load(Relaxed);
        }
        None
    }

    fn usage(&self) -> mem_alloc_info_t {
        let mut info = mem_alloc_info_t { total_size: 0, total_free_size: 0, highmark_size: 0 };
        // SAFETY: the heap is live, and `info` is what the function fills (`mem_alloc.c`).
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

/// Where blocks come from while no heap is entered.
///
/// # Safety
/// Blocks are aligned to [`Heap::ALIGN`] and used by nobody else until they are freed.
pub unsafe trait Source {
    /// A block of `size` bytes; null when there is none.
    ///
    /// # Safety
    /// On the thread of the runtime.
    unsafe fn malloc(size: u32) -> *mut c_void;

    /// A block of `size` bytes with the content of the old one, which is freed; null, and nothing is freed, when there is none.
    ///
    /// # Safety
    /// `block` came from here.
    unsafe fn realloc(block: *mut c_void, size: u32) -> *mut c_void;

    /// Takes a block back.
    ///
    /// # Safety
    /// `block` came from here and is not used again.
    unsafe fn free(block: *mut c_void);

    /// Bytes that are free, as far as known.
    fn free_bytes() -> u32;
}

/// No blocks at all: for a runtime on a pool, which is a heap that is entered as long as the runtime lives.
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

/// What could not be had last, and what was free then.
static WANTED: AtomicU32 = AtomicU32::new(0);
static FREE: AtomicU32 = AtomicU32::new(0);

/// The size in bytes of the last block that could not be had, and the bytes that were free where it was sought. Forgets it.
pub fn take_failure() -> (u32, u32) {
    (WANTED.swap(0, Relaxed), FREE.load(Relaxed))
}

/// Keeps what a failure was.
fn checked(block: *mut c_void, size: u32, free: impl FnOnce() -> u32) -> *mut c_void {
    if block.is_null() {
        WANTED.store(size, Relaxed);
        FREE.store(free(), Relaxed);
    }
    block
}

unsafe extern "C" fn malloc<S: Source>(size: c_uint) -> *mut c_void {
    // SAFETY: the current heap is live; WAMR is on the thread of the runtime.
    unsafe {
        match CURRENT.load(Relaxed).as_ref() {
            Some(heap) => checked(mem_allocator_malloc(heap.raw, size), size, || heap.usage().total_free_size),
            None => checked(S::malloc(size), size, S::free_bytes),
        }
    }
}

unsafe extern "C" fn realloc<S: Source>(block: *mut c_void, size: c_uint) -> *mut c_void {
    // SAFETY: the block lies in the heap where it was taken from.
    unsafe {
        if block.is_null() {
            return malloc::<S>(size);
        }
        match Header::of(block) {
            Some(heap) => checked(mem_allocator_realloc(heap.raw, block, size), size, || heap.usage().total_free_size),
            None => checked(S::realloc(block, size), size, S::free_bytes),
        }
    }
}

unsafe extern "C" fn free<S: Source>(block: *mut c_void) {
    // SAFETY: the block lies in the heap where it was taken from.
    unsafe {
        match Header::of(block) {
            Some(heap) => mem_allocator_free(heap.raw, block),
            None => S::free(block),
        }
    }
}

#[cfg(test)]
mod tests;
