//! A part of the pool for one module.

use wamr_sys::heap::Heap;

use crate::pool_box::PoolBytes;
use crate::{Error, Runtime};

/// A heap in a block of the pool. What is allocated there can neither take from others nor be taken by them.
pub(crate) struct Share {
    heap: Heap,
    /// Goes after the heap in it.
    _bytes: PoolBytes,
}

impl Share {
    /// Takes `size` bytes of the pool. The runtime outlives the value.
    pub fn new(runtime: &Runtime, size: u32) -> Result<Self, Error> {
        let bytes = PoolBytes::new(runtime.heap(), size as usize).map_err(|error| match error {
            Error::OutOfMemory { wanted, free } => Error::NoShare { wanted, free },
            error => error,
        })?;
        // SAFETY: the block has that size and belongs to the heap; whoever allocates there holds the share.
        let heap = unsafe { Heap::new(bytes.as_ptr(), size) }.ok_or(Error::PoolSize)?;
        Ok(Self { heap, _bytes: bytes })
    }

    pub fn heap(&self) -> &Heap {
        &self.heap
    }
}
