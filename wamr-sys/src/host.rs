//! Host functions that access their values directly in the interpreter's frame.
//!
//! For its own "raw natives", WAMR copies the parameters into an array according to their types, and the result back. On a Cortex-M33, this
//! takes more than half of the time of a host call. `cmake/interpreter.cmake` passes the cells of the guest's frame to these imports
//! instead.

use core::ffi::{CStr, c_char, c_void};
use core::ptr::NonNull;

use crate::{NativeSymbol, wasm_exec_env_t};

/// A function and its closure: `struct wamr_sys_host_function` in `cmake/wamr_sys.h`.
#[derive(Debug)]
#[repr(C)]
pub struct HostFunction {
    /// The function.
    pub call: Call,
    /// The third argument of the function.
    pub closure: NonNull<c_void>,
}

/// A function that reads its parameters from consecutive cells, one or two for each depending on its size, and writes a result into the
/// first ones. There are at least two cells. The arguments are the execution environment, the cells, the closure, and the custom data of
/// the instance.
///
/// If it returns false, the guest ends with the exception that is set in its instance.
pub type Call = unsafe extern "C" fn(wasm_exec_env_t, *mut u32, *mut c_void, *mut c_void) -> bool;

/// Its address distinguishes these imports from WAMR's own.
#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_host_function: u8 = 0;

impl HostFunction {
    /// A symbol to register the function as a raw native with the name `name`, a C string.
    ///
    /// WAMR keeps the pointers to the signature and to `self` in each module that it binds to the symbol.
    pub fn symbol(&self, name: *const c_char, signature: &CStr) -> NativeSymbol {
        NativeSymbol {
            symbol: name,
            func_ptr: (&raw const wamr_sys_host_function).cast_mut().cast(),
            signature: signature.as_ptr(),
            attachment: core::ptr::from_ref(self).cast_mut().cast(),
        }
    }
}
