//! Memory quotas: parts of the pool for one module.

use wamr_sys::heap::Heap;

use crate::pool_box::PoolBytes;
use crate::{Error, Runtime};

/// A heap in a block of the pool. Its module can allocate nowhere else, and other modules cannot allocate there.
pub(crate) struct Share {
    heap: Heap,
    /// Dropped after the heap in it.
    bytes: PoolBytes,
}

impl Share {
    /// Reserves `size` bytes of the pool. The runtime must outlive the value.
    pub fn new(runtime: &Runtime, size: u32) -> Result<Self, Error> {
        let bytes = PoolBytes::new(runtime.heap(), size as usize).map_err(|error| match error {
            Error::OutOfMemory { wanted, free } => Error::NoShare { wanted, free },
            error => error,
        })?;
        // SAFETY: the block has this size and belongs to the heap. The module that allocates there holds the quota.
        let heap = unsafe { Heap::new(bytes.as_ptr(), size) }.ok_or(Error::PoolSize)?;
        Ok(Self { heap, bytes })
    }

    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// Returns what is behind the last block to the pool, except `keep` bytes.
    pub fn fit(&self, pool: &Heap, keep: u32) {
        let size = self.heap.cut(keep);
        // SAFETY: the block is one of the pool, and the heap in it ends there now.
        unsafe { pool.shorten(self.bytes.as_ptr(), size) };
    }
}
