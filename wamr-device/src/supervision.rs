//! When an app that failed is started again.

/// How a device treats apps that fail: that trap, hit a limit or cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supervision {
    /// Failures in a row after which an app is disabled; at least one.
    pub failures: u8,
    /// Milliseconds before an app is started again, after its first failure or when its entry has returned. They double with
    /// every further failure.
    pub pause: u32,
    /// The most milliseconds before an app is started again.
    pub pause_max: u32,
}

impl Supervision {
    /// Five failures, and pauses of one second to one minute.
    pub const DEFAULT: Self = Self { failures: 5, pause: 1_000, pause_max: 60_000 };

    /// Milliseconds to wait after so many failures in a row.
    pub(crate) fn pause_after(&self, failures: u8) -> u32 {
        let doubled = 1u32.checked_shl(u32::from(failures.saturating_sub(1))).unwrap_or(u32::MAX);
        self.pause.saturating_mul(doubled).min(self.pause_max)
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
        let supervision = Supervision { failures: 255, pause: 1_000, pause_max: 5_000 };
        let pauses = [0, 1, 2, 3, 4, 33, 255].map(|failures| supervision.pause_after(failures));
        assert_eq!(pauses, [1_000, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
    }
}
