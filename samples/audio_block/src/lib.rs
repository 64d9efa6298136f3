//! A WebAssembly app processes audio: a low-pass filter and an echo, a block of a millisecond at a time.
#![no_std]

mod audio;

use wamr::Runtime;
use wamr_zephyr::{POOL, clock};
use zephyr::printkln;

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    let done = Runtime::new(POOL.take().expect("nobody else takes the pool")).and_then(|runtime| {
        runtime.set_clock(clock::micros);
        audio::run(&runtime)
    });
    match done {
        Ok(()) => printkln!("done"),
        Err(error) => printkln!("the app failed: {error}"),
    }
}
