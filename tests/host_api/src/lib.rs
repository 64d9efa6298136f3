//! Apps use the host groups of this repository, against Zephyr's emulators. A client inside the firmware installs and calls them.
#![no_std]

mod analog;
mod board;
mod client;
mod crypto;
mod device;
mod file;
mod gpio;
mod i2c;
mod kv;
mod net;
mod probe;
mod script;
mod sdk;
mod sensor;
mod sleep;
mod spi;
mod timer;
mod uart;

use client::sleep;
use zephyr::printkln;

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    board::watch_this_thread();
    client::run_device(tests())
}

#[zephyr::thread(stack_size = 16384)]
fn tests() {
    client::connect();
    gpio::run();
    timer::run();
    i2c::run();
    spi::run();
    analog::run();
    sensor::run();
    uart::run();
    crypto::run();
    device::run();
    kv::run();
    file::run();
    net::run();
    script::run();
    sdk::run();
    sleep::run();
    assert!(board::stacks_are_enough(), "the stacks of the device need more bytes");
    printkln!("all tests of the host API passed");
}

fn passed(what: &str) {
    printkln!("passed: {what}");
}
