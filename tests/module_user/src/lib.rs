//! The bridge between a C application and its guest: provides `sensor_read` as a host function and runs the guest.
#![no_std]

use wamr_zephyr::wamr::{Error, Linker, Module, Runtime};
use wamr_zephyr::{LIMITS, POOL, include_wasm};
use zephyr::printkln;

unsafe extern "C" {
    // src/sensor.c
    safe fn sensor_read(channel: i32) -> i32;
}

fn run() -> Result<(), Error> {
    let runtime = Runtime::new(POOL.take().expect("nobody else takes the pool"))?;
    let mut linker = Linker::<()>::new(&runtime);
    linker.func_wrap("sensor", "read", |channel: i32| sensor_read(channel))?;

    let module = Module::with_limits(&runtime, include_wasm!("guest.wasm"), &LIMITS)?;
    let mut instance = linker.instantiate(&module, ())?;
    let sum = instance.get_typed_func::<(), i32>("sum")?;
    printkln!("the guest's sum: {}", sum.call(&mut instance, ())?);

    let forever = instance.get_typed_func::<(), ()>("forever")?;
    match forever.call(&mut instance, ()) {
        Ok(()) => printkln!("the guest came back"),
        Err(error) => printkln!("the guest was stopped: {error}"),
    }
    Ok(())
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    if let Err(error) = run() {
        printkln!("the guest failed: {error}");
    }
}
