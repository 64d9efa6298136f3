//! Linear memory. An instance has at most one, which WAMR moves when it grows.

use core::ptr::NonNull;

use crate::instance::Instance;
use crate::{Caller, Error};

/// The linear memory of an instance, empty if it has none: bytes that WAMR allocated and zeroed. They do not move until the guest is
/// called or the memory grows.
///
/// # Safety
/// `instance` is live.
unsafe fn slice(instance: wamr_sys::wasm_module_inst_t) -> NonNull<[u8]> {
    let empty = NonNull::from(&mut []);
    // SAFETY: the instance is live, so its memory is too.
    let (base, size) = unsafe {
        let memory = wamr_sys::wasm_runtime_get_default_memory(instance);
        if memory.is_null() {
            return empty;
        }
        // WAMR merges all pages into one large page if no instruction of the module can notice.
        let size = wamr_sys::wasm_memory_get_cur_page_count(memory) * wamr_sys::wasm_memory_get_bytes_per_page(memory);
        (wamr_sys::wasm_memory_get_base_address(memory), size as usize)
    };
    // Null is a memory without pages.
    NonNull::new(base.cast()).map_or(empty, |base| NonNull::slice_from_raw_parts(base, size))
}

/// The range of a slice for a guest address.
fn range(memory: &[u8], address: u32, length: usize) -> Result<core::ops::Range<usize>, Error> {
    let start = address as usize;
    match start.checked_add(length) {
        Some(end) if end <= memory.len() => Ok(start..end),
        _ => Err(Error::MemoryAccess),
    }
}

impl<T> Instance<'_, T> {
    /// The linear memory, empty if the module has none.
    ///
    /// The borrow ends before the next call, which may move the memory:
    ///
    /// ```compile_fail,E0502
    /// # fn show(mut instance: wamr::Instance<'_>, grow: wamr::TypedFunc<(), ()>) {
    /// let memory = instance.memory();
    /// grow.call(&mut instance, ());
    /// memory[0];
    /// # }
    /// ```
    pub fn memory(&self) -> &[u8] {
        // SAFETY: live as long as `self`; calls, growth and writes need `&mut self`.
        unsafe { slice(self.raw()).as_ref() }
    }

    /// The linear memory, mutable.
    pub fn memory_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `memory`, and the exclusive borrow excludes other slices.
        unsafe { slice(self.raw()).as_mut() }
    }

    /// Copies from linear memory at `address` into `buffer`.
    ///
    /// ```
    #[doc = include_str!("../doc/show.txt")]
    /// # fn main() -> Result<(), wamr::Error> {
    /// # show(r#"(module (memory 1 2) (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#, |_, module| {
    /// use wamr::{Error, Instance, PAGE_SIZE};
    ///
    /// let mut instance = Instance::new(module)?;
    /// instance.write_memory(100, b"hello")?;
    /// let mut text = [0; 5];
    /// instance.read_memory(100, &mut text)?;
    /// assert_eq!(&text, b"hello");
    /// instance.memory_mut()[100] = b'j';
    /// assert_eq!(&instance.memory()[100..105], b"jello");
    ///
    /// assert_eq!(instance.write_memory(PAGE_SIZE as u32 - 1, b"hello"), Err(Error::MemoryAccess));
    /// assert_eq!(instance.grow_memory(1)?, 1);
    /// instance.write_memory(PAGE_SIZE as u32 - 1, b"hello")?;
    /// # Ok(()) }) }
    /// ```
    ///
    /// # Errors
    /// [`Error::MemoryAccess`] if the range is out of bounds.
    pub fn read_memory(&self, address: u32, buffer: &mut [u8]) -> Result<(), Error> {
        let memory = self.memory();
        buffer.copy_from_slice(&memory[range(memory, address, buffer.len())?]);
        Ok(())
    }

    /// Copies `bytes` into linear memory at `address`.
    ///
    /// # Errors
    /// [`Error::MemoryAccess`] if the range is out of bounds; then nothing is written.
    pub fn write_memory(&mut self, address: u32, bytes: &[u8]) -> Result<(), Error> {
        let memory = self.memory_mut();
        let range = range(memory, address, bytes.len())?;
        memory[range].copy_from_slice(bytes);
        Ok(())
    }

    /// Grows linear memory by `pages`, and returns the previous number of pages.
    ///
    /// The pool must have room for the old and the new memory at the same time.
    ///
    /// # Errors
    /// [`Error::MemoryGrow`] if the memory would exceed its maximum, the pool has no room, the module has no memory, or its code has
    /// neither `memory.grow` nor `memory.size`: WAMR then assumes that the memory never grows.
    pub fn grow_memory(&mut self, pages: u32) -> Result<u32, Error> {
        let before = self.memory().len() / self.module().page_size();
        // SAFETY: left at the end of this function.
        let _entered = unsafe { self.module().enter_heap() };
        // SAFETY: the instance is live and no slice of its memory exists.
        let grown = unsafe {
            let memory = wamr_sys::wasm_runtime_get_default_memory(self.raw());
            !memory.is_null() && wamr_sys::wasm_runtime_enlarge_memory(self.raw(), pages.into())
        };
        if grown { Ok(before as u32) } else { Err(Error::MemoryGrow) }
    }
}

impl<T> Caller<'_, T> {
    /// The linear memory of the calling guest, empty if it has none.
    pub fn memory(&self) -> &[u8] {
        // SAFETY: the instance is running, so live, and waits for the host function. The host has no other way to its memory: the
        // call borrows the instance exclusively.
        unsafe { slice(self.instance()).as_ref() }
    }

    /// The linear memory of the calling guest, mutable.
    pub fn memory_mut(&mut self) -> &mut [u8] {
        self.data_and_memory_mut().1
    }

    /// The host's data and the guest's memory at the same time.
    pub fn data_and_memory_mut(&mut self) -> (&mut T, &mut [u8]) {
        let instance = self.instance();
        // SAFETY: as in `memory`, and the exclusive borrow excludes other slices. The data lies outside of linear memory.
        (self.data_mut(), unsafe { slice(instance).as_mut() })
    }

    /// The buffer of `length` bytes at `address` in the calling guest's memory.
    ///
    /// # Errors
    /// [`Trap::MemoryOutOfBounds`](crate::Trap::MemoryOutOfBounds) if it is out of bounds; the host function can return this trap.
    pub fn bytes(&self, address: u32, length: u32) -> Result<&[u8], crate::Trap> {
        let memory = self.memory();
        let range = range(memory, address, length as usize).map_err(|_| crate::Trap::MemoryOutOfBounds)?;
        Ok(&memory[range])
    }

    /// The same buffer, mutable.
    ///
    /// # Errors
    /// Those of [`bytes`](Self::bytes).
    pub fn bytes_mut(&mut self, address: u32, length: u32) -> Result<&mut [u8], crate::Trap> {
        let memory = self.memory_mut();
        let range = range(memory, address, length as usize).map_err(|_| crate::Trap::MemoryOutOfBounds)?;
        Ok(&mut memory[range])
    }
}
