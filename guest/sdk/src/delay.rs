//! Short delays, for drivers.

use crate::clock;
use embedded_hal::delay::DelayNs;

/// Waits until the time has passed, and keeps the processor busy meanwhile: it uses fuel and energy.
///
/// Drivers use it between the steps of an operation. An app that waits for longer starts a [`timer`](crate::timer) and returns.
#[derive(Debug, Clone, Copy, Default)]
pub struct Delay;

impl Delay {
    fn wait(micros: u64) {
        let end = clock::micros().saturating_add(micros);
        while clock::micros() < end {}
    }
}

impl DelayNs for Delay {
    fn delay_ns(&mut self, ns: u32) {
        // The clock may have been about to advance.
        Self::wait(u64::from(ns.div_ceil(1000)) + 1);
    }

    fn delay_us(&mut self, us: u32) {
        Self::wait(u64::from(us) + 1);
    }

    fn delay_ms(&mut self, ms: u32) {
        Self::wait(u64::from(ms) * 1000 + 1);
    }
}
