//! Runs the hostile modules on the board and says which of them ended otherwise than they have to.
#![no_std]

use core::time::Duration;

use hostile::{Case, System};
use wamr_proto::Value::*;
use wamr_zephyr::wamr::{Limits, Runtime};
use wamr_zephyr::{LIMITS, POOL, clock, include_wasm};
use zephyr::{kconfig, printkln};

static CASES: &[Case] = include!(concat!(env!("OUT_DIR"), "/cases.rs"));

const _: () = assert!(
    kconfig::CONFIG_WAMR_ZEPHYR_POOL_SIZE as usize == hostile::POOL,
    "the expectations are those of another pool"
);

/// The deadline of cases that end otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    let runtime = Runtime::new(POOL.take().expect("nobody else takes the pool")).expect("the only runtime");
    runtime.set_clock(clock::deadline);
    let system = System { wait: clock::sleep, now: clock::micros };
    let mut failed = 0;
    for case in CASES {
        let native_stack = LIMITS.native_stack;
        // An emulated processor may take longer for the fuel than a device for the deadline.
        let deadline = if case.expect == "stopped deadline" { case.limits.deadline } else { Some(PATIENCE) };
        let case = Case { limits: Limits { native_stack, deadline, ..case.limits }, ..*case };
        if let Some(ending) = case.failure(&runtime, system) {
            failed += 1;
            printkln!("{}: {ending}, not {}", case.name, case.expect);
        }
    }
    printkln!("hostile: {} passed, {failed} failed", CASES.len() - failed);
}
