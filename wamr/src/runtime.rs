//! The one runtime of a process and its pool.

use core::marker::PhantomData;
use core::mem::{ManuallyDrop, zeroed};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::Error;

/// WAMR counts initialisations and ignores the arguments of all but the first, so there must be no second.
static INITIALIZED: AtomicBool = AtomicBool::new(false);

/// The smallest pool, in bytes. WAMR overruns one that does not hold its bookkeeping (`gc_init_with_pool` in
/// `core/shared/mem-alloc/ems`), and below this nothing useful fits.
pub const MIN_POOL_SIZE: usize = 4096;

/// WAMR, initialised on a pool of memory.
///
/// There is at most one in a process. It stays on the thread that made it, as does all that is made with it: WAMR's tables have no
/// locks.
#[derive(Debug)]
pub struct Runtime {
    pool: NonNull<[u8]>,
    not_send: PhantomData<*mut ()>,
}

impl Runtime {
    /// Initialises WAMR, which from now on allocates from `pool` only.
    ///
    /// # Errors
    /// [`Error::AlreadyInitialized`] while there is a runtime, [`Error::PoolSize`] when the pool is smaller than [`MIN_POOL_SIZE`]
    /// or larger than 4 GiB.
    pub fn new(pool: &'static mut [u8]) -> Result<Self, Error> {
        let heap_size = u32::try_from(pool.len()).map_err(|_| Error::PoolSize)?;
        if pool.len() < MIN_POOL_SIZE {
            return Err(Error::PoolSize);
        }
        if INITIALIZED.swap(true, Ordering::AcqRel) {
            return Err(Error::AlreadyInitialized);
        }
        let pool = NonNull::from(pool);

        // SAFETY: all fields are numbers, null pointers or unions of them.
        let mut args: wamr_sys::RuntimeInitArgs = unsafe { zeroed() };
        args.mem_alloc_type = wamr_sys::mem_alloc_type_t::Alloc_With_Pool;
        args.mem_alloc_option.pool.heap_buf = pool.as_ptr().cast();
        args.mem_alloc_option.pool.heap_size = heap_size;
        args.running_mode = wamr_sys::RunningMode::Mode_Interp;
        // SAFETY: the pool is borrowed for the rest of the program, or until `into_pool` ends the runtime.
        if !unsafe { wamr_sys::wasm_runtime_full_init(&mut args) } {
            INITIALIZED.store(false, Ordering::Release);
            return Err(Error::PoolSize);
        }
        // Warnings would go to the standard output; whatever matters comes back as an error.
        // SAFETY: the runtime is initialised.
        unsafe { wamr_sys::wasm_runtime_set_log_level(wamr_sys::log_level_t::WASM_LOG_LEVEL_FATAL) };
        Ok(Self { pool, not_send: PhantomData })
    }

    /// Ends the runtime and returns its pool, for example to begin anew.
    pub fn into_pool(self) -> &'static mut [u8] {
        let mut this = ManuallyDrop::new(self);
        let mut pool = this.pool;
        // SAFETY: not dropped again. Then nothing uses the pool: all that borrows it borrows the runtime.
        unsafe {
            core::ptr::drop_in_place(&mut *this);
            pool.as_mut()
        }
    }

    /// How much of the pool is in use.
    pub fn pool_usage(&self) -> PoolUsage {
        let mut info = wamr_sys::mem_alloc_info_t { total_size: 0, total_free_size: 0, highmark_size: 0 };
        // SAFETY: the runtime is initialised with a pool, so this fills `info`.
        unsafe { wamr_sys::wasm_runtime_get_mem_alloc_info(&mut info) };
        let used = info.total_size - info.total_free_size;
        PoolUsage { total: info.total_size, used, peak: info.highmark_size }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`; modules and instances borrow the runtime and are gone.
        unsafe { wamr_sys::wasm_runtime_destroy() };
        INITIALIZED.store(false, Ordering::Release);
    }
}

/// Bytes of the pool, WAMR's bookkeeping included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolUsage {
    /// What the pool can hold.
    pub total: u32,
    /// What is in use now.
    pub used: u32,
    /// The most that was in use since the runtime was made.
    pub peak: u32,
}
