//! Counts the processor's instructions in QEMU's mps2-an521 with `-icount`. The module around it has the timer: `cycles`, and
//! `icount_shift` of the build.

use core::arch::asm;

use super::{cycles, icount_shift};

/// The frequency of the timer. Zephyr's `CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC` is 25 MHz, but QEMU's timer does not follow it.
const TIMER_HZ: u64 = 20_000_000;

/// Instructions that `f` takes. One takes 2^shift nanoseconds.
pub fn instructions<R>(f: impl FnOnce() -> R) -> (u64, R) {
    let start = cycles();
    let result = f();
    let cycles = cycles().wrapping_sub(start);
    ((u64::from(cycles) * 1_000_000_000 / TIMER_HZ) >> icount_shift(), result)
}

/// Executes a known number of instructions, which [`instructions`] must find.
///
/// # Errors
/// The number that it found and the right one, if they differ.
pub fn check_unit() -> Result<(), (u64, u64)> {
    const ROUNDS: u32 = 1_000_000;
    let (counted, ()) = instructions(|| {
        // SAFETY: it changes one register and the flags.
        unsafe { asm!("2: subs {0}, #1", "bne 2b", inout(reg) ROUNDS => _, options(nomem, nostack)) }
    });
    let executed = 2 * u64::from(ROUNDS);
    // The timer's interrupt and the two readings count, too.
    if counted.abs_diff(executed) < executed / 1000 { Ok(()) } else { Err((counted, executed)) }
}
