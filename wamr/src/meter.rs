//! Budget and usage of calls.

use core::time::Duration;

use wamr_sys::meter::{self, Budget};

use crate::{Limits, Trap, clock};

/// The usage of a call, whether it returned or trapped.
///
/// [`Instance`](crate::Instance) has an example.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Executed instructions, counted as for [`Limits::fuel`].
    pub fuel: u64,
    /// Host calls.
    pub host_calls: u32,
    backtrace: heapless::Vec<u32, { meter::TRACE_MAX }, u8>,
}

impl Usage {
    /// The functions that were running when the call trapped, innermost first and at most 8; empty if the call returned. They are indices
    /// in the module, with imports first. [`function_name`](crate::function_name) finds their names.
    pub fn backtrace(&self) -> &[u32] {
        &self.backtrace
    }
}

/// The moment by which a call that starts now must end.
#[inline(never)]
fn deadline(time: Duration) -> u64 {
    clock::now().saturating_add(clock::micros(time))
}

/// Maximum depth of guest calls that run inside one another, because host functions call or instantiate guests. A deeper call is a
/// [`Trap::NativeStackOverflow`].
///
/// Each level takes native stack, and WAMR's own check does not know how much of it the host functions need.
pub const MAX_NESTED_CALLS: u32 = 64;

/// A running guest call, counted for [`MAX_NESTED_CALLS`].
pub(crate) struct Nested(());

impl Nested {
    #[inline]
    pub fn enter() -> Result<Self, Trap> {
        // SAFETY: a guest is called on the thread of its runtime.
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

/// Meters the guest until the call ends. Then the budget of the surrounding call, if any, applies again.
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
        // SAFETY: as in `Nested::enter`.
        Ok(Self { outer: unsafe { meter::begin(budget) }, _nested })
    }

    /// Ends the call and returns the remaining fuel.
    #[inline]
    pub fn end(self) -> u64 {
        // SAFETY: as in `start`.
        unsafe { meter::end(self.outer) }
    }
}

impl Usage {
    /// Sets the usage of a call that left `fuel` and `host`.
    #[inline]
    pub(crate) fn update(&mut self, limits: &Limits, fuel: u64, host: &HostBudget) {
        self.fuel = limits.fuel.unwrap_or(u64::MAX) - fuel;
        self.host_calls = limits.host_calls - host.calls;
        self.backtrace.clear();
    }

    /// Adds the backtrace of a trap.
    pub(crate) fn add_trace(&mut self) {
        // SAFETY: an instance is called on the thread of its runtime.
        self.backtrace.extend(unsafe { meter::take_trace() });
    }
}

/// Forgets an earlier trap, when a host function returns to a guest that continues, or an instance is discarded.
#[inline]
pub(crate) fn forget_trace() {
    // SAFETY: on the thread of the runtime.
    unsafe { meter::forget_trace() };
}

/// The remaining budget of the host functions of a call. Nothing may borrow it while the clock, which is host code, is read.
#[derive(Clone, Copy)]
pub(crate) struct HostBudget {
    calls: u32,
    /// Microseconds.
    time: Option<u64>,
    /// Every host call traps.
    pub closed: bool,
}

impl HostBudget {
    #[inline]
    pub fn new(limits: &Limits) -> Self {
        Self { calls: limits.host_calls, time: limits.host_time.map(clock::micros), closed: false }
    }

    /// Counts a call that starts. Returns whether its duration counts as well.
    #[inline]
    pub fn begin(&mut self) -> Result<bool, Trap> {
        if self.closed {
            return Err(closed());
        }
        self.calls = self.calls.checked_sub(1).ok_or(Trap::TooManyHostCalls)?;
        // SAFETY: a host function is called on the thread of the runtime.
        unsafe { meter::host_call() };
        Ok(self.time.is_some())
    }

    /// Counts the duration of a call in microseconds.
    #[inline]
    pub fn end(&mut self, took: u64) -> Result<(), Trap> {
        let Some(left) = &mut self.time else { return Ok(()) };
        let enough = took <= *left;
        *left = left.saturating_sub(took);
        if enough { Ok(()) } else { Err(Trap::HostTimeExceeded) }
    }
}

#[cold]
#[inline(never)]
fn closed() -> Trap {
    Trap::host("no host call is permitted here")
}

/// Time left for the running call; `None` without a deadline.
pub(crate) fn time_left() -> Option<Duration> {
    // SAFETY: called in a host function, on the thread of the runtime.
    let deadline = unsafe { meter::deadline() };
    (deadline != meter::NEVER).then(|| Duration::from_micros(deadline.saturating_sub(clock::now())))
}
