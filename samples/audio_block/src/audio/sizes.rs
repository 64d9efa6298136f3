//! What blocks of several sizes take in QEMU.

use wamr::{BlockBudget, BlockCallback, Error, Instance, Module};
use zephyr::{kconfig, printkln};

use super::COUNTER;

const MOST: usize = 128;

/// Prints the fuel and the processor's instructions of each size.
pub fn print(engine: &str, module: &Module<'_>) -> Result<(), Error> {
    let mut instance = Instance::new(module)?;
    let budget = BlockBudget { fuel: None, time: None };
    let mut app = BlockCallback::<i16>::new(&mut instance, budget, COUNTER)?;
    for frames in [0, 16, 32, 48, 64, MOST] {
        app.reset_stats();
        for _ in 0..100 {
            app.process(&mut instance, &[1000; MOST][..frames], &mut [0; MOST][..frames])?;
        }
        let (fuel, duration) = (app.stats().fuel.max(), app.stats().duration.mean());
        printkln!("{engine}: {frames} frames: {fuel} fuel, {} processor instructions", instructions(duration));
    }
    Ok(())
}

/// Nanoseconds of a cycle. QEMU's timer of the an521 runs at 20 MHz, whatever Zephyr's configuration says.
const CYCLE: u64 = if cfg!(CONFIG_BOARD_MPS2_AN521_CPU0) {
    50
} else {
    1_000_000_000 / kconfig::CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC as u64
};

/// With `-icount`, an instruction takes 2^shift nanoseconds.
fn instructions(cycles: u64) -> u64 {
    (cycles * CYCLE) >> kconfig::CONFIG_QEMU_ICOUNT_SHIFT
}
