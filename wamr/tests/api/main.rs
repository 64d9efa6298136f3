//! The crate from outside, one file a topic.

#[cfg(feature = "block")]
mod block;
mod callbacks;
mod conditions;
mod forget;
mod fuel;
mod func;
mod func_new;
mod global;
mod holes;
mod host_func;
mod host_objects;
mod initialize;
mod instance;
mod interface;
mod interpreter;
#[cfg(feature = "alloc")]
mod lifetimes;
mod limits;
mod linker;
mod malformed;
mod memory;
mod module;
#[cfg(all(feature = "native", target_arch = "x86_64"))]
mod native;
mod public_types;
mod reentry;
mod reference;
mod runtime;
mod share;
#[cfg(feature = "alloc")]
mod shared;
mod table;
mod trap;

use std::sync::{Mutex, PoisonError};

use wamr::{Instance, Limits, Module, Runtime};

/// The pool between tests. Its lock also keeps the tests, which are threads, from making a second runtime.
static POOL: Mutex<Option<&'static mut [u8]>> = Mutex::new(None);

const POOL_SIZE: usize = 4 * 1024 * 1024;

/// Runs `test` with a new runtime and checks that it gave back all it took from the pool.
fn with_runtime(test: impl FnOnce(&Runtime)) {
    with_pool(POOL_SIZE, |pool| {
        let runtime = Runtime::new(pool).expect("the only runtime");
        let before = runtime.pool_usage().used;
        test(&runtime);
        assert_eq!(runtime.pool_usage().used, before, "something was not freed");
        drop(runtime);
    });
}

/// Runs `test` with `size` bytes while no runtime is there.
fn with_pool(size: usize, test: impl FnOnce(&'static mut [u8])) {
    let mut slot = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let pool: *mut [u8] = slot.take().unwrap_or_else(|| vec![0; POOL_SIZE].leak());
    // SAFETY: the pool was leaked, and the lock is held until the runtime made with it is gone. If a test keeps the slice alive, it
    // is not used again before the next one.
    unsafe {
        test(&mut (&mut *pool)[..size]);
        *slot = Some(&mut *pool);
    }
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("valid text")
}

/// Runs `test` with an instance of a module without imports.
fn with_instance(text: &str, config: Limits, test: impl FnOnce(Instance<'_>)) {
    with_runtime(|runtime| {
        let module = Module::with_limits(runtime, &wat(text), &config).expect("a valid module");
        test(Instance::new(&module).expect("an instance"));
    });
}
