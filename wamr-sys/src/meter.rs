//! The meter that the interpreter's loop runs on: how much a guest may still do.
//!
//! The loop draws instructions in portions and gives back what is left when it returns, or lends it while it waits for a host
//! function, so that one account covers whatever the guest does: exported functions, start functions, and host functions that call
//! the guest again. When it draws, the meter can look at the clock. `cmake/interpreter.cmake` tells how the loop gets here,
//! `cmake/wamr_sys.h` declares the same for C.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_void};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Instructions between two looks at the clock: less than a millisecond on a Cortex-M33, and some milliseconds where each
/// instruction carries as many values as WAMR allows.
pub const CHECK_EVERY: i32 = 1024;

/// What a call of a host function counts towards the next look at the clock. It may take much longer than instructions do.
const HOST_CALL: i32 = 64;

/// The most functions of a guest's stack that are kept when it traps: `WAMR_SYS_TRACE_MAX` in `cmake/wamr_sys.h`.
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
    /// The moment on the [clock](set_clock) after which the guest is stopped; [`NEVER`] without a look at it.
    pub deadline: u64,
}

/// The deadline of a guest that has none.
pub const NEVER: u64 = u64::MAX;

struct Meter {
    budget: Budget,
    until_check: i32,
    clock: fn() -> u64,
}

fn no_clock() -> u64 {
    0
}

#[repr(transparent)]
struct Shared<T>(UnsafeCell<T>);

// SAFETY: used by the one thread that runs WAMR only, as everything in this module that touches it demands.
unsafe impl<T> Sync for Shared<T> {}

static METER: Shared<Meter> = Shared(UnsafeCell::new(Meter {
    budget: Budget { fuel: u64::MAX, deadline: NEVER },
    until_check: 0,
    clock: no_clock,
}));

/// Drawn instructions of a loop that waits for a host function, not negative; 0 while none does.
#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_lent: Shared<c_int> = Shared(UnsafeCell::new(0));

static INTERRUPT: AtomicBool = AtomicBool::new(false);

#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_trace: Shared<[u32; TRACE_MAX]> = Shared(UnsafeCell::new([0; TRACE_MAX]));
#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_trace_len: Shared<u32> = Shared(UnsafeCell::new(0));

/// Begins a call with a budget of its own and gives that of the call around it, for [`end`]. Forgets the trace and an interruption.
///
/// # Safety
/// On the thread that runs WAMR.
#[inline]
pub unsafe fn begin(budget: Budget) -> Budget {
    INTERRUPT.store(false, Relaxed);
    // SAFETY: the caller's promise; no reference outlives a function of this module.
    unsafe {
        forget_trace();
        let meter = &mut *METER.0.get();
        meter.take_back();
        meter.until_check = 0;
        core::mem::replace(&mut meter.budget, budget)
    }
}

/// Ends a call: the budget `outer` holds again. Gives the fuel that is left of the call's own; the trace stays.
///
/// # Safety
/// On the thread that runs WAMR, with what [`begin`] gave.
#[inline]
pub unsafe fn end(outer: Budget) -> u64 {
    // SAFETY: the caller's promise.
    let meter = unsafe { &mut *METER.0.get() };
    meter.until_check = 0;
    core::mem::replace(&mut meter.budget, outer).fuel
}

/// The deadline of the running call.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn deadline() -> u64 {
    // SAFETY: the caller's promise.
    unsafe { (*METER.0.get()).budget.deadline }
}

/// Sets the clock of deadlines: microseconds since any moment in the past.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn set_clock(clock: fn() -> u64) {
    // SAFETY: the caller's promise.
    unsafe { (*METER.0.get()).clock = clock };
}

/// Tells the meter that a host function is called.
///
/// # Safety
/// On the thread that runs WAMR.
#[inline]
pub unsafe fn host_call() {
    // SAFETY: the caller's promise.
    unsafe {
        let lent = &mut *wamr_sys_lent.0.get();
        let meter = &mut *METER.0.get();
        // The next look comes so much earlier, and what the loop may execute until then is less.
        let back = HOST_CALL.min(*lent);
        *lent -= back;
        meter.budget.fuel += back as u64;
        meter.until_check -= HOST_CALL - back;
    }
}

/// Has the running guest, if there is one, stopped at the next look at the clock. From any thread.
pub fn interrupt() {
    INTERRUPT.store(true, Relaxed);
}

/// The indices of the functions that ran when the last call trapped, the innermost first. Forgets them.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn take_trace() -> impl Iterator<Item = u32> {
    // SAFETY: the caller's promise.
    let (trace, length) = unsafe { (*wamr_sys_trace.0.get(), core::mem::take(&mut *wamr_sys_trace_len.0.get())) };
    trace.into_iter().take(length as usize)
}

/// Forgets a trace, which else stays until it is taken or the next call begins.
///
/// # Safety
/// On the thread that runs WAMR.
#[inline]
pub unsafe fn forget_trace() {
    // SAFETY: the caller's promise.
    unsafe { *wamr_sys_trace_len.0.get() = 0 };
}

impl Meter {
    /// Takes back what a loop lent that waits for a host function; it will draw again.
    ///
    /// # Safety
    /// On the thread that runs WAMR.
    unsafe fn take_back(&mut self) {
        // SAFETY: the caller's promise.
        let lent = core::mem::take(unsafe { &mut *wamr_sys_lent.0.get() });
        self.budget.fuel += lent as u64;
        self.until_check += lent;
    }
}

/// # Safety
/// Only the interpreter's loop calls this, with its instance.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_draw(instance: *mut c_void) -> c_int {
    // SAFETY: the loop runs on the thread that runs WAMR.
    let meter = unsafe { &mut *METER.0.get() };
    // SAFETY: as above.
    unsafe { meter.take_back() };
    let exceeded = if meter.budget.fuel == 0 {
        Some(OUT_OF_FUEL)
    } else if meter.until_check > 0 {
        None
    } else {
        meter.until_check = CHECK_EVERY;
        if INTERRUPT.load(Relaxed) {
            Some(INTERRUPTED)
        } else if meter.budget.deadline != NEVER && (meter.clock)() >= meter.budget.deadline {
            Some(DEADLINE)
        } else {
            None
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
