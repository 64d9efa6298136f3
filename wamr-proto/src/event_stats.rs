//! How the events of an app went.

use crate::write::write_as_map;
use minicbor::Decode;

/// The receipts of all events that an app received since it was loaded, in one. The numbers stop at their maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Decode)]
#[cbor(map)]
pub struct EventStats {
    /// The number of delivered events.
    #[n(0)]
    pub count: u32,
    /// The number of these for which the app trapped or exceeded a limit.
    #[n(1)]
    pub failures: u32,
    /// The number of events that were dropped because too many waited.
    #[n(2)]
    pub dropped: u32,
    /// Microseconds that all events took together.
    #[n(3)]
    pub micros: u64,
    /// Microseconds that the longest one took.
    #[n(4)]
    pub worst: u32,
}

impl EventStats {
    /// Microseconds that an event took on average.
    pub fn mean(&self) -> u64 {
        self.micros.checked_div(self.count.into()).unwrap_or(0)
    }
}

write_as_map!(EventStats: count, failures, dropped, micros, worst);
