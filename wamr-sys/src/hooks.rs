//! Functions that replace WAMR's own. The CMake lists in this crate rename the calls.

use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use crate::{wasm_exec_env_t, wasm_module_inst_t};

unsafe extern "C" {
    /// `core/iwasm/common/wasm_exec_env.h`: creates an execution environment, null if the pool is exhausted.
    fn wasm_exec_env_create(instance: wasm_module_inst_t, stack_size: u32) -> wasm_exec_env_t;
}

static START_STACK_BOUNDARY: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());

/// Limits the native stack of the functions that WAMR runs when it instantiates a module: the start function and the exports
/// `__post_instantiate` and `__wasm_call_ctors`.
///
/// The limit applies to every instantiation in the process until the value is dropped.
#[derive(Debug)]
#[must_use = "the limit ends when this is dropped"]
pub struct StartStack(());

impl StartStack {
    /// Limits each of these functions to the native stack above `boundary`; null for the boundary that WAMR finds.
    pub fn set(boundary: *mut u8) -> Self {
        START_STACK_BOUNDARY.store(boundary, Relaxed);
        Self(())
    }
}

impl Drop for StartStack {
    fn drop(&mut self) {
        START_STACK_BOUNDARY.store(core::ptr::null_mut(), Relaxed);
    }
}

/// Replaces `wasm_exec_env_create` in `wasm_runtime.c`, whose caller runs the start function.
///
/// # Safety
/// Only WAMR calls this: `instance` must be a live instance.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_exec_env_create(instance: wasm_module_inst_t, stack_size: u32) -> wasm_exec_env_t {
    // SAFETY: WAMR passes what it would pass to its own function.
    let exec_env = unsafe { wasm_exec_env_create(instance, stack_size) };
    if !exec_env.is_null() {
        // SAFETY: `exec_env` was just created.
        unsafe { crate::wasm_runtime_set_native_stack_boundary(exec_env, START_STACK_BOUNDARY.load(Relaxed)) };
    }
    exec_env
}

/// Linear memory from the pool, as on Zephyr. These functions replace those of `platform_api_vmcore.h` in `wasm_memory.c`.
#[cfg(not(target_os = "none"))]
mod linear_memory {
    use core::ffi::{c_int, c_void};
    use core::ptr;

    /// # Safety
    /// Only WAMR calls this, with the runtime initialised.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn wamr_sys_mmap(
        _hint: *mut c_void,
        size: usize,
        _: c_int,
        _: c_int,
        _file: c_int,
    ) -> *mut c_void {
        let Ok(len) = u32::try_from(size) else { return ptr::null_mut() };
        // SAFETY: the runtime is initialised.
        let memory = unsafe { crate::wasm_runtime_malloc(len) };
        if !memory.is_null() {
            // SAFETY: `memory` has `size` bytes.
            unsafe { memory.cast::<u8>().write_bytes(0, size) };
        }
        memory
    }

    /// # Safety
    /// Only WAMR calls this, with memory from `wamr_sys_mmap`.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn wamr_sys_munmap(memory: *mut c_void, _size: usize) {
        // SAFETY: `memory` came from the pool.
        unsafe { crate::wasm_runtime_free(memory) };
    }

    /// The pool is readable and writable already.
    #[unsafe(no_mangle)]
    extern "C" fn wamr_sys_mprotect(_memory: *mut c_void, _size: usize, _protection: c_int) -> c_int {
        0
    }
}
