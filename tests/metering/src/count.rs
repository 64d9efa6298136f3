//! Counts the processor's instructions in QEMU.

use core::arch::asm;

use zephyr::kconfig;

unsafe extern "C" {
    // zephyr/drivers/timer/system_timer.h
    safe fn sys_clock_cycle_get_32() -> u32;
}

/// The frequency of this timer in QEMU's mps2-an521. Zephyr's `CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC` is 25 MHz, but QEMU's timer does not
/// follow it.
const QEMU_TIMER_HZ: u64 = 20_000_000;

/// Instructions that `f` takes. With `-icount` one takes 2^shift nanoseconds.
pub fn instructions<R>(f: impl FnOnce() -> R) -> (u64, R) {
    let start = sys_clock_cycle_get_32();
    let result = f();
    let cycles = sys_clock_cycle_get_32().wrapping_sub(start);
    ((u64::from(cycles) * 1_000_000_000 / QEMU_TIMER_HZ) >> kconfig::CONFIG_QEMU_ICOUNT_SHIFT, result)
}

/// Executes a known number of instructions, which [`instructions`] must find.
///
/// # Panics
/// When it finds another number.
pub fn check_unit() {
    const ROUNDS: u32 = 1_000_000;
    let (counted, ()) = instructions(|| {
        // SAFETY: it changes one register and the flags.
        unsafe { asm!("2: subs {0}, #1", "bne 2b", inout(reg) ROUNDS => _, options(nomem, nostack)) }
    });
    let executed = 2 * u64::from(ROUNDS);
    // The timer's interrupt and the two readings.
    assert!(counted.abs_diff(executed) < executed / 1000, "{counted} instructions counted of {executed} executed");
}
