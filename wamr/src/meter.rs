//! What a call may use and what it used.

use core::time::Duration;

use wamr_sys::meter::{self, Budget};

use crate::{Limits, Trap, clock};

/// What a call used, also one that trapped.
///
/// The example of [`Instance`](crate::Instance) shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Instructions executed; see [`Limits::fuel`] for what counts.
    pub fuel: u64,
    /// Calls of host functions.
    pub host_calls: u32,
    backtrace: heapless::Vec<u32, { meter::TRACE_MAX }, u8>,
}

impl Usage {
    /// The functions that were running when the call trapped, the innermost first, as indices in the module, where imports come
    /// first; at most the 8 innermost. Empty when the call returned.
    /// [`function_name`](crate::function_name) tells their names.
    pub fn backtrace(&self) -> &[u32] {
        &self.backtrace
    }
}

/// The moment at which a call that begins now has to end.
#[inline(never)]
fn deadline(time: Duration) -> u64 {
    // SAFETY: who calls an instance is on the thread of its runtime.
    unsafe { meter::set_clock(clock::now) };
    clock::now().saturating_add(clock::micros(time))
}

/// Maximum number of guest calls that run one inside the other, because a host function calls a guest or instantiates one. The next is
/// [`Trap::NativeStackOverflow`](crate::Trap::NativeStackOverflow).
///
/// Each such call takes native stack for the interpreter and for the host function, of which only the host knows how much.
pub const MAX_NESTED_CALLS: u32 = 64;

/// A guest call that runs, counted as one inside others.
pub(crate) struct Nested(());

impl Nested {
    #[inline]
    pub fn enter() -> Result<Self, Trap> {
        // SAFETY: who calls a guest is on the thread of its runtime.
        let depth = unsafe { meter::enter() };
        let nested = Self(());
        if depth > MAX_NESTED_CALLS { Err(Trap::NativeStackOverflow) } else { Ok(nested) }
    }
}

impl Drop for Nested {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: as in `enter`.
        unsafe { meter::leave() };
    }
}

/// Has the guest metered until it ends; then the budget of the call around it, if there is one, applies again.
#[must_use]
pub(crate) struct Metered {
    outer: Budget,
    _nested: Nested,
}

impl Metered {
    #[inline]
    pub fn start(fuel: Option<u64>, time: Option<Duration>) -> Result<Self, Trap> {
        let deadline = time.map_or(meter::NEVER, deadline);
        let budget = Budget { fuel: fuel.unwrap_or(u64::MAX), deadline };
        let _nested = Nested::enter()?;
        // SAFETY: who calls an instance is on the thread of its runtime.
        Ok(Self { outer: unsafe { meter::begin(budget) }, _nested })
    }

    /// Gives the fuel that is left.
    #[inline]
    pub fn end(self) -> u64 {
        // SAFETY: as in `start`.
        unsafe { meter::end(self.outer) }
    }
}

impl Usage {
    /// What a call used that left `fuel` and `host`.
    #[inline]
    pub(crate) fn update(&mut self, limits: &Limits, fuel: u64, host: &HostBudget) {
        self.fuel = limits.fuel.unwrap_or(u64::MAX) - fuel;
        self.host_calls = limits.host_calls - host.calls;
        self.backtrace.clear();
    }

    /// Adds where the call trapped.
    pub(crate) fn add_trace(&mut self) {
        // SAFETY: who called an instance is on the thread of its runtime.
        self.backtrace.extend(unsafe { meter::take_trace() });
    }
}

/// Has a host function return to a guest that goes on, or an instance be given up: what trapped before is no reason any more.
#[inline]
pub(crate) fn forget_trace() {
    // SAFETY: on the thread of the runtime.
    unsafe { meter::forget_trace() };
}

/// What the host functions of a call may still use. Whoever has it asks the clock, which is the host's: nothing is borrowed then.
#[derive(Clone, Copy)]
pub(crate) struct HostBudget {
    calls: u32,
    /// Microseconds.
    time: Option<u64>,
}

impl HostBudget {
    #[inline]
    pub fn new(limits: &Limits) -> Self {
        Self { calls: limits.host_calls, time: limits.host_time.map(clock::micros) }
    }

    /// Counts a call that begins. Tells whether its time counts, too.
    #[inline]
    pub fn begin(&mut self) -> Result<bool, Trap> {
        self.calls = self.calls.checked_sub(1).ok_or(Trap::TooManyHostCalls)?;
        // SAFETY: who calls a host function is on the thread of the runtime.
        unsafe { meter::host_call() };
        Ok(self.time.is_some())
    }

    /// Counts the microseconds that a call took.
    #[inline]
    pub fn end(&mut self, took: u64) -> Result<(), Trap> {
        let Some(left) = &mut self.time else { return Ok(()) };
        let enough = took <= *left;
        *left = left.saturating_sub(took);
        if enough { Ok(()) } else { Err(Trap::HostTimeExceeded) }
    }
}

/// How long the running call may still take; `None` without a deadline.
pub(crate) fn time_left() -> Option<Duration> {
    // SAFETY: who asks is in a host function, on the thread of the runtime.
    let deadline = unsafe { meter::deadline() };
    (deadline != meter::NEVER).then(|| Duration::from_micros(deadline.saturating_sub(clock::now())))
}
