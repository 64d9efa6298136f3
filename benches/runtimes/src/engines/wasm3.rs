//! wasm3, in C.

use alloc::ffi::CString;
use core::ffi::{c_char, c_void};
use core::ptr::{NonNull, null_mut};

use crate::engine::{Engine, Failure, STACK};
use crate::measure;

/// An error's message, or null.
type M3Result = *const c_char;

// wasm3.h
unsafe extern "C" {
    fn m3_NewEnvironment() -> *mut c_void;
    fn m3_NewRuntime(environment: *mut c_void, stack: u32, user: *mut c_void) -> *mut c_void;
    fn m3_FreeRuntime(runtime: *mut c_void);
    fn m3_ParseModule(environment: *mut c_void, module: *mut *mut c_void, bytes: *const u8, length: u32) -> M3Result;
    fn m3_LoadModule(runtime: *mut c_void, module: *mut c_void) -> M3Result;
    fn m3_CompileModule(module: *mut c_void) -> M3Result;
    fn m3_FindFunction(function: *mut *mut c_void, runtime: *mut c_void, name: *const c_char) -> M3Result;
    fn m3_Call(function: *mut c_void, count: u32, arguments: *const *const c_void) -> M3Result;
    fn m3_GetResults(function: *mut c_void, count: u32, results: *const *const c_void) -> M3Result;
}

fn check(result: M3Result, failure: Failure) -> Result<(), Failure> {
    if result.is_null() { Ok(()) } else { Err(failure) }
}

struct Wasm3 {
    environment: *mut c_void,
}

/// A runtime of wasm3 has one stack, and holds one module here.
struct Runtime(*mut c_void);

impl Drop for Runtime {
    fn drop(&mut self) {
        // SAFETY: nothing else uses it.
        unsafe { m3_FreeRuntime(self.0) }
    }
}

impl Engine for Wasm3 {
    type Module = Runtime;
    type Instance = Runtime;

    /// Also allocates the memory, and translates all functions, which wasm3 otherwise does at their first call.
    fn load(&self, module: &'static [u8]) -> Result<Runtime, Failure> {
        let mut parsed = null_mut();
        // SAFETY: the environment and the bytes live as long as the program; `LoadModule` gives the module to the runtime.
        unsafe {
            let runtime = Runtime(m3_NewRuntime(self.environment, STACK as u32, null_mut()));
            check(m3_ParseModule(self.environment, &mut parsed, module.as_ptr(), module.len() as u32), "not parsed")?;
            check(m3_LoadModule(runtime.0, parsed), "the module was refused")?;
            check(m3_CompileModule(parsed), "not translated")?;
            Ok(runtime)
        }
    }

    fn instantiate(&self, module: Runtime) -> Result<Runtime, Failure> {
        Ok(module)
    }

    fn function<'i>(instance: &'i mut Runtime, name: &'static str) -> Result<impl FnMut(i32) -> i32 + 'i, Failure> {
        let name = CString::new(name).map_err(|_| "a name without zeros")?;
        let mut function = null_mut();
        // SAFETY: a runtime and a string.
        check(unsafe { m3_FindFunction(&mut function, instance.0, name.as_ptr()) }, "no such function")?;
        let function = NonNull::new(function).ok_or("no such function")?;
        Ok(move |argument: i32| {
            let mut result = i32::MIN;
            // SAFETY: all exports that are called take an i32 and return one, and the runtime is borrowed.
            unsafe {
                if m3_Call(function.as_ptr(), 1, &(&raw const argument).cast()).is_null() {
                    m3_GetResults(function.as_ptr(), 1, &(&raw mut result).cast_const().cast());
                }
            }
            result
        })
    }
}

pub fn run() {
    // SAFETY: nothing is required.
    measure::each(&Wasm3 { environment: unsafe { m3_NewEnvironment() } });
}
