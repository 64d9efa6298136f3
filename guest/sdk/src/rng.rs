//! Random numbers, fit for cryptography.

use crate::abi::{self, Buffer};

mod imports {
    use crate::abi::List;

    #[link(wasm_import_module = "wamr:device/rng@0.1.0")]
    unsafe extern "C" {
        #[link_name = "bytes"]
        pub fn bytes(length: u32, result: *mut List);
        #[link_name = "number"]
        pub safe fn number() -> u64;
    }
}

/// Fills the buffer with random bytes.
pub fn fill(buffer: &mut [u8]) {
    let length = abi::length(buffer);
    let mut list = abi::List::default();
    // SAFETY: the device writes the list to the buffer, and its address and length to `list`.
    abi::into(&[Buffer::of(buffer), Buffer::END], || unsafe { imports::bytes(length, &raw mut list) });
}

/// Returns a random number.
pub fn number() -> u64 {
    imports::number()
}
