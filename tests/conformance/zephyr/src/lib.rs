//! Runs a part of WebAssembly's test suite on the board and says which tests failed.
#![no_std]

use conformance::{DEVICE_LIMITS, DEVICE_POOL, Outcome, Script};
use wamr_zephyr::wamr::{Limits, Runtime};
use wamr_zephyr::{LIMITS, POOL, clock, include_wasm};
use zephyr::{kconfig, printkln};

static SCRIPTS: &[Script<'static>] = include!(concat!(env!("OUT_DIR"), "/scripts.rs"));

const _: () =
    assert!(kconfig::CONFIG_WAMR_ZEPHYR_POOL_SIZE as usize == DEVICE_POOL, "the tests were tried with another pool");

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    let runtime = Runtime::new(POOL.take().expect("nobody else takes the pool")).expect("the only runtime");
    runtime.set_clock(clock::deadline);
    let limits = Limits { native_stack: LIMITS.native_stack, ..DEVICE_LIMITS };
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for script in SCRIPTS {
        script.run(&runtime, &limits, |line, outcome| match outcome {
            Outcome::Passed => passed += 1,
            Outcome::Skipped(_) => skipped += 1,
            Outcome::Failed(text) => {
                failed += 1;
                printkln!("{}:{line}: {text}", script.name);
            }
        });
    }
    printkln!("conformance: {passed} passed, {failed} failed, {skipped} skipped");
}
