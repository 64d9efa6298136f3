//! The runtime of a process and its pool.

use core::alloc::GlobalAlloc;
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, zeroed};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use wamr_sys::heap::{self, Entered, Heap};

use crate::allocator::{self, Allocator};
use crate::{Error, clock};

/// Whether there is a runtime. WAMR counts initializations and ignores the arguments of all but the first, so there must be no second.
static INITIALIZED: AtomicBool = AtomicBool::new(false);

/// Minimum size of a pool, and of a [memory quota](crate::Limits::pool), in bytes.
pub const MIN_POOL_SIZE: usize = Heap::MIN_SIZE;

/// WAMR, initialized on a pool of memory or on an allocator.
///
/// A process has at most one runtime, which can load any number of modules. It stays on the thread that made it, and so does everything
/// that is made with it. See [Threads](crate#threads) for what to do instead of a second runtime, and
/// [One struct that owns everything](crate#one-struct-that-owns-everything) for an `Rc<Runtime>`.
///
/// ```
/// use wamr::{Error, Pool, Runtime};
///
/// static POOL: Pool<{ 64 * 1024 }> = Pool::new();
/// let runtime = Runtime::new(POOL.take().expect("taken once"))?;
/// assert_eq!(Runtime::new(vec![0; 8192].leak()).unwrap_err(), Error::AlreadyInitialized);
/// assert!(runtime.pool_usage().used < runtime.pool_usage().total);
///
/// let pool = runtime.into_pool();
/// let runtime = Runtime::new(&mut pool[..32 * 1024])?;
/// drop(runtime);
/// let runtime = Runtime::with_allocator(&std::alloc::System)?;
/// # Ok::<(), Error>(())
/// ```
pub struct Runtime {
    /// `None` on an allocator.
    pool: Option<Pool>,
    /// Number of live instances.
    instances: Cell<u32>,
    not_send: PhantomData<*mut ()>,
    _only: Only,
}

/// The pool and the heap in it.
struct Pool {
    bytes: NonNull<[u8]>,
    /// WAMR allocates from the heap as long as the runtime lives, except for modules with a heap of their own.
    _entered: Entered,
    heap: Heap,
}

impl Runtime {
    /// Initializes WAMR, which allocates only from `pool`.
    ///
    /// # Errors
    /// [`Error::AlreadyInitialized`] while there is a runtime; [`Error::PoolSize`] if the pool is smaller than [`MIN_POOL_SIZE`] or larger
    /// than 4 GiB.
    pub fn new(pool: &'static mut [u8]) -> Result<Self, Error> {
        let size = u32::try_from(pool.len()).map_err(|_| Error::PoolSize)?;
        let only = Only::new()?;
        let bytes = NonNull::from(pool);
        // SAFETY: the pool is borrowed for the rest of the program, or until `into_pool` ends the runtime, by one thread.
        let heap = unsafe { Heap::new(bytes.as_ptr().cast(), size) }.ok_or(Error::PoolSize)?;
        // SAFETY: left before the heap is dropped. Everything that enters another heap borrows or shares the runtime.
        let entered = unsafe { Heap::enter(Some(&heap)) };
        let pool = Pool { bytes, _entered: entered, heap };
        init::<heap::Nothing>()?;
        Ok(Self::with(Some(pool), only))
    }

    /// Initializes WAMR, which allocates with `allocator`, for example `&std::alloc::System`.
    ///
    /// No pool limits the memory of all guests together, only their [`Limits`](crate::Limits) do.
    ///
    /// # Errors
    /// [`Error::AlreadyInitialized`] while there is a runtime.
    pub fn with_allocator(allocator: &'static dyn GlobalAlloc) -> Result<Self, Error> {
        let only = Only::new()?;
        // SAFETY: there is no other runtime.
        unsafe { allocator::set(allocator) };
        init::<Allocator>()?;
        Ok(Self::with(None, only))
    }

    fn with(pool: Option<Pool>, only: Only) -> Self {
        clock::set(clock::system);
        Self { pool, instances: Cell::new(0), not_send: PhantomData, _only: only }
    }

