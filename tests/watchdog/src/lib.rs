//! A guest that spins is stopped and leaves the watchdog alone; a host function that never returns ends in a restart.
#![no_std]

use core::time::Duration;

use wamr::{Error, Linker, Module, Runtime, Trap};
use wamr_zephyr::{LIMITS, POOL, clock, include_wasm, watchdog};
use zephyr::printkln;

static GUEST: &[u8] = include_wasm!(concat!(env!("OUT_DIR"), "/guest.wasm"));

/// Together they take longer than the watchdog waits.
const SPINS: u32 = 5;

/// A host function with a fault.
fn hang() {
    loop {
        clock::sleep(Duration::from_secs(1));
    }
}

fn run() -> Result<(), Error> {
    watchdog::start();
    wamr::set_clock(clock::deadline);
    let runtime = Runtime::new(POOL.take().expect("nobody else takes the pool"))?;
    let mut linker = Linker::<()>::new(&runtime);
    linker.func("test", "hang", hang)?;
    let module = Module::with_limits(&runtime, GUEST, &LIMITS)?;
    let mut guest = linker.instantiate(&module, &LIMITS, ())?;
    guest.set_fuel(None);

    let spin = guest.get_typed_func::<(), ()>("spin")?;
    for _ in 0..SPINS {
        match spin.call(&mut guest, ()) {
            Err(Error::Trap(Trap::DeadlineExceeded)) => {}
            other => return other,
        }
    }
    printkln!("spinning: stopped {SPINS} times, the device runs");
    guest.get_typed_func::<(), ()>("hang")?.call(&mut guest, ())
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    match run() {
        Ok(()) => printkln!("the watchdog slept"),
        Err(error) => printkln!("failed: {error}"),
    }
}
