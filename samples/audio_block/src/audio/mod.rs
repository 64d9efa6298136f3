//! An app that processes audio: a stream of blocks in each engine, what they cost, and whether the output is right.

mod codec;
mod reference;
#[cfg(CONFIG_QEMU_ICOUNT)]
mod sizes;

use wamr::{BlockBudget, BlockCallback, BlockCounter, Error, Instance, Limits, Module, Runtime, Series};
use wamr_zephyr::{LIMITS, clock, include_wasm};
use zephyr::{kconfig, printkln};

use codec::Codec;
use reference::Echo;

static ECHO: &[u8] = include_wasm!("../../../../guest/echo.wasm");
#[cfg(all(CONFIG_WAMR_ZEPHYR_NATIVE, CONFIG_CPU_CORTEX_M33))]
static ECHO_NATIVE: &[u8] = include_wasm!("../../../../guest/native/echo.mps2.aot");
#[cfg(all(CONFIG_WAMR_ZEPHYR_NATIVE, CONFIG_CPU_CORTEX_M7))]
static ECHO_NATIVE: &[u8] = include_wasm!("../../../../guest/native/echo.cortex-m7.aot");

/// Frames of a block: a millisecond.
const FRAMES: usize = 48;
const BLOCKS: u32 = 1000;

/// What a block takes, and a tenth more. The fuel bounds the time, too: without a deadline, no block reads the clock.
const BUDGET: BlockBudget = BlockBudget { fuel: Some(5300), time: None };

const COUNTER: BlockCounter =
    BlockCounter { read: clock::cycles, hz: kconfig::CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC as u32 };

/// Runs the app in the interpreter and, if there is native code for the board, as native code.
pub fn run(runtime: &Runtime) -> Result<(), Error> {
    let limits = Limits { pool: None, ..LIMITS };
    let module = Module::with_limits(runtime, ECHO, &limits)?;
    measure("interpreter", &module)?;
    overruns(&module)?;
    #[cfg(CONFIG_WAMR_ZEPHYR_NATIVE)]
    {
        // SAFETY: `guest/build` made the file from `guest/echo.c`, and nothing has changed it.
        let module = unsafe { Module::from_native(runtime, ECHO_NATIVE, &limits) }?;
        measure("native", &module)?;
    }
    Ok(())
}

fn measure(engine: &str, module: &Module<'_>) -> Result<(), Error> {
    stream(engine, module)?;
    #[cfg(CONFIG_QEMU_ICOUNT)]
    sizes::print(engine, module)?;
    Ok(())
}

/// Processes a stream and prints what the blocks have cost and whether the output is right.
fn stream(engine: &str, module: &Module<'_>) -> Result<(), Error> {
    let mut instance = Instance::new(module)?;
    let mut app = BlockCallback::<i16>::new(&mut instance, BUDGET, COUNTER)?;
    let (mut input, mut output) = ([0; FRAMES], [0; FRAMES]);
    let (mut echo, mut different, mut late) = (Echo::new(), 0, 0);

    let mut codec = Codec::start();
    for _ in 0..BLOCKS {
        late += codec.wait() - 1;
        codec.read(&mut input);
        // After an error the output is silent. This stream goes on, and the statistics count the error.
        _ = app.process(&mut instance, &input, &mut output);
        codec.write(&output);
        different += u32::from(!input.iter().map(|&sample| echo.process(sample)).eq(output));
    }

    let stats = app.stats();
    let (overruns, traps) = (stats.overruns, stats.traps);
    printkln!("{engine}: {BLOCKS} blocks of {FRAMES} frames, {overruns} overruns, {traps} traps, {late} late");
    print(engine, "fuel", &stats.fuel);
    print(engine, "cycles", &stats.duration);
    printkln!("{engine}: jitter: {} cycles in {}", stats.interval.spread(), stats.interval.mean());
    printkln!("{engine}: checksum {:08x}, {different} blocks differ from the reference", codec.checksum());
    Ok(())
}

fn print(engine: &str, what: &str, series: &Series) {
    printkln!("{engine}: {what}: {} at worst, {} in the mean", series.max(), series.mean());
}

/// Shows an app that gets too little fuel: no block reaches its end, and the output is silent.
fn overruns(module: &Module<'_>) -> Result<(), Error> {
    let mut instance = Instance::new(module)?;
    let budget = BlockBudget { fuel: BUDGET.fuel.map(|fuel| fuel / 2), time: None };
    let mut app = BlockCallback::<i16>::new(&mut instance, budget, COUNTER)?;
    let mut output = [1; FRAMES];
    for _ in 0..10 {
        _ = app.process(&mut instance, &[1000; FRAMES], &mut output);
    }
    let silent = if output == [0; FRAMES] { "silent" } else { "not silent" };
    printkln!("half the fuel: {} overruns in {} blocks, {silent}", app.stats().overruns, app.stats().blocks());
    Ok(())
}
