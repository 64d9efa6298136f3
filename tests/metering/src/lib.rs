//! Counts the processor's instructions that each kernel of the benchmarks takes, in QEMU.
//!
//! `scripts/bench` builds this with and without metering, and prints ratios.
#![no_std]

#[path = "../../../wamr/benches/kernels/mod.rs"]
mod kernels;

use core::arch::asm;

use wamr::{Error, Runtime};
use wamr_zephyr::{POOL, include_wasm};
use zephyr::{kconfig, printkln};

static KERNELS: &[u8] = include_wasm!(concat!(env!("OUT_DIR"), "/kernels.wasm"));

unsafe extern "C" {
    // zephyr/drivers/timer/system_timer.h
    safe fn sys_clock_cycle_get_32() -> u32;
}

/// The frequency of this timer in QEMU's mps2-an521. Zephyr's `CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC` is 25 MHz, but QEMU's timer does not
/// follow it.
const QEMU_TIMER_HZ: u64 = 20_000_000;

/// Instructions that QEMU executes in this many cycles of the timer: with `-icount` one takes 2^shift nanoseconds.
fn instructions(cycles: u32) -> u64 {
    (u64::from(cycles) * 1_000_000_000 / QEMU_TIMER_HZ) >> kconfig::CONFIG_QEMU_ICOUNT_SHIFT
}

/// Cycles that `f` takes.
fn cycles<R>(f: impl FnOnce() -> R) -> (u32, R) {
    let start = sys_clock_cycle_get_32();
    let result = f();
    (sys_clock_cycle_get_32().wrapping_sub(start), result)
}

/// Executes a known number of instructions, which [`instructions`] must find.
///
/// # Panics
/// When it finds another number.
fn check_unit() {
    const ROUNDS: u32 = 1_000_000;
    let (cycles, ()) = cycles(|| {
        // SAFETY: it changes one register and the flags.
        unsafe { asm!("2: subs {0}, #1", "bne 2b", inout(reg) ROUNDS => _, options(nomem, nostack)) }
    });
    let (executed, counted) = (2 * u64::from(ROUNDS), instructions(cycles));
    // The timer's interrupt and the two readings.
    assert!(counted.abs_diff(executed) < executed / 1000, "{counted} instructions counted of {executed} executed");
}

fn run() -> Result<(), Error> {
    check_unit();
    let runtime = Runtime::new(POOL.take().expect("nobody else takes the pool"))?;
    kernels::each(&runtime, KERNELS, |mut kernel| {
        let (cycles, result) = cycles(|| kernel.call());
        result.expect("it ran before");
        printkln!("{} {} {} {}", kernel.name, kernel.limits, kernel.fuel, instructions(cycles));
    })
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    match run() {
        Ok(()) => printkln!("measured"),
        Err(error) => printkln!("not measured: {error}"),
    }
}