    /// Ends the runtime and returns its pool, for example for a new runtime; with an allocator, an empty slice.
    pub fn into_pool(self) -> &'static mut [u8] {
        let mut this = ManuallyDrop::new(self);
        let bytes = this.pool.as_ref().map(|pool| pool.bytes);
        // SAFETY: not dropped again. Nothing uses the pool afterwards: every user borrows or shares the runtime.
        unsafe {
            core::ptr::drop_in_place(&mut *this);
            bytes.map_or(&mut [], |mut bytes| bytes.as_mut())
        }
    }

    /// Sets the clock of this runtime, for deadlines and for [`Limits::host_time`](crate::Limits::host_time). It returns microseconds
    /// since an arbitrary moment in the past. A runtime starts with the system's monotonic clock.
    ///
    /// During a call with a [deadline](crate::Limits::deadline), the interpreter reads the clock every 2,048 instructions. A simulator
    /// whose time stands still while code runs can advance it here.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    ///
    /// static TIME: AtomicU64 = AtomicU64::new(0);
    /// # fn show(runtime: &wamr::Runtime) {
    /// // A millisecond passes between two readings.
    /// runtime.set_clock(|| TIME.fetch_add(1000, Relaxed));
    /// # }
    /// ```
    pub fn set_clock(&self, clock: fn() -> u64) {
        clock::set(clock);
    }

    /// Usage of the pool. A [memory quota](crate::Limits::pool) counts as used as a whole.
    pub fn pool_usage(&self) -> PoolUsage {
        self.heap().map_or_else(allocator::usage, PoolUsage::of)
    }

    /// The largest free block of the pool, in bytes. On an allocator, [`u32::MAX`].
    pub fn room(&self) -> u32 {
        self.heap().map_or(u32::MAX, Heap::largest)
    }

    /// Number of live instances.
    pub(crate) fn instances(&self) -> &Cell<u32> {
        &self.instances
    }

    /// The heap of the whole pool; `None` with an allocator.
    pub(crate) fn heap(&self) -> Option<&Heap> {
        self.pool.as_ref().map(|pool| &pool.heap)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // SAFETY: initialized in the constructor. Modules and instances, which borrow or share the runtime, are gone or were forgotten.
        unsafe { wamr_sys::wasm_runtime_destroy() };
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("pool", &self.pool_usage()).finish()
    }
}

/// Initializes WAMR, which allocates from `S` while no heap is entered.
fn init<S: heap::Source>() -> Result<(), Error> {
    let [malloc, realloc, free] = heap::functions::<S>();
    // SAFETY: all fields are numbers, null pointers or unions of them.
    let mut args: wamr_sys::RuntimeInitArgs = unsafe { zeroed() };
    args.mem_alloc_type = wamr_sys::mem_alloc_type_t::Alloc_With_Allocator;
    args.mem_alloc_option.allocator.malloc_func = malloc;
    args.mem_alloc_option.allocator.realloc_func = realloc;
    args.mem_alloc_option.allocator.free_func = free;
    // The running mode keeps its default: the interpreter, if WAMR contains one.
    // SAFETY: the functions have the types that WAMR expects, and their heaps belong to this thread.
    if !unsafe { wamr_sys::wasm_runtime_full_init(&mut args) } {
        return Err(Error::PoolSize);
    }
    // Warnings would go to standard output; errors are returned.
    // SAFETY: the runtime is initialized.
    unsafe { wamr_sys::wasm_runtime_set_log_level(wamr_sys::log_level_t::WASM_LOG_LEVEL_FATAL) };
    Ok(())
}

/// The right to initialize WAMR, of which there is one in a process.
struct Only(());

impl Only {
    fn new() -> Result<Self, Error> {
        if INITIALIZED.swap(true, Ordering::AcqRel) { Err(Error::AlreadyInitialized) } else { Ok(Self(())) }
    }
}

impl Drop for Only {
    fn drop(&mut self) {
        // SAFETY: this thread had the runtime, whose heap is gone. Other heaps are left only in modules that were forgotten.
        unsafe { heap::forget_all() };
        INITIALIZED.store(false, Ordering::Release);
    }
}

/// Usage of the pool in bytes, including WAMR's bookkeeping.
///
/// [`Runtime`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolUsage {
    /// Capacity of the pool.
    pub total: u32,
    /// Current usage.
    pub used: u32,
    /// Peak usage since the runtime was created.
    pub peak: u32,
}

impl PoolUsage {
    pub(crate) fn of(heap: &Heap) -> Self {
        let info = heap.usage();
        let used = info.total_size - info.total_free_size;
        Self { total: info.total_size, used, peak: info.highmark_size }
    }
}
