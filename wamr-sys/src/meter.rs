//! The meter of the interpreter's loop: the remaining budget of a guest.
//!
//! The loop draws instructions in batches. It returns unused ones when it ends, and lends them while it waits for a host function. One
//! account therefore covers everything that the guest does: exported functions, start functions, and host functions that call the guest.
//! The meter can read the clock whenever the loop draws. `cmake/interpreter.cmake` connects the loop, and `cmake/wamr_sys.h` has the
//! declarations for C.

use core::cell::Cell;
use core::ffi::{CStr, c_int, c_void};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Instructions between two readings of the clock: less than a millisecond on a Cortex-M33, or a few milliseconds if each instruction
/// has as many values as WAMR allows.
pub const CHECK_EVERY: i32 = 2048;

/// The same for native code, which takes about a tenth of the time.
pub const CHECK_NATIVE_EVERY: i32 = 8 * CHECK_EVERY;

/// Host calls between two readings of the clock, because one may take much longer than an instruction.
const HOST_CALLS: i32 = 32;

/// Maximum length of the trace of a trap: `WAMR_SYS_TRACE_MAX` in `cmake/wamr_sys.h`.
pub const TRACE_MAX: usize = 8;

/// WAMR's exception if no fuel is left.
pub const OUT_OF_FUEL: &CStr = c"instruction limit exceeded";
/// WAMR's exception after the deadline.
pub const DEADLINE: &CStr = c"deadline exceeded";
/// WAMR's exception after an interruption.
pub const INTERRUPTED: &CStr = c"interrupted";

/// The budget of a guest.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Instructions that have not been drawn.
    pub fuel: u64,
    /// The time on the [clock](set_clock) at which the guest is stopped. With [`NEVER`], the clock is not read.
    pub deadline: u64,
}

/// The deadline of a guest without one.
pub const NEVER: u64 = u64::MAX;

/// Cells, because no reference may exist while the clock is read: it is host code, and may run guests that use the meter.
struct Meter {
    fuel: Cell<u64>,
    deadline: Cell<u64>,
    until_check: Cell<i32>,
    #[cfg(wamr_native)]
    check_every: Cell<i32>,
    depth: Cell<u32>,
    clock: Cell<fn() -> u64>,
}

fn no_clock() -> u64 {
    0
}

/// A value of the thread that runs WAMR.
#[repr(transparent)]
struct OneThread<T>(T);

// SAFETY: only the thread that runs WAMR uses it, as every function of this module requires.
unsafe impl<T> Sync for OneThread<T> {}

static METER: OneThread<Meter> = OneThread(Meter {
    fuel: Cell::new(u64::MAX),
    deadline: Cell::new(NEVER),
    until_check: Cell::new(0),
    #[cfg(wamr_native)]
    check_every: Cell::new(CHECK_EVERY),
    depth: Cell::new(0),
    clock: Cell::new(no_clock),
});

/// Unused instructions of a loop that waits for a host function, not negative; 0 otherwise.
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

/// Ends a call: the budget `outer` applies again. Returns the fuel that is left of the call's own budget. The trace stays.
///
/// # Safety
/// On the thread that runs WAMR, with the budget that [`begin`] returned.
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

/// Sets the clock of deadlines: microseconds since an arbitrary moment in the past.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn set_clock(clock: fn() -> u64) {
    METER.0.clock.set(clock);
}

/// The time on the [clock](set_clock); always 0 if none was set.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn now() -> u64 {
    (METER.0.clock.get())()
}

/// Counts a host call.
///
/// # Safety
/// On the thread that runs WAMR.
#[inline]
pub unsafe fn host_call() {
    let (meter, lent) = (&METER.0, wamr_sys_lent.0.get());
    // The next reading of the clock comes earlier, and the loop may execute fewer instructions until then.
    let host_call = meter.check_every() / HOST_CALLS;
    let back = host_call.min(lent);
    wamr_sys_lent.0.set(lent - back);
    meter.fuel.set(meter.fuel.get() + back as u64);
    meter.until_check.set(meter.until_check.get() - (host_call - back));
}

/// The meter stops the running guest, if there is one, at its next check.
pub fn interrupt() {
    INTERRUPT.store(true, Relaxed);
}

/// Takes the indices of the functions that were running when the last call trapped, innermost first.
///
/// # Safety
/// On the thread that runs WAMR.
pub unsafe fn take_trace() -> impl Iterator<Item = u32> {
    wamr_sys_trace.0.get().into_iter().take(wamr_sys_trace_len.0.take() as usize)
}

