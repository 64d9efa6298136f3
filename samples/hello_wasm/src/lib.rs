//! Runs a WebAssembly module that is embedded in the firmware, and prints its result.
#![no_std]

use wamr_zephyr::wamr::{Error, Instance, Module, Runtime};
use wamr_zephyr::{LIMITS, POOL, include_wasm};
use zephyr::printkln;

static APP: &[u8] = include_wasm!("../../../guest/add.wasm");

fn run() -> Result<(), Error> {
    let runtime = Runtime::new(POOL.take().expect("nobody else takes the pool"))?;
    let module = Module::with_limits(&runtime, APP, &LIMITS)?;
    let mut instance = Instance::new(&module)?;
    let add = instance.get_typed_func::<(i32, i32), i32>("add")?;

    printkln!("add(2, 40) = {}", add.call(&mut instance, (2, 40))?);
    let instructions = instance.usage().fuel;
    printkln!("{instructions} instructions, {} bytes of the pool", runtime.pool_usage().peak);
    Ok(())
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    if let Err(error) = run() {
        printkln!("the app failed: {error}");
    }
}
