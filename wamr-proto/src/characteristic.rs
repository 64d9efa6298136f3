//! The parts of the service that have values.

/// The characteristics that a client can read or that notify it. The order is that of their UUIDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characteristic {
    /// Requests, notified responses.
    Control,
    /// The status.
    Status,
    /// The receipt of the last run.
    Result,
    /// Log lines of apps. Only notified, and only to clients that subscribed to it.
    Log,
    /// Messages of apps. Only notified, and only to clients that subscribed to it.
    Message,
}

impl Characteristic {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Control, Self::Status, Self::Result, Self::Log, Self::Message];
}
