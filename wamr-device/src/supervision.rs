//! When a device restarts apps.

/// How a device treats apps that fail: apps that trap, exceed a limit or cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supervision {
    /// The number of failures in a row that disable an app, at least one.
    pub failures: u8,
    /// Milliseconds before an app restarts after its first failure, or after its entry point has returned. The delay doubles with
    /// every further failure.
    pub pause: u32,
    /// The maximum delay in milliseconds.
    pub pause_max: u32,
    /// The number of consecutive restarts of the device that disable an app, at least one. A restart counts if the device was
    /// starting the app or running its entry point.
    pub resets: u8,
    /// Milliseconds after a start of the device in which it starts no app, so that clients come first. Ten times as long for an
    /// app whose last start did not end.
    pub clients_first: u32,
}

impl Supervision {
    /// Five failures, delays of one second to one minute, three restarts of the device, and one second for clients.
    pub const DEFAULT: Self = Self { failures: 5, pause: 1_000, pause_max: 60_000, resets: 3, clients_first: 1_000 };

    /// Returns the delay in milliseconds after this many failures in a row.
    pub(crate) fn pause_after(&self, failures: u8) -> u32 {
        let doubled = 1u32.checked_shl(u32::from(failures.saturating_sub(1))).unwrap_or(u32::MAX);
        self.pause.saturating_mul(doubled).min(self.pause_max)
    }

    /// Returns the delay in milliseconds between a start of the device and the start of an app that caused this many consecutive
    /// restarts.
    pub(crate) fn pause_at_boot(&self, restarts: u8) -> u32 {
        if restarts == 0 { self.clients_first } else { self.clients_first.saturating_mul(10) }
    }
}

impl Default for Supervision {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let supervision = Supervision { failures: 255, pause_max: 5_000, ..Supervision::DEFAULT };
        let pauses = [0, 1, 2, 3, 4, 33, 255].map(|failures| supervision.pause_after(failures));
        assert_eq!(pauses, [1_000, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
    }
}
