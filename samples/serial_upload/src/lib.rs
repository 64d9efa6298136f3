//! A device that receives WebAssembly apps over a serial line, stores them in flash and runs them.
#![no_std]

use wamr_zephyr::slot::Slot;
use wamr_zephyr::{Device, POOL};
use zephyr::printkln;

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    let pool = POOL.take().expect("nobody else takes the pool");
    let Some(slot) = Slot::take() else {
        printkln!("the flash of the partition wamr,slots is not ready");
        return;
    };
    let Err(error) = Device::new(pool, slot).run();
    printkln!("{error}");
}
