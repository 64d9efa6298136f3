//! Counts the processor's instructions that each kernel of the benchmarks takes, in QEMU.
//!
//! `scripts/bench` builds this with and without metering, and prints ratios.
#![no_std]

#[path = "../../../wamr/benches/kernels/mod.rs"]
mod kernels;

use wamr::{Error, Runtime};
use wamr_zephyr::{POOL, include_wasm};
use zephyr::{kconfig, printkln};

static KERNELS: &[u8] = include_wasm!(concat!(env!("OUT_DIR"), "/kernels.wasm"));

unsafe extern "C" {
    // zephyr/drivers/timer/system_timer.h
    safe fn sys_clock_cycle_get_32() -> u32;
}

/// Instructions that QEMU executes in this many cycles of the clock: with `-icount` one takes 2^shift nanoseconds.
fn instructions(cycles: u32) -> u64 {
    let hz = kconfig::CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC as u64;
    (u64::from(cycles) * 1_000_000_000 / hz) >> kconfig::CONFIG_QEMU_ICOUNT_SHIFT
}

fn run() -> Result<(), Error> {
    let runtime = Runtime::new(POOL.take().expect("nobody else takes the pool"))?;
    kernels::each(&runtime, KERNELS, |mut kernel| {
        let start = sys_clock_cycle_get_32();
        let result = kernel.call();
        let end = sys_clock_cycle_get_32();
        result.expect("it ran before");
        printkln!("{} {} {} {}", kernel.name, kernel.limits, kernel.fuel, instructions(end.wrapping_sub(start)));
    })
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    match run() {
        Ok(()) => printkln!("measured"),
        Err(error) => printkln!("not measured: {error}"),
    }
}
