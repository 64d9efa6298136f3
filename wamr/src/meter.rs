//! What a call may use and what it used.

use core::time::Duration;

use wamr_sys::meter::{self, Budget};

use crate::{Limits, Trap, clock};

/// What a call used, also one that trapped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Instructions executed; see [`Limits::fuel`] for what counts.
    pub fuel: u64,
    /// Calls of host functions.
    pub host_calls: u32,
    backtrace: [u32; meter::TRACE_MAX],
    backtrace_len: u8,
}

impl Usage {
    /// The functions that were running when the call trapped, the innermost first, as indices in the module, where imports come
    /// first; at most the 8 innermost. Empty when the call returned.
    pub fn backtrace(&self) -> &[u32] {
        self.backtrace.get(..self.backtrace_len.into()).unwrap_or_default()
    }
}

/// The moment at which a call that begins now has to end.
fn deadline(limits: &Limits) -> Option<u64> {
    limits.deadline.map(|time| clock::now().saturating_add(clock::micros(time)))
}

/// Has the guest metered until it is dropped; then the budget of the call around it, if there is one, holds again.
pub(crate) struct Metered {
    outer: Budget,
}

impl Metered {
    #[inline]
    pub fn start(limits: &Limits) -> Self {
        let budget = Budget { fuel: limits.fuel.unwrap_or(u64::MAX), deadline: deadline(limits), clock: clock::now };
        // SAFETY: who calls an instance is on the thread of its runtime.
        Self { outer: unsafe { meter::set_budget(budget) } }
    }

    /// What was used.
    #[inline]
    pub fn end(self, limits: &Limits, host: &HostBudget) -> Usage {
        // SAFETY: as in `start`.
        let (budget, (backtrace, len)) = unsafe { (meter::budget(), meter::trace()) };
        Usage {
            fuel: limits.fuel.unwrap_or(u64::MAX) - budget.fuel,
            host_calls: host.calls,
            backtrace,
            backtrace_len: len as u8,
        }
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        // SAFETY: as in `start`.
        unsafe { meter::set_budget(self.outer) };
    }
}

/// What the host functions of a call may use and have used.
#[derive(Clone, Copy)]
pub(crate) struct HostBudget {
    calls: u32,
    max_calls: u32,
    /// Microseconds left.
    time: Option<u64>,
}

impl HostBudget {
    #[inline]
    pub fn new(limits: &Limits) -> Self {
        Self { calls: 0, max_calls: limits.host_calls, time: limits.host_time.map(clock::micros) }
    }

    /// Counts a call that begins, and gives the moment when it does so if that matters.
    #[inline]
    pub fn begin(&mut self) -> Result<Option<u64>, Trap> {
        if self.calls >= self.max_calls {
            return Err(Trap::TooManyHostCalls);
        }
        self.calls += 1;
        // SAFETY: who calls a host function is on the thread of the runtime.
        unsafe { meter::host_call() };
        Ok(self.time.map(|_| clock::now()))
    }

    /// Counts the time of a call that began at `start`.
    #[inline]
    pub fn end(&mut self, start: Option<u64>) -> Result<(), Trap> {
        if let (Some(start), Some(left)) = (start, &mut self.time) {
            let took = clock::now().saturating_sub(start);
            if took > *left {
                *left = 0;
                return Err(Trap::HostTimeExceeded);
            }
            *left -= took;
        }
        Ok(())
    }
}

/// How long the running call may still take; `None` without a deadline.
pub(crate) fn time_left() -> Option<Duration> {
    // SAFETY: who asks is in a host function, on the thread of the runtime.
    let deadline = unsafe { meter::budget() }.deadline?;
    Some(Duration::from_micros(deadline.saturating_sub(clock::now())))
}