/// Forgets a trace, which otherwise stays until it is taken or the next call begins.
///
/// # Safety
/// On the thread that runs WAMR.
#[inline]
pub unsafe fn forget_trace() {
    wamr_sys_trace_len.0.set(0);
}

impl Meter {
    /// Instructions between two readings of the clock, by what runs.
    #[inline]
    fn check_every(&self) -> i32 {
        #[cfg(wamr_native)]
        return self.check_every.get();
        #[cfg(not(wamr_native))]
        CHECK_EVERY
    }

    /// Sets the budget and returns the previous one.
    #[inline]
    fn replace(&self, budget: Budget) -> Budget {
        Budget { fuel: self.fuel.replace(budget.fuel), deadline: self.deadline.replace(budget.deadline) }
    }

    /// Takes back the instructions that a waiting loop lent; it will draw again.
    #[inline]
    fn take_back(&self) {
        self.give_back(wamr_sys_lent.0.take());
    }

    #[inline]
    fn give_back(&self, instructions: c_int) {
        self.fuel.set(self.fuel.get() + instructions as u64);
        self.until_check.set(self.until_check.get() + instructions);
    }

    /// Checks for an interruption and for the deadline.
    fn look(&self) -> Option<&'static CStr> {
        let deadline = self.deadline.get();
        let exceeded = if INTERRUPT.load(Relaxed) {
            Some(INTERRUPTED)
        } else if deadline != NEVER && (self.clock.get())() >= deadline {
            Some(DEADLINE)
        } else {
            None
        };
        // Only after the clock was read: guests that ran meanwhile have left it at 0.
        self.until_check.set(self.check_every());
        exceeded
    }
}

/// Pays what the loop owes for the instructions that come next, and returns what it may execute beyond them; -1 with an exception set
/// in the instance if the loop must end.
///
/// # Safety
/// Only the interpreter's loop calls this, with its instance. `owed` is positive.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_draw(instance: *mut c_void, owed: c_int) -> c_int {
    #[cfg(wamr_native)]
    METER.0.check_every.set(CHECK_EVERY);
    // SAFETY: the caller's promise.
    unsafe { draw(instance, owed) }
}

/// Like [`wamr_sys_draw`], for native code.
///
/// # Safety
/// Only `cmake/native.cmake` calls this, with the instance whose code runs. `owed` is positive.
#[cfg(wamr_native)]
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_draw_native(instance: *mut c_void, owed: c_int) -> c_int {
    METER.0.check_every.set(CHECK_NATIVE_EVERY);
    // SAFETY: the caller's promise.
    unsafe { draw(instance, owed) }
}

/// Pays for instructions that native code has executed without asking; false with an exception set in the instance if the fuel does not
/// suffice.
///
/// # Safety
/// Only `cmake/native.cmake` calls this, with the instance whose code ran. `owed` is positive.
#[cfg(wamr_native)]
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_settle(instance: *mut c_void, owed: c_int) -> bool {
    let meter = &METER.0;
    meter.take_back();
    let fuel = meter.fuel.get().checked_sub(owed as u64);
    meter.fuel.set(fuel.unwrap_or(0));
    meter.until_check.set(meter.until_check.get().saturating_sub(owed));
    if fuel.is_none() {
        // SAFETY: the instance is running; WAMR copies the text.
        unsafe { crate::wasm_runtime_set_exception(instance.cast(), OUT_OF_FUEL.as_ptr()) };
    }
    fuel.is_some()
}

/// # Safety
/// As for [`wamr_sys_draw`].
unsafe fn draw(instance: *mut c_void, owed: c_int) -> c_int {
    let meter = &METER.0;
    meter.take_back();
    let exceeded = if meter.fuel.get() < owed as u64 {
        meter.fuel.set(0);
        Some(OUT_OF_FUEL)
    } else if meter.until_check.get() >= owed {
        None
    } else {
        meter.look()
    };
    if let Some(exceeded) = exceeded {
        // SAFETY: the instance is running; WAMR copies the text.
        unsafe { crate::wasm_runtime_set_exception(instance.cast(), exceeded.as_ptr()) };
        return -1;
    }
    // A long run of instructions may be longer than what is left until the next check.
    let (fuel, until_check) = (meter.fuel.get() - owed as u64, meter.until_check.get().saturating_sub(owed));
    let portion = until_check.max(0).min(i32::try_from(fuel).unwrap_or(i32::MAX));
    meter.fuel.set(fuel - portion as u64);
    meter.until_check.set(until_check - portion);
    portion
}

/// # Safety
/// Only the interpreter's loop calls this, with the instructions that it drew and did not execute.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_sys_give_back(instructions: c_int) {
    METER.0.give_back(instructions);
}
