//! Calls of the guest. Unlike `wasm_runtime_call_wasm`, they do not determine the thread and the end of its stack each time.

use core::ffi::c_int;

use crate::{wasm_exec_env_t, wasm_function_inst_t};

unsafe extern "C" {
    /// `core/iwasm/common/wasm_exec_env.h`: stores the thread, and the stack boundary that was set, or else that of the thread.
    fn wasm_exec_env_set_thread_info(exec_env: wasm_exec_env_t);
    /// `cmake/interpreter.cmake`
    fn wamr_sys_call(exec_env: wasm_exec_env_t, function: wasm_function_inst_t, cells: *mut u32) -> c_int;
}

/// Restricts calls in `exec_env` on this thread to the native stack above `boundary`; null for the whole stack of the thread.
///
/// # Safety
/// `exec_env` is live.
pub unsafe fn set_native_stack(exec_env: wasm_exec_env_t, boundary: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        crate::wasm_runtime_set_native_stack_boundary(exec_env, boundary);
        wasm_exec_env_set_thread_info(exec_env);
    }
}

/// Calls a function with the parameters in `cells`, which hold the results afterwards. A value takes one or two cells, depending on its
/// size. Returns false if the guest trapped; then its instance has an exception.
///
/// # Safety
/// `function` belongs to the instance of `exec_env`. [`set_native_stack`] was called for it on this thread, or this is a call back from a
/// host function. The instance has no exception. There are enough cells for the parameters, and for the results.
#[inline]
pub unsafe fn call(exec_env: wasm_exec_env_t, function: wasm_function_inst_t, cells: *mut u32) -> bool {
    // SAFETY: the caller's promise.
    unsafe { wamr_sys_call(exec_env, function, cells) != 0 }
}

/// What the processor has beyond what its architecture demands: a sum of constants in `cmake/native.cmake`.
#[cfg(wamr_native)]
pub fn processor() -> u32 {
    unsafe extern "C" {
        static wamr_sys_processor: u32;
    }
    // SAFETY: a constant.
    unsafe { wamr_sys_processor }
}
