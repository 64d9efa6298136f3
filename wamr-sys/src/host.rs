//! Host functions that take and return values where the interpreter has them.
//!
//! WAMR copies the parameters of its own "raw natives" into an array by their types, and the result back; on a Cortex-M33 that
//! is more than half of what a call of the host costs. To such an import `cmake/interpreter.cmake` passes the cells of the
//! guest's frame instead.

use core::ffi::{CStr, c_char, c_void};
use core::ptr::NonNull;

use crate::{NativeSymbol, wasm_exec_env_t};

/// A function and what it is called with: `struct wamr_sys_host_function` in `cmake/wamr_sys.h`.
#[derive(Debug)]
#[repr(C)]
pub struct HostFunction {
    /// What is called.
    pub call: Call,
    /// Its third argument.
    pub closure: NonNull<c_void>,
}

/// A function that finds its parameters in cells, one after the other, each in one cell or two as its size demands, and leaves a
/// result in the first ones. There are at least two. The arguments are the execution environment, the cells, the closure, and
/// the custom data of the instance.
///
/// False ends the guest with the exception that was set in its instance.
pub type Call = unsafe extern "C" fn(wasm_exec_env_t, *mut u32, *mut c_void, *mut c_void) -> bool;

/// What tells such imports from WAMR's own.
#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_host_function: u8 = 0;

impl HostFunction {
    /// The function as an import `name`, a C string, to register as a raw native.
    ///
    /// WAMR keeps the signature and the address of `self` in each module that it binds to the symbol.
    pub fn symbol(&self, name: *const c_char, signature: &CStr) -> NativeSymbol {
        NativeSymbol {
            symbol: name,
            func_ptr: (&raw const wamr_sys_host_function).cast_mut().cast(),
            signature: signature.as_ptr(),
            attachment: core::ptr::from_ref(self).cast_mut().cast(),
        }
    }
}
