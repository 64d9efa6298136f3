//! Limits how often clients can cause an erase: a flash page endures about 10,000 erase cycles.
//!
//! What counts is how often the same page is erased. An upload erases each page of its slot once, and moving the ledger erases
//! one of its two pages. Each of these is one *erase cycle*.

use core::num::NonZeroU16;

/// How many erase cycles clients can cause. The device rejects further ones until time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashBudget {
    /// The number of cycles available at once, and again in each hour that follows. 0 counts as 1.
    pub per_hour: u16,
    /// The same limit for each connection.
    pub per_connection: u16,
}

impl FlashBudget {
    /// 120 and 40: a page survives more than three days of attack.
    pub const DEFAULT: Self = Self { per_hour: 120, per_connection: 40 };
    /// For flash that does not wear out.
    pub const UNLIMITED: Self = Self { per_hour: u16::MAX, per_connection: u16::MAX };
}

impl Default for FlashBudget {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How much of a budget is used. Times are milliseconds and may wrap.
pub(crate) struct Wear {
    hour: WearMeter,
    connection: WearMeter,
}

impl Wear {
    pub const fn new(budget: FlashBudget) -> Self {
        Self { hour: WearMeter::new(budget.per_hour), connection: WearMeter::new(budget.per_connection) }
    }

    /// Another client has connected.
    pub fn connected(&mut self) {
        self.connection.used = 0;
    }

    /// Returns the seconds until one more cycle is available, or `None` if one is available now.
    pub fn wait(&mut self, now: u32) -> Option<u32> {
        self.hour.wait(now).max(self.connection.wait(now))
    }

    pub fn spend(&mut self, now: u32) {
        self.hour.spend(now);
        self.connection.spend(now);
    }
}

/// Counts used erase cycles. They are credited back as time passes. Times are milliseconds and may wrap.
#[derive(Clone, Debug)]
pub struct WearMeter {
    limit: NonZeroU16,
    used: u16,
    /// The time up to which cycles have been credited back.
    since: u32,
}

impl WearMeter {
    /// `limit` cycles are available at once, and again in each hour that follows. 0 counts as 1.
    pub const fn new(limit: u16) -> Self {
        let limit = match NonZeroU16::new(limit) {
            Some(limit) => limit,
            None => NonZeroU16::MIN,
        };
        Self { limit, used: 0, since: 0 }
    }

    /// Milliseconds per cycle.
    fn interval(&self) -> u32 {
        3_600_000 / u32::from(self.limit.get())
    }

    fn forget(&mut self, now: u32) {
        let forgotten = now.wrapping_sub(self.since) / self.interval();
        self.used = self.used.saturating_sub(forgotten.min(u16::MAX.into()) as u16);
        self.since = if self.used == 0 { now } else { self.since.wrapping_add(forgotten * self.interval()) };
    }

    /// Returns the seconds until one more cycle is available, or `None` if one is available now.
    pub fn wait(&mut self, now: u32) -> Option<u32> {
        self.forget(now);
        let over = self.used.checked_sub(self.limit.get())?;
        let until = (u32::from(over) + 1) * self.interval() - now.wrapping_sub(self.since);
        Some(until.div_ceil(1000))
    }

    /// A cycle is used.
    pub fn spend(&mut self, now: u32) {
        self.spend_many(now, 1);
    }

    /// Cycles are used. They may be more than are available now: then the next is available so much later.
    pub fn spend_many(&mut self, now: u32, cycles: u16) {
        self.forget(now);
        self.used = self.used.saturating_add(cycles);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u32 = 3_600_000;

    #[test]
    fn what_is_used_up_comes_back_with_time() {
        let start = u32::MAX - 1000;
        let mut wear = Wear::new(FlashBudget { per_hour: 4, per_connection: 2 });
        let spend = |wear: &mut Wear, now: u32| wear.wait(now).map_or_else(|| wear.spend(now), |_| panic!("{now}"));
        spend(&mut wear, start);
        spend(&mut wear, start);
        assert_eq!(wear.wait(start), Some(1800), "the connection's");
        wear.connected();
        spend(&mut wear, start);
        spend(&mut wear, start);
        wear.connected();
        assert_eq!(wear.wait(start), Some(900), "the hour's");
        assert_eq!(wear.wait(start.wrapping_add(899_500)), Some(1));
        spend(&mut wear, start.wrapping_add(HOUR / 4));
        assert_eq!(wear.wait(start.wrapping_add(HOUR / 4 + 1)), Some(900));
    }

    #[test]
    fn a_client_never_gets_more_than_twice_the_budget_in_an_hour() {
        let mut wear = Wear::new(FlashBudget { per_hour: 10, per_connection: 100 });
        let spent = (0..HOUR).step_by(1000).filter(|now| wear.wait(*now).is_none().then(|| wear.spend(*now)).is_some());
        assert_eq!(spent.count(), 10 + 9);
    }

    #[test]
    fn cycles_beyond_the_budget_are_paid_for_with_time() {
        let mut wear = WearMeter::new(4);
        wear.spend_many(1, 6);
        assert_eq!(wear.wait(1), Some(3 * 900));
        assert_eq!(wear.wait(1 + 3 * HOUR / 4), None);
    }

    #[test]
    fn a_budget_of_nothing_is_one_of_one() {
        let mut wear = Wear::new(FlashBudget { per_hour: 0, per_connection: 0 });
        assert_eq!(wear.wait(5), None);
        wear.spend(5);
        assert_eq!(wear.wait(5), Some(3600));
    }
}
