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

/// No limit on an amount or a time.
const UNLIMITED: u64 = u64::MAX;

/// The limits of the next calls of an instance: those of its module that can be set for it. Times are in microseconds.
pub(crate) struct CallLimits {
    pub fuel: u64,
    pub deadline: u64,
    pub host_time: u64,
    pub host_calls: u32,
}

impl CallLimits {
    pub fn new(limits: &Limits) -> Self {
        Self {
            fuel: limits.fuel.unwrap_or(UNLIMITED),
            deadline: micros(limits.deadline),
            host_time: micros(limits.host_time),
            host_calls: limits.host_calls,
        }
    }

    /// These, and the others of the module.
    pub fn with(&self, module: &Limits) -> Limits {
        let limit = |value: u64| (value != UNLIMITED).then_some(value);
        Limits {
            fuel: limit(self.fuel),
            deadline: limit(self.deadline).map(Duration::from_micros),
            host_time: limit(self.host_time).map(Duration::from_micros),
            host_calls: self.host_calls,
            ..*module
        }
    }
}

/// A time limit in microseconds.
pub(crate) fn micros(time: Option<Duration>) -> u64 {
    time.map_or(UNLIMITED, clock::micros)
}

/// The moment by which a call that starts now must end.
#[inline(never)]
fn deadline(micros: u64) -> u64 {
    clock::now().saturating_add(micros)
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
    pub fn start(limits: &CallLimits) -> Result<Self, Trap> {
        let deadline = if limits.deadline == UNLIMITED { meter::NEVER } else { deadline(limits.deadline) };
        let budget = Budget { fuel: limits.fuel, deadline };
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
    pub(crate) fn update(&mut self, limits: &CallLimits, fuel: u64, host: &HostBudget) {
        self.fuel = limits.fuel - fuel;
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
    /// Microseconds.
    time: u64,
    calls: u32,
    /// Every host call traps.
    pub closed: bool,
}

impl HostBudget {
    #[inline]
    pub fn new(limits: &CallLimits) -> Self {
        Self { time: limits.host_time, calls: limits.host_calls, closed: false }
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
        Ok(self.time != UNLIMITED)
    }

    /// Counts the duration of a call in microseconds.
    #[inline]
    pub fn end(&mut self, took: u64) -> Result<(), Trap> {
        if self.time == UNLIMITED {
            return Ok(());
        }
        let enough = took <= self.time;
        self.time = self.time.saturating_sub(took);
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
