//! The meter that the interpreter's loop runs on: how much a guest may still do.
//!
//! The loop draws instructions in portions and gives back what is left when it returns, or lends it while it waits for a host
//! function, so that one account covers whatever the guest does: exported functions, start functions, and host functions that call
//! the guest again. When it draws, the meter can look at the clock. `cmake/interpreter.cmake` tells how the loop gets here,
//! `cmake/wamr_sys.h` declares the same for C.

use core::cell::Cell;
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

/// Cells, as no reference may last while the clock is asked: it is the host's, and may run guests that use the meter.
struct Meter {
    fuel: Cell<u64>,
    deadline: Cell<u64>,
    until_check: Cell<i32>,
    depth: Cell<u32>,
    clock: Cell<fn() -> u64>,
}

fn no_clock() -> u64 {
    0
}

/// A value of the thread that runs WAMR.
#[repr(transparent)]
struct OneThread<T>(T);

// SAFETY: used by the one thread that runs WAMR only, as everything in this module that touches it demands.
unsafe impl<T> Sync for OneThread<T> {}

static METER: OneThread<Meter> = OneThread(Meter {
    fuel: Cell::new(u64::MAX),
    deadline: Cell::new(NEVER),
    until_check: Cell::new(0),
    depth: Cell::new(0),
    clock: Cell::new(no_clock),
});

/// Drawn instructions of a loop that waits for a host function, not negative; 0 while none does.
#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_lent: OneThread<Cell<c_int>> = OneThread(Cell::new(0));

static INTERRUPT: AtomicBool = AtomicBool::new(false);

#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_trace: OneThread<Cell<[u32; TRACE_MAX]>> = OneThread(Cell::new([0; TRACE_MAX]));
#[allow(non_upper_case_globals, reason = "a name of C")]
#[unsafe(no_mangle)]
static wamr_sys_trace_len: OneThread<Cell<u32>> = OneThread(Cell::new(0));

/// Counts a call of a guest that starts, until [`leave`]. Returns how many calls are running, one inside the other.
///
/// # Safety
/// On the thread that runs WAMR.
#[inline]
pub unsafe fn enter() -> u32 {
    let depth = METER.0.depth.get() + 1;
    METER.0.depth.set(depth);
    depth
}

/// Ends what [`enter`] counts.
///
/// # Safety
/// On the thread that runs WAMR, once for each `enter`.
#[inline]
pub unsafe fn leave() {
    METER.0.depth.set(METER.0.depth.get() - 1);
}

/// Begins a call with a budget of its own and returns that of the call around it, for [`end`]. Forgets the trace. The outermost call
/// also forgets an interruption, which came before it; inside another call, an interruption stops both.
///
/// # Safety
/// On the thread that runs WAMR, after [`enter`].
#[inline]
pub unsafe fn begin(budget: Budget) -> Budget {
    if METER.0.depth.get() <= 1 {
        INTERRUPT.store(false, Relaxed);
    }
    // SAFETY: the caller's promise.
    unsafe { forget_trace() };
    METER.0.take_back();
    METER.0.until_check.set(0);
    METER.0.replace(budget)
}

/// Ends a call: the budget `outer` holds again. Gives the fuel that is left of the call's own; the trace stays.
///
/// # Safety
/// On the thread that runs WAMR, with what [`begin`] gave.
#[inline]
pub unsafe fn end(outer: Budget) -> u64 {
    METER.0.until_check.set(0);
    METER.0.replace(outer).fuel
}

/// The deadline of the running call.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn deadline() -> u64 {
    METER.0.deadline.get()
}

/// Sets the clock of deadlines: microseconds since any moment in the past.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn set_clock(clock: fn() -> u64) {
    METER.0.clock.set(clock);
}

/// Tells the meter that a host function is called.
///
/// # Safety
/// On the thread that runs WAMR.
#[inline]
pub unsafe fn host_call() {
    let (meter, lent) = (&METER.0, wamr_sys_lent.0.get());
    // The next look comes so much earlier, and what the loop may execute until then is less.
    let back = HOST_CALL.min(lent);
    wamr_sys_lent.0.set(lent - back);
    meter.fuel.set(meter.fuel.get() + back as u64);
    meter.until_check.set(meter.until_check.get() - (HOST_CALL - back));
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
    wamr_sys_trace.0.get().into_iter().take(wamr_sys_trace_len.0.take() as usize)
}

/// Forgets a trace, which else stays until it is taken or the next call begins.
///
/// # Safety
/// On the thread that runs WAMR.
#[inline]
pub unsafe fn forget_trace() {
    wamr_sys_trace_len.0.set(0);
}

impl Meter {
    /// Sets the budget and gives the one before.
    #[inline]
    fn replace(&self, budget: Budget) -> Budget {
        Budget { fuel: self.fuel.replace(budget.fuel), deadline: self.deadline.replace(budget.deadline) }
    }

    /// Takes back what a loop lent that waits for a host function; it will draw again.
    #[inline]
    fn take_back(&self) {
        self.give_back(wamr_sys_lent.0.take());
    }

    #[inline]
    fn give_back(&self, instructions: c_int) {
        self.fuel.set(self.fuel.get() + instructions as u64);
        self.until_check.set(self.until_check.get() + instructions);
    }

    /// Looks whether the call was interrupted or its deadline has passed.
    fn look(&self) -> Option<&'static CStr> {
        let deadline = self.deadline.get();
        let exceeded = if INTERRUPT.load(Relaxed) {
            Some(INTERRUPTED)
        } else if deadline != NEVER && (self.clock.get())() >= deadline {
            Some(DEADLINE)
        } else {
            None
        };
        // Not before the clock was asked: guests that ran meanwhile have left it at 0.
        self.until_check.set(CHECK_EVERY);
        exceeded
    }
}

/// # Safety
/// Only the interpreter's loop calls this, with its instance.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_draw(instance: *mut c_void) -> c_int {
    let meter = &METER.0;
    meter.take_back();
    let exceeded = if meter.fuel.get() == 0 {
        Some(OUT_OF_FUEL)
    } else if meter.until_check.get() > 0 {
        None
    } else {
        meter.look()
    };
    if let Some(exceeded) = exceeded {
        // SAFETY: the instance is running; WAMR copies the text.
        unsafe { crate::wasm_runtime_set_exception(instance.cast(), exceeded.as_ptr()) };
        return 0;
    }
    let (fuel, until_check) = (meter.fuel.get(), meter.until_check.get());
    let portion = until_check.min(i32::try_from(fuel).unwrap_or(i32::MAX));
    meter.fuel.set(fuel - portion as u64);
    meter.until_check.set(until_check - portion);
    portion
}

/// # Safety
/// Only the interpreter's loop calls this, with what it drew and did not execute.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_give_back(instructions: c_int) {
    METER.0.give_back(instructions);
}

/// # Safety
/// Only the interpreter's loop calls this.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_owe(instructions: u32) {
    let meter = &METER.0;
    meter.fuel.set(meter.fuel.get().saturating_sub(instructions.into()));
    meter.until_check.set(meter.until_check.get().saturating_sub_unsigned(instructions));
}
