//! Values that survive restarts and new versions of the app. They end when the app is removed.
//!
//! Each app has its own keys. The manifest requests the quota: `kv:4096` is 4096 bytes of flash, of which each value takes those of its
//! content, its key and the name of the app, and 32 more.

use crate::{Result, abi};

mod imports {
    use crate::abi::{Area, List};

    #[link(wasm_import_module = "wamr:device/kv@0.1.0")]
    unsafe extern "C" {
        #[link_name = "get"]
        pub fn get(key: *const u8, key_length: usize, max_length: u32, result: *mut Area<List>);
        #[link_name = "set"]
        pub fn set(key: *const u8, key_length: usize, value: *const u8, length: usize, result: *mut Area<u8>);
        #[link_name = "delete"]
        pub fn delete(key: *const u8, key_length: usize, result: *mut Area<u8>);
    }
}

/// Returns the value of a key, in the buffer.
///
/// # Errors
/// [`Error::NotFound`](crate::Error::NotFound) if there is none, and [`Error::NoSpace`](crate::Error::NoSpace) if the value is longer
/// than the buffer.
pub fn get<'b>(key: &str, buffer: &'b mut [u8]) -> Result<&'b mut [u8]> {
    let length = abi::length(buffer);
    // SAFETY: the device reads the key and writes the result to the area.
    unsafe { abi::bytes(buffer, |result| imports::get(key.as_ptr(), key.len(), length, result)) }
}

/// Stores a value. If it fails, or if the power fails meanwhile, the key keeps its value.
///
/// # Errors
/// [`Error::NoSpace`](crate::Error::NoSpace) beyond the quota, and [`Error::InvalidArgument`](crate::Error::InvalidArgument) if the key
/// or the value is too long.
pub fn set(key: &str, value: &[u8]) -> Result {
    // SAFETY: the device reads the key and the value and writes the result to the area.
    unsafe { abi::done(|result| imports::set(key.as_ptr(), key.len(), value.as_ptr(), value.len(), result)) }
}

/// Removes a key.
///
/// # Errors
/// [`Error::NotFound`](crate::Error::NotFound) if there is none.
pub fn delete(key: &str) -> Result {
    // SAFETY: the device reads the key and writes the result to the area.
    unsafe { abi::done(|result| imports::delete(key.as_ptr(), key.len(), result)) }
}
