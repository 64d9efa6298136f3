//! The measurement, the same for every runtime.

use core::hint::black_box;

use crate::board::{self, instructions, report};
use crate::calls::{self, Kernel};
use crate::engine::{Engine, Failure, Small};
use crate::engines;

#[repr(C, align(8))]
struct Aligned<T>(T);

/// A module in the format of the runtime, in flash.
macro_rules! module {
    ($name:literal) => {{
        const MODULE: &[u8] = &Aligned(*include_bytes!(concat!(env!("RUNTIME_MODULES"), "/", $name))).0;
        MODULE
    }};
}

static SMALL: &[u8] = module!("small");
static SHRUNK: &[u8] = module!("shrunk");
static PAGE: &[u8] = module!("page");
static KERNELS: &[u8] = module!("kernels");
static COREMARK: &[u8] = module!("coremark");

/// Writes and reads as many bytes of a memory.
const FILL: Kernel = ("fill", 256, 255 * 128);
const SAME: Kernel = ("same", 7, 7);

/// Bytes of memory that a module uses, for a runtime whose host gives the memory.
#[allow(dead_code, reason = "most runtimes allocate it")]
pub fn memory_of(module: &[u8]) -> usize {
    let is = |other: &[u8]| core::ptr::eq(module, other);
    if is(SHRUNK) {
        1024
    } else if is(PAGE) {
        64 * 1024
    } else {
        // Room to grow.
        256 * 1024
    }
}

/// Loads, instantiates and calls. Calls twice, because some runtimes translate a function at its first call.
fn run<E: Engine>(engine: &E, name: &str, module: &'static [u8], kernels: &[Kernel]) -> Result<(), Failure> {
    report(&["bytes", name], module.len() as u64);
    let (count, module) = instructions(|| engine.load(module));
    report(&["load", name], count);
    let module = module?;
    let (count, instance) = instructions(|| engine.instantiate(module));
    report(&["instantiate", name], count);
    let mut instance = instance?;
    for &(name, argument, result) in kernels {
        let mut function = E::function(&mut instance, name)?;
        for time in ["first", "call"] {
            let (count, found) = instructions(|| function(black_box(argument)));
            report(&[time, name], count);
            if found != result {
                return Err("a function returned a wrong result");
            }
        }
    }
    Ok(())
}

fn app<E: Engine>(engine: &E, name: &str, module: &'static [u8], kernels: &[Kernel]) {
    if let Err(reason) = run(engine, name, module, kernels) {
        report(&["failed", name, reason], 0);
    }
    report(&["memory", name], engine.memory_peak() as u64);
}

/// Each app needs more memory than the one before, so that the peak is its own.
pub fn each<E: Engine>(engine: &E) {
    let small = match E::SMALL {
        Small::Pages => SMALL,
        Small::Shrunk | Small::Truncated => SHRUNK,
    };
    let before = board::stack_now();
    let stack = |name| report(&["stack", name], (board::stack_peak() - before) as u64);
    report(&["memory", "engine"], engine.memory_peak() as u64);
    app(engine, "small", small, &[FILL, SAME]);
    app(engine, "page", PAGE, &[FILL, SAME]);
    stack("page");
    app(engine, "kernels", KERNELS, calls::KERNELS);
    app(engine, "coremark", COREMARK, calls::COREMARK);
    stack("coremark");
}

/// The firmware's only task.
#[unsafe(no_mangle)]
pub extern "C" fn measure() {
    board::check_unit();
    engines::run();
    report(&["measured"], 0);
}
