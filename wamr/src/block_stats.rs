//! What blocks have cost.

/// The blocks of a [`BlockCallback`](crate::BlockCallback) and their costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockStats {
    /// Blocks whose call exceeded its budget, returned too late or exceeded another limit of a call.
    pub overruns: u32,
    /// Blocks whose call ended with any other trap.
    pub traps: u32,
    /// Executed instructions of each block, counted as for [`Limits::fuel`](crate::Limits::fuel).
    pub fuel: Series,
    /// Duration of each block, with the copies of the samples, in cycles of the [counter](crate::BlockCounter).
    pub duration: Series,
    /// Time between the beginnings of two blocks in cycles of the counter. Its [`spread`](Series::spread) is the jitter.
    pub interval: Series,
}

impl BlockStats {
    /// Number of blocks, with those that failed.
    pub fn blocks(&self) -> u32 {
        self.fuel.count()
    }
}

/// The last value of a series, its extremes and its mean. All are 0 before the first value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Series {
    last: u64,
    min: u64,
    max: u64,
    sum: u64,
    count: u32,
}

impl Series {
    pub(crate) fn add(&mut self, value: u64) {
        self.last = value;
        self.min = if self.count == 0 { value } else { self.min.min(value) };
        self.max = self.max.max(value);
        self.sum = self.sum.saturating_add(value);
        self.count = self.count.saturating_add(1);
    }

    /// The last value.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The smallest value.
    pub fn min(&self) -> u64 {
        self.min
    }

    /// The largest value.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The largest value without the smallest.
    pub fn spread(&self) -> u64 {
        self.max - self.min
    }

    /// The mean, rounded down.
    pub fn mean(&self) -> u64 {
        self.sum.checked_div(self.count.into()).unwrap_or(0)
    }

    /// Number of values.
    pub fn count(&self) -> u32 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_keeps_extremes_and_mean() {
        let mut series = Series::default();
        assert_eq!((series.min(), series.max(), series.mean(), series.count()), (0, 0, 0, 0));
        for value in [7, 3, 12] {
            series.add(value);
        }
        assert_eq!((series.last(), series.min(), series.max(), series.spread()), (12, 3, 12, 9));
        assert_eq!((series.mean(), series.count()), (7, 3));
    }
}
