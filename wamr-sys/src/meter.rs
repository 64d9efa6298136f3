//! The meter that the interpreter's loop runs on: how much a guest may still do.
//!
//! The loop draws instructions in portions and gives back what is left when it returns or calls a host function, so that one
//! account covers whatever the guest does: exported functions, start functions, and host functions that call the guest again. When
//! it draws, the meter can look at the clock. `cmake/interpreter.cmake` tells how the loop gets here, `cmake/meter.h` declares
//! the same functions for C.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_void};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Instructions between two looks at the clock: less than a millisecond on a Cortex-M33, and some milliseconds where each
/// instruction carries as many values as WAMR allows.
pub const CHECK_EVERY: i32 = 1024;

/// What a call of a host function counts towards the next look at the clock. It may take much longer than instructions do.
const HOST_CALL: i32 = 64;

/// The most functions of a guest's stack that are kept when it traps: `WAMR_SYS_TRACE_MAX` in `cmake/meter.h`.
pub const TRACE_MAX: usize = 8;

/// What WAMR's exception says when no fuel is left.
pub const OUT_OF_FUEL: &CStr = c"instruction limit exceeded";
/// What it says when the deadline has passed.
pub const DEADLINE: &CStr = c"deadline exceeded";
/// What it says when another thread has asked for the end.
pub const INTERRUPTED: &CStr = c"interrupted";

/// What a guest may do.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Instructions that were not drawn yet.
    pub fuel: u64,
    /// The moment on `clock` after which the guest is stopped.
    pub deadline: Option<u64>,
    /// Microseconds since any moment in the past.
    pub clock: fn() -> u64,
}

struct Meter {
    budget: Budget,
    until_check: i32,
}

fn no_clock() -> u64 {
    0
}

#[repr(transparent)]
struct Shared<T>(UnsafeCell<T>);

// SAFETY: used by the one thread that runs WAMR only, as everything in this module that touches it demands.
unsafe impl<T> Sync for Shared<T> {}

static METER: Shared<Meter> = Shared(UnsafeCell::new(Meter {
    budget: Budget { fuel: u64::MAX, deadline: None, clock: no_clock },
    until_check: 0,
}));

static INTERRUPT: AtomicBool = AtomicBool::new(false);

#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_trace: Shared<[u32; TRACE_MAX]> = Shared(UnsafeCell::new([0; TRACE_MAX]));
#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_trace_len: Shared<u32> = Shared(UnsafeCell::new(0));

/// Sets the budget and gives the one before. A new budget forgets the trace and an interruption.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn set_budget(budget: Budget) -> Budget {
    INTERRUPT.store(false, Relaxed);
    // SAFETY: the caller's promise; no reference outlives a function of this module.
    unsafe {
        *wamr_sys_trace_len.0.get() = 0;
        let meter = &mut *METER.0.get();
        meter.until_check = 0;
        core::mem::replace(&mut meter.budget, budget)
    }
}

/// The budget as it is now; complete while the guest does not run or waits for a host function.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn budget() -> Budget {
    // SAFETY: the caller's promise.
    unsafe { (*METER.0.get()).budget }
}

/// Tells the meter that a host function is called.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn host_call() {
    // SAFETY: the caller's promise.
    unsafe { (*METER.0.get()).until_check -= HOST_CALL };
}

/// Has the running guest, if there is one, stopped at the next look at the clock. From any thread.
pub fn interrupt() {
    INTERRUPT.store(true, Relaxed);
}

/// The indices of the functions that ran when the last call trapped, the innermost first; at most [`TRACE_MAX`].
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn trace() -> ([u32; TRACE_MAX], usize) {
    // SAFETY: the caller's promise.
    unsafe { (*wamr_sys_trace.0.get(), *wamr_sys_trace_len.0.get() as usize) }
}

/// # Safety
/// Only the interpreter's loop calls this, with its instance.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_draw(instance: *mut c_void) -> c_int {
    // SAFETY: the loop runs on the thread that runs WAMR.
    let meter = unsafe { &mut *METER.0.get() };
    let exceeded = if meter.budget.fuel == 0 {
        Some(OUT_OF_FUEL)
    } else if meter.until_check > 0 {
        None
    } else {
        meter.until_check = CHECK_EVERY;
        match meter.budget.deadline {
            _ if INTERRUPT.load(Relaxed) => Some(INTERRUPTED),
            Some(deadline) if (meter.budget.clock)() >= deadline => Some(DEADLINE),
            _ => None,
        }
    };
    if let Some(exceeded) = exceeded {
        // SAFETY: the instance is running; WAMR copies the text.
        unsafe { crate::wasm_runtime_set_exception(instance.cast(), exceeded.as_ptr()) };
        return 0;
    }
    let portion = meter.until_check.min(i32::try_from(meter.budget.fuel).unwrap_or(i32::MAX));
    meter.budget.fuel -= portion as u64;
    meter.until_check -= portion;
    portion
}

/// # Safety
/// Only the interpreter's loop calls this, with what it drew and did not execute.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_give_back(instructions: c_int) {
    // SAFETY: the loop runs on the thread that runs WAMR.
    let meter = unsafe { &mut *METER.0.get() };
    meter.budget.fuel += instructions as u64;
    meter.until_check += instructions;
}

/// # Safety
/// Only the interpreter's loop calls this.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_owe(instructions: u32) {
    // SAFETY: the loop runs on the thread that runs WAMR.
    let meter = unsafe { &mut *METER.0.get() };
    meter.budget.fuel = meter.budget.fuel.saturating_sub(instructions.into());
    meter.until_check = meter.until_check.saturating_sub_unsigned(instructions);
}
