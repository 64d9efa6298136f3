//! How values pass between an app and the device: the Canonical ABI of the component model, as far as `wit/` needs it.
//!
//! A function with more than one flat result writes its result to memory that the caller provides: [`Area`]. For each list or string in
//! a result, the device asks the export `cabi_realloc` for memory. Here this is memory of the caller, too: [`into`] names it in
//! advance. An app therefore needs no heap.

use crate::Error;
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr;

/// The memory for a `result` or an `option`. `T` is the payload with the strictest alignment.
#[repr(C)]
pub(crate) struct Area<T> {
    /// Which case it is.
    pub tag: u8,
    payload: MaybeUninit<T>,
}

/// A pointer and a length, as a payload.
pub(crate) type List = [usize; 2];

/// Calls a function of the device that writes its result to an area.
///
/// # Safety
/// The function has to do that.
#[inline(always)]
pub(crate) unsafe fn area<T>(call: impl FnOnce(*mut Area<T>)) -> Area<T> {
    let mut area = MaybeUninit::uninit();
    call(area.as_mut_ptr());
    // SAFETY: the function has written the discriminant. The payload need not be initialized.
    unsafe { area.assume_init() }
}

/// Calls a function that returns a `result<T, error>`.
///
/// # Safety
/// The function has to do that, with this `T`.
#[inline(always)]
pub(crate) unsafe fn result<T>(call: impl FnOnce(*mut Area<T>)) -> Result<T, Error> {
    // SAFETY: by contract. An error is one byte.
    unsafe {
        let area = area(call);
        if area.tag == 0 { Ok(area.payload()) } else { Err(Error::lift(area.start())) }
    }
}

/// Calls a function that returns a `result<_, error>`.
///
/// # Safety
/// The function has to do that.
#[inline(always)]
pub(crate) unsafe fn done(call: impl FnOnce(*mut Area<u8>)) -> Result<(), Error> {
    // SAFETY: by contract. An error is one byte.
    unsafe {
        let area = area(call);
        if area.tag == 0 { Ok(()) } else { Err(Error::lift(area.start())) }
    }
}

impl<T> Area<T> {
    /// The payload.
    ///
    /// # Safety
    /// The case has to have it.
    #[inline(always)]
    pub unsafe fn payload(self) -> T {
        // SAFETY: the device has written the payload of the case.
        unsafe { self.payload.assume_init() }
    }

    /// The payload of a case that has a shorter one.
    ///
    /// # Safety
    /// The case has to have it.
    #[inline(always)]
    pub unsafe fn start<P: Copy>(&self) -> P {
        const { assert!(size_of::<P>() <= size_of::<T>() && align_of::<P>() <= align_of::<T>()) };
        // SAFETY: the device has written the payload of the case.
        unsafe { self.payload.as_ptr().cast::<P>().read() }
    }
}

/// Memory for one list or string in a result.
#[derive(Clone, Copy)]
pub(crate) struct Buffer {
    start: *mut u8,
    length: usize,
}

impl Buffer {
    /// No memory, for nothing.
    pub const EMPTY: Self = Self { start: ptr::null_mut(), length: 0 };

    /// What the last buffer has to be. It is large enough for everything, and no memory.
    pub const END: Self = Self { start: ptr::null_mut(), length: usize::MAX };

    /// The memory of a slice of plain numbers. The borrow has to outlast the call.
    pub fn of<T: Copy>(slice: &mut [T]) -> Self {
        Self { start: slice.as_mut_ptr().cast(), length: size_of_val(slice) }
    }
}

/// The next buffer for the results of the call in progress.
struct Next(Cell<*const Buffer>);

// SAFETY: a WebAssembly instance has one thread.
unsafe impl Sync for Next {}

static NEXT: Next = Next(Cell::new(&Buffer::END));

/// Calls a function of the device with these buffers for the lists and strings in its result, in the order of the result. The first is
/// aligned for all that may be written to it. The last is [`Buffer::END`].
pub(crate) fn into<T>(buffers: &[Buffer], call: impl FnOnce() -> T) -> T {
    NEXT.0.set(buffers.as_ptr());
    let result = call();
    // A client can call `cabi_realloc`, too, and the buffers are gone.
    NEXT.0.set(&Buffer::END);
    result
}

/// Calls a function that returns a `result<list<u8>, error>`. Returns the part of the buffer that the list takes.
///
/// # Safety
/// The function has to do that.
pub(crate) unsafe fn bytes(buffer: &mut [u8], call: impl FnOnce(*mut Area<List>)) -> Result<&mut [u8], Error> {
    // SAFETY: by contract.
    let [_, length] = into(&[Buffer::of(buffer), Buffer::END], || unsafe { result(call) })?;
    // The device cannot have written more.
    buffer.get_mut(..length).ok_or(Error::Io)
}

/// The length of a buffer for the device. A memory has less than 2^32 bytes.
pub(crate) fn length(buffer: &[u8]) -> u32 {
    buffer.len() as u32
}

/// The device asks for memory for a list or string: the next buffer that is large enough.
///
/// Traps if there is none, which would be an error in the device or in this crate: `wit/` bounds the length of each result. Also traps if
/// the device asks for more memory for a list, which devices do only if they convert text.
#[unsafe(export_name = "cabi_realloc")]
extern "C" fn realloc(old: *mut u8, _old_size: usize, align: usize, size: usize) -> *mut u8 {
    if size == 0 {
        return ptr::without_provenance_mut(align);
    }
    let mut next = NEXT.0.get();
    loop {
        // SAFETY: set by `into`, whose caller holds the buffers until the function of the device has returned. The last one ends the loop.
        let buffer = unsafe { *next };
        // SAFETY: as above. After the last buffer, nothing is read.
        next = unsafe { next.add(1) };
        if buffer.length >= size {
            if !old.is_null() || buffer.start.is_null() {
                crate::trap();
            }
            NEXT.0.set(next);
            return buffer.start;
        }
    }
}

/// Declares a resource of the device: a handle that is given back when it is dropped.
macro_rules! resource {
    ($(#[$attribute:meta])* $name:ident, $module:literal, $drop:literal) => {
        $(#[$attribute])*
        #[derive(Debug)]
        pub struct $name {
            handle: u32,
        }

        impl Drop for $name {
            fn drop(&mut self) {
                #[link(wasm_import_module = $module)]
                unsafe extern "C" {
                    #[link_name = $drop]
                    safe fn drop(handle: u32);
                }
                drop(self.handle);
            }
        }
    };
}
pub(crate) use resource;
