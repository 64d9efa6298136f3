//! WAMR as its makers' Zephyr module configures it, called through its C API.

use alloc::ffi::CString;
use core::ffi::{c_char, c_void};
use core::ptr::{NonNull, null_mut};

use crate::engine::{Engine, Failure, STACK, Small};
use crate::measure;

// native/upstream.c
unsafe extern "C" {
    fn upstream_init() -> bool;
    fn upstream_load(bytes: *const u8, length: u32) -> *mut c_void;
    fn upstream_instantiate(module: *mut c_void, stack: u32) -> *mut c_void;
    fn upstream_thread(instance: *mut c_void, stack: u32) -> *mut c_void;
    fn upstream_find(instance: *mut c_void, name: *const c_char) -> *mut c_void;
    fn upstream_call(thread: *mut c_void, function: *mut c_void, argument: *mut i32) -> bool;
    fn upstream_end(module: *mut c_void, instance: *mut c_void, thread: *mut c_void);
}

struct Upstream;

/// Each is null until there is one.
struct App {
    module: *mut c_void,
    instance: *mut c_void,
    thread: *mut c_void,
}

impl Drop for App {
    fn drop(&mut self) {
        // SAFETY: nothing else uses them.
        unsafe { upstream_end(self.module, self.instance, self.thread) }
    }
}

fn some(pointer: *mut c_void, failure: Failure) -> Result<*mut c_void, Failure> {
    if pointer.is_null() { Err(failure) } else { Ok(pointer) }
}

impl Engine for Upstream {
    type Module = App;
    type Instance = App;

    const SMALL: Small = Small::Shrunk;

    fn load(&self, module: &'static [u8]) -> Result<App, Failure> {
        // SAFETY: the C code copies the bytes if WAMR changes them.
        let module = some(unsafe { upstream_load(module.as_ptr(), module.len() as u32) }, "the module was refused")?;
        Ok(App { module, instance: null_mut(), thread: null_mut() })
    }

    fn instantiate(&self, mut app: App) -> Result<App, Failure> {
        // SAFETY: `App` ends them in the opposite order.
        unsafe {
            app.instance = some(upstream_instantiate(app.module, STACK as u32), "no instance")?;
            app.thread = some(upstream_thread(app.instance, STACK as u32), "no thread")?;
        }
        Ok(app)
    }

    fn function<'i>(app: &'i mut App, name: &'static str) -> Result<impl FnMut(i32) -> i32 + 'i, Failure> {
        let name = CString::new(name).map_err(|_| "a name without zeros")?;
        // SAFETY: an instance and a string.
        let function = unsafe { upstream_find(app.instance, name.as_ptr()) };
        let function = NonNull::new(function).ok_or("no such function")?;
        Ok(move |mut argument: i32| {
            // SAFETY: all exports that are called take an i32 and return one in its place, and the app is borrowed.
            let done = unsafe { upstream_call(app.thread, function.as_ptr(), &mut argument) };
            if done { argument } else { i32::MIN }
        })
    }
}

pub fn run() {
    // SAFETY: it is called once, before all other functions.
    assert!(unsafe { upstream_init() });
    measure::each(&Upstream);
}
