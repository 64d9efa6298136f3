//! Counts the processor's instructions that each kernel of the benchmarks and each step of a start takes, in QEMU.
//!
//! `scripts/bench` builds this with and without metering, and prints ratios.
#![no_std]

mod count;
#[path = "../../../wamr/benches/kernels/mod.rs"]
mod kernels;
mod start;

use count::instructions;
use wamr::{Error, Runtime};
use wamr_zephyr::{POOL, include_wasm};
use zephyr::printkln;

static KERNELS: &[u8] = include_wasm!(concat!(env!("OUT_DIR"), "/kernels.wasm"));

fn run() -> Result<(), Error> {
    count::check_unit();
    let runtime = Runtime::new(POOL.take().expect("nobody else takes the pool"))?;
    start::measure(&runtime)?;
    kernels::each(&runtime, KERNELS, |mut kernel| {
        let (count, result) = instructions(|| kernel.call());
        result.expect("it ran before");
        printkln!("{} {} {} {count}", kernel.name, kernel.limits, kernel.fuel);
    })
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    match run() {
        Ok(()) => printkln!("measured"),
        Err(error) => printkln!("not measured: {error}"),
    }
}
