//! The timers of one app. Times are milliseconds and may wrap.

use core::fmt;

use heapless::Vec;

use super::queue::Queue;
use super::{AppEvent, EventKind, TIMERS_MAX};
use crate::apps::is_past;

/// An app has too many timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimersFull;

impl fmt::Display for TimersFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an app has at most {TIMERS_MAX} timers")
    }
}

impl core::error::Error for TimersFull {}

/// Milliseconds after which a timer that found no place among the events tries again.
const AGAIN: u32 = 10;

struct Timer {
    id: u32,
    due: u32,
    /// At least 1.
    period: Option<u32>,
}

#[derive(Default)]
pub struct Timers(Vec<Timer, TIMERS_MAX, u8>);

impl Timers {
    pub fn start(&mut self, id: u32, due: u32, period: Option<u32>) -> Result<(), TimersFull> {
        self.cancel(id);
        let timer = Timer { id, due, period: period.map(|period| period.max(1)) };
        self.0.push(timer).map_err(|_| TimersFull)
    }

    /// Returns whether there was such a timer.
    pub fn cancel(&mut self, id: u32) -> bool {
        let found = self.0.iter().position(|timer| timer.id == id);
        found.map(|index| self.0.swap_remove(index)).is_some()
    }

    /// Queues an event for each timer that is due, and counts those for which the queue has no room.
    pub fn expire(&mut self, now: u32, queue: &mut Queue, dropped: &mut u32) {
        self.0.retain_mut(|timer| {
            if !is_past(timer.due, now) {
                return true;
            }
            let count = timer.period.map_or(1, |period| now.wrapping_sub(timer.due) / period + 1);
            let pushed = queue.push(AppEvent { kind: EventKind::Timer, id: timer.id, value: count }).is_some();
            let Some(period) = timer.period else {
                // An app may rely on it: it is late instead of lost.
                timer.due = now.wrapping_add(AGAIN);
                return !pushed;
            };
            if !pushed {
                *dropped = dropped.saturating_add(1);
            }
            timer.due = timer.due.wrapping_add(count.wrapping_mul(period));
            true
        });
    }

    /// Returns the time at which the next timer is due.
    pub fn next_time(&self) -> Option<u32> {
        // All are due within half of the range of the time, whatever the time is.
        let first = self.0.first()?.due;
        self.0.iter().map(|timer| timer.due).min_by_key(|due| due.wrapping_sub(first).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expire(timers: &mut Timers, now: u32) -> alloc::vec::Vec<(u32, u32)> {
        let (mut queue, mut dropped) = (Queue::default(), 0);
        timers.expire(now, &mut queue, &mut dropped);
        assert_eq!(dropped, 0);
        core::iter::from_fn(|| queue.pop()).map(|event| (event.id, event.value)).collect()
    }

    #[test]
    fn a_timer_expires_once_and_a_periodic_one_again() {
        let mut timers = Timers::default();
        let now = u32::MAX - 10;
        timers.start(1, now.wrapping_add(5), None).unwrap();
        timers.start(2, now.wrapping_add(20), Some(20)).unwrap();
        assert_eq!(timers.next_time(), Some(now.wrapping_add(5)));
        assert_eq!(expire(&mut timers, now.wrapping_add(4)), []);
        assert_eq!(expire(&mut timers, now.wrapping_add(5)), [(1, 1)]);
        assert_eq!(timers.next_time(), Some(now.wrapping_add(20)));
        assert_eq!(expire(&mut timers, now.wrapping_add(65)), [(2, 3)]);
        assert_eq!(timers.next_time(), Some(now.wrapping_add(80)), "in phase");
    }

    #[test]
    fn a_timer_with_a_known_id_is_started_again() {
        let mut timers = Timers::default();
        (0..TIMERS_MAX as u32).for_each(|id| timers.start(id, 100, None).unwrap());
        timers.start(0, 300, None).unwrap();
        assert_eq!(timers.start(99, 100, None), Err(TimersFull));
        assert_eq!(expire(&mut timers, 200).len(), TIMERS_MAX - 1);
        assert_eq!(expire(&mut timers, 300), [(0, 1)]);
    }

    #[test]
    fn an_expiration_without_room_in_the_queue_is_counted() {
        let mut timers = Timers::default();
        timers.start(1, 100, Some(10)).unwrap();
        let (mut queue, mut dropped) = (Queue::default(), 0);
        let other = |id| AppEvent { kind: EventKind::Pin, id, value: 0 };
        (0..).take_while(|id| queue.push(other(*id)).is_some()).for_each(drop);
        timers.expire(100, &mut queue, &mut dropped);
        assert_eq!((dropped, timers.next_time()), (1, Some(110)));

        let mut once = Timers::default();
        once.start(2, 100, None).unwrap();
        once.expire(100, &mut queue, &mut dropped);
        assert_eq!((dropped, once.next_time()), (1, Some(110)), "late, not lost");
        queue.pop();
        once.expire(110, &mut queue, &mut dropped);
        assert_eq!((dropped, once.next_time()), (1, None));
    }

    #[test]
    fn a_period_of_zero_is_one_millisecond() {
        let mut timers = Timers::default();
        timers.start(1, 0, Some(0)).unwrap();
        assert_eq!(expire(&mut timers, 9), [(1, 10)]);
    }
}
