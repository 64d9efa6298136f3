//! Values in the pool, as there is no allocator.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use crate::{Error, Runtime};

/// A `Box` whose memory comes from the pool of a runtime.
pub(crate) struct PoolBox<'rt, T> {
    value: NonNull<T>,
    owns: PhantomData<(T, &'rt Runtime)>,
}

impl<'rt, T> PoolBox<'rt, T> {
    /// Every block that WAMR's allocator gives out is aligned so (`GC_ALIGN_8` in `core/shared/mem-alloc/ems`).
    const ALIGN: usize = 8;

    /// # Safety
    /// The runtime is initialised and stays so for `'rt`.
    pub unsafe fn new(value: T) -> Result<Self, Error> {
        const { assert!(align_of::<T>() <= Self::ALIGN, "the pool aligns to 8 bytes") }
        let pointer = if size_of::<T>() == 0 {
            NonNull::dangling()
        } else {
            let size = u32::try_from(size_of::<T>()).map_err(|_| Error::OutOfMemory)?;
            // SAFETY: the runtime is initialised.
            NonNull::new(unsafe { wamr_sys::wasm_runtime_malloc(size) }.cast()).ok_or(Error::OutOfMemory)?
        };
        // SAFETY: new memory of the size and alignment of `T`.
        unsafe { pointer.write(value) };
        Ok(Self { value: pointer, owns: PhantomData })
    }

    /// The value's address, which stays the same until it is dropped.
    pub fn as_ptr(&self) -> NonNull<T> {
        self.value
    }

    /// Gives up the value; `from_raw` takes it back.
    pub fn into_raw(self) -> NonNull<T> {
        let pointer = self.value;
        core::mem::forget(self);
        pointer
    }

    /// # Safety
    /// `pointer` came from `into_raw` and is not used by another.
    pub unsafe fn from_raw(pointer: NonNull<T>) -> Self {
        Self { value: pointer, owns: PhantomData }
    }
}

impl<T> Drop for PoolBox<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this owns the value, and its memory came from the pool unless it has none.
        unsafe {
            self.value.drop_in_place();
            if size_of::<T>() != 0 {
                wamr_sys::wasm_runtime_free(self.value.as_ptr().cast());
            }
        }
    }
}

impl<T> Deref for PoolBox<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this owns the value.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for PoolBox<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this owns the value.
        unsafe { self.value.as_mut() }
    }
}
