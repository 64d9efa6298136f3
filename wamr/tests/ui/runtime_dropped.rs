//! Modules lie in the runtime's pool.

use wamr::{Module, Runtime};

pub fn show(runtime: Runtime) {
    let module = Module::new(&runtime, b"").unwrap();
    // error[E0505]
    let pool = runtime.into_pool();
    pool[0] = 1;
    drop(module);
}
