//! The Rust side of `wamr_zephyr.h`, for applications in C. The header describes what each item does.
#![no_std]

mod callbacks;
mod host;
mod section;

use core::ffi::c_int;

use static_cell::ConstStaticCell;
use wamr_zephyr::slot::Slot;
use wamr_zephyr::{APP_PRIORITY, Device, Observer, POOL};
use zephyr::{kconfig, printkln, raw};

/// Taken by the first start.
static STARTED: ConstStaticCell<()> = ConstStaticCell::new(());

/// `wamr_zephyr_start` of `wamr_zephyr.h`.
#[unsafe(no_mangle)]
extern "C" fn wamr_zephyr_start() -> c_int {
    // First, so that an application that corrects nothing gets the same error again.
    if !host::are_valid() {
        return -(raw::EINVAL as c_int);
    }
    if STARTED.try_take().is_none() {
        return -(raw::EALREADY as c_int);
    }
    let (Some(pool), Some(slot)) = (POOL.take(), Slot::take()) else {
        return -(raw::ENODEV as c_int);
    };
    let thread = run(pool, slot);
    // More urgent than apps.
    thread.set_priority((kconfig::CONFIG_MAIN_THREAD_PRIORITY as c_int).min(APP_PRIORITY - 1));
    thread.start();
    0
}

const DEVICE_STACK: usize = kconfig::CONFIG_WAMR_ZEPHYR_C_API_STACK_SIZE as usize;

#[zephyr::thread(stack_size = DEVICE_STACK)]
fn run(pool: &'static mut [u8], slot: Slot) {
    let mut device = Device::new(pool, slot).observer(&callbacks::Callbacks);
    for group in host::groups() {
        device = device.host(group);
    }
    let Err(error) = device.run();
    printkln!("wamr: {error}");
    Observer::failed(&callbacks::Callbacks);
}
