//! Calls of the guest, without what `wasm_runtime_call_wasm` finds out anew each time: which thread it is on, and where the
//! thread's stack ends.

use core::ffi::c_int;

use crate::{wasm_exec_env_t, wasm_function_inst_t};

unsafe extern "C" {
    /// `core/iwasm/common/wasm_exec_env.h`: notes the thread, and the boundary of the stack that was set or else that of the thread.
    fn wasm_exec_env_set_thread_info(exec_env: wasm_exec_env_t);
    /// `cmake/interpreter.cmake`
    fn wamr_sys_call(exec_env: wasm_exec_env_t, function: wasm_function_inst_t, cells: *mut u32) -> c_int;
}

/// Has calls in `exec_env` that this thread makes use the native stack above `boundary`, null for all of the thread's.
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

/// Calls a function whose parameters lie in `cells` and whose results will, each in one cell or two as its size demands. False
/// when the guest trapped, with an exception set in its instance.
///
/// # Safety
/// `function` belongs to the instance of `exec_env`, for which [`set_native_stack`] was called on this thread or in which it is
/// called back; that instance has no exception set. There are as many cells as the parameters take, and as the results.
#[inline]
pub unsafe fn call(exec_env: wasm_exec_env_t, function: wasm_function_inst_t, cells: *mut u32) -> bool {
    // SAFETY: the caller's promise.
    unsafe { wamr_sys_call(exec_env, function, cells) != 0 }
}
