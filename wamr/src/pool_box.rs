//! Values in the pool.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use wamr_sys::heap::Heap;

use crate::{Error, Runtime};

/// A `Box` in the pool of a runtime.
pub(crate) struct PoolBox<'rt, T> {
    value: NonNull<T>,
    owns: PhantomData<(T, &'rt Runtime)>,
}

impl<'rt, T> PoolBox<'rt, T> {
    /// Allocates the value in `heap`, or with the allocator of the runtime.
    ///
    /// # Safety
    /// The runtime outlives the box. The heap belongs to it and outlives the box as well.
    pub unsafe fn new(heap: Option<&Heap>, value: T) -> Result<Self, Error> {
        const { assert!(align_of::<T>() <= Heap::ALIGN, "more than the pool aligns to") }
        let pointer = if size_of::<T>() == 0 {
            NonNull::dangling()
        } else {
            // SAFETY: the runtime is initialised.
            unsafe { allocate(heap, size_of::<T>()) }?.cast()
        };
        // SAFETY: new memory of the size and alignment of `T`.
        unsafe { pointer.write(value) };
        Ok(Self { value: pointer, owns: PhantomData })
    }

    /// The address of the value, which is the same until it is dropped.
    pub fn as_ptr(&self) -> NonNull<T> {
        self.value
    }

    /// Releases the value; `from_raw` takes it back.
    pub fn into_raw(self) -> NonNull<T> {
        let pointer = self.value;
        core::mem::forget(self);
        pointer
    }

    /// # Safety
    /// `pointer` came from `into_raw`, and nothing else uses it.
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

/// A slice of values in the pool, which need no `drop`.
pub(crate) struct PoolSlice<'rt, T> {
    bytes: PoolBytes,
    length: usize,
    values: PhantomData<(T, &'rt Runtime)>,
}

impl<T> PoolSlice<'_, T> {
    /// Allocates the values in `heap`, or with the allocator of the runtime.
    ///
    /// # Safety
    /// As for [`PoolBox::new`].
    pub unsafe fn new(heap: Option<&Heap>, values: impl ExactSizeIterator<Item = T>) -> Result<Self, Error> {
        const { assert!(align_of::<T>() <= Heap::ALIGN && !core::mem::needs_drop::<T>() && size_of::<T>() > 0) }
        let bytes = PoolBytes::new(heap, values.len().max(1).saturating_mul(size_of::<T>()))?;
        let mut slice = Self { bytes, length: 0, values: PhantomData };
        let room = values.len();
        for value in values.take(room) {
            // SAFETY: there is room for that many values.
            unsafe { slice.bytes.as_ptr().cast::<T>().add(slice.length).write(value) };
            slice.length += 1;
        }
        Ok(slice)
    }
}

impl<T> Deref for PoolSlice<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: that many values were written.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr().cast(), self.length) }
    }
}

/// Bytes of the pool, aligned to [`Heap::ALIGN`].
pub(crate) struct PoolBytes(NonNull<u8>);

impl PoolBytes {
    /// `size` bytes of any content, from `heap` or the runtime's allocator. The runtime must be initialized and outlive the value.
    pub fn new(heap: Option<&Heap>, size: usize) -> Result<Self, Error> {
        // SAFETY: the caller has a runtime.
        unsafe { allocate(heap, size) }.map(Self)
    }

    /// A copy of `bytes`. The runtime must be initialized and outlive the value.
    pub fn copy(heap: Option<&Heap>, bytes: &[u8]) -> Result<Self, Error> {
        let copy = Self::new(heap, bytes.len())?;
        // SAFETY: the new block has that many bytes.
        unsafe { copy.0.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
        Ok(copy)
    }

    pub fn as_ptr(&self) -> *mut u8 {
        self.0.as_ptr()
    }
}

impl Drop for PoolBytes {
    fn drop(&mut self) {
        // SAFETY: came from the pool.
        unsafe { wamr_sys::wasm_runtime_free(self.0.as_ptr().cast()) };
    }
}

/// Allocates from `heap`, whichever guest is running: an object that a host function creates must outlive the quota of its caller.
///
/// # Safety
/// The runtime is initialized.
unsafe fn allocate(heap: Option<&Heap>, size: usize) -> Result<NonNull<u8>, Error> {
    let size = u32::try_from(size).map_err(|_| Error::OutOfMemory { wanted: u32::MAX, free: 0 })?;
    // SAFETY: left at the end of this function.
    let _entered = unsafe { Heap::enter(heap) };
    // SAFETY: the caller's promise.
    NonNull::new(unsafe { wamr_sys::wasm_runtime_malloc(size) }.cast()).ok_or_else(Error::out_of_memory)
}
