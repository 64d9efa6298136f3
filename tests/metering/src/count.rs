//! Counts the processor's instructions in QEMU.

#[path = "../../../benches/qemu.rs"]
mod qemu;

use zephyr::kconfig;

pub use qemu::instructions;

unsafe extern "C" {
    // zephyr/drivers/timer/system_timer.h
    safe fn sys_clock_cycle_get_32() -> u32;
}

fn cycles() -> u32 {
    sys_clock_cycle_get_32()
}

fn icount_shift() -> u32 {
    kconfig::CONFIG_QEMU_ICOUNT_SHIFT as u32
}

/// Executes a known number of instructions, which [`instructions`] must find.
///
/// # Panics
/// When it finds another number.
pub fn check_unit() {
    if let Err((counted, executed)) = qemu::check_unit() {
        panic!("{counted} instructions counted of {executed} executed");
    }
}
