//! Events of apps: what happened, which app is next, and how its events went.
//!
//! Host groups [post](AppEvents::post) events, from any thread or interrupt. The device delivers them one at a time, by calling the
//! app's export `on-event`. Between events nothing runs, and no thread wakes up.

mod delivery;
mod queue;
mod timers;

use core::cell::RefCell;

use critical_section::Mutex;
use wamr_proto::EventStats;

use crate::APPS_MAX;

pub use delivery::{Delivery, ON_EVENT};
use queue::Queue;
use timers::Timers;
pub use timers::TimersFull;

/// The maximum number of events that wait for an app.
pub const EVENTS_MAX: usize = 8;

/// The maximum number of timers of an app.
pub const TIMERS_MAX: usize = 4;

/// An event for an app. `wit/events.wit` describes the cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppEvent {
    /// The case.
    pub kind: EventKind,
    /// The id that the app gave to the source. 0 for messages.
    pub id: u32,
    /// The value of the event. 0 for sensors.
    pub value: u32,
}

/// The cases of an event, by their numbers in `wit/events.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// A timer expired. The value is the number of times.
    Timer,
    /// A pin changed. The value is 1 if it is active now.
    Pin,
    /// Messages wait. The value is their number.
    Message,
    /// A serial port has received data. The value is the number of bytes that wait.
    Uart,
    /// A sensor has a new measurement.
    Sensor,
    /// An event of a firmware's own interface.
    Custom,
    /// A host or a socket changed. The value is the number of the change.
    Net,
}

impl AppEvent {
    /// Returns the arguments of `on-event`, as the canonical ABI flattens them.
    pub fn flat(&self) -> [u32; 3] {
        match self.kind {
            EventKind::Message => [self.kind as u32, self.value, 0],
            kind => [kind as u32, self.id, self.value],
        }
    }
}

/// The events and timers of all apps.
///
/// Host groups and the device share it. It can be used from any thread and from interrupts.
pub struct AppEvents {
    apps: Mutex<RefCell<[Option<Inbox>; APPS_MAX]>>,
    hooks: EventHooks,
}

/// What [`AppEvents`] needs from its platform.
#[derive(Clone, Copy, Debug)]
pub struct EventHooks {
    /// Returns milliseconds, as for [`Device::handle`](crate::Device::handle).
    pub now: fn() -> u32,
    /// Makes the thread of the device call [`Device::poll`](crate::Device::poll). May be called from an interrupt.
    pub wake: fn(),
    /// The percentage of the time that the events of one app may take, from 1 to 100. After an event, an app waits until it is
    /// within its share again.
    pub share: u8,
}

/// What waits for an app.
struct Inbox {
    queue: Queue,
    timers: Timers,
    priority: u8,
    /// No event is delivered before this time: the app has used up its share.
    paused_until: Option<u32>,
    /// Microseconds to pause that are less than a millisecond.
    rest: u32,
    stats: EventStats,
}

impl AppEvents {
    /// No app receives events.
    pub const fn new(hooks: EventHooks) -> Self {
        Self { apps: Mutex::new(RefCell::new([const { None }; APPS_MAX])), hooks }
    }

    /// Queues an event for the app with this number. If an event of the same kind and id waits, the two become one. An event for
    /// which there is no room is dropped and counted. Apps that do not export `on-event` get none.
    pub fn post(&self, app: u8, event: AppEvent) {
        let is_new = self.inbox(app, |inbox| {
            let pushed = inbox.queue.push(event);
            if pushed.is_none() {
                inbox.stats.dropped = inbox.stats.dropped.saturating_add(1);
            }
            pushed
        });
        // Otherwise the device knows that events wait, and a source that is too fast does not keep it busy.
        if is_new.flatten() == Some(true) {
            (self.hooks.wake)();
        }
    }

    /// Starts a timer of an app, or restarts the one with this id: it expires after `delay` milliseconds, and then every `period`
    /// milliseconds unless that is `None`. Nothing happens for an app that does not receive events.
    ///
    /// # Errors
    /// [`TimersFull`] if the app has [`TIMERS_MAX`] other timers.
    pub fn start_timer(&self, app: u8, id: u32, delay: u32, period: Option<u32>) -> Result<(), TimersFull> {
        let due = (self.hooks.now)().wrapping_add(delay);
        self.inbox(app, |inbox| inbox.timers.start(id, due, period)).unwrap_or(Ok(()))?;
        (self.hooks.wake)();
        Ok(())
    }

    /// Stops a timer of an app. Returns whether it was running.
    pub fn cancel_timer(&self, app: u8, id: u32) -> bool {
        self.inbox(app, |inbox| inbox.timers.cancel(id)).unwrap_or(false)
    }

    /// Returns how the events of an app went since it was loaded. `None` if it does not receive events.
    pub fn stats(&self, app: u8) -> Option<EventStats> {
        self.inbox(app, |inbox| inbox.stats)
    }

    /// Whether no event of an app waits and none of its timers runs: only something outside of the app can cause another event.
    pub fn is_idle(&self, app: u8) -> bool {
        self.inbox(app, |inbox| inbox.queue.is_empty() && inbox.timers.next_time().is_none()).unwrap_or(true)
    }

    /// Takes the event that an app gets next.
    fn take(&self, app: u8) -> Option<AppEvent> {
        self.inbox(app, |inbox| inbox.queue.pop()).flatten()
    }

    fn inbox<R>(&self, app: u8, access: impl FnOnce(&mut Inbox) -> R) -> Option<R> {
        self.slot(app, |slot| slot.as_mut().map(access)).flatten()
    }

    fn slot<R>(&self, app: u8, access: impl FnOnce(&mut Option<Inbox>) -> R) -> Option<R> {
        critical_section::with(|cs| self.apps.borrow(cs).borrow_mut().get_mut(usize::from(app)).map(access))
    }

    fn all<R>(&self, access: impl FnOnce(&mut dyn Iterator<Item = (u8, &mut Inbox)>) -> R) -> R {
        critical_section::with(|cs| {
            let mut apps = self.apps.borrow(cs).borrow_mut();
            access(&mut (0..).zip(apps.iter_mut()).filter_map(|(app, slot)| Some((app, slot.as_mut()?))))
        })
    }
}

impl core::fmt::Debug for AppEvents {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AppEvents").field("hooks", &self.hooks).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> AppEvents {
        AppEvents::new(EventHooks { now: || 1_000, wake: || (), share: 50 })
    }

    fn pin(id: u32) -> AppEvent {
        AppEvent { kind: EventKind::Pin, id, value: 1 }
    }

    #[test]
    fn the_highest_priority_comes_first_and_equals_take_turns() {
        let events = events();
        for (app, priority) in [(0, 1), (2, 1), (5, 7)] {
            events.open(app, priority);
            (0..4).for_each(|id| events.post(app, pin(id)));
        }
        let mut order = alloc::vec::Vec::new();
        let mut last = 7;
        while let Some(app) = events.next(1_000, last, &|_| true) {
            assert!(events.take(app).is_some());
            order.push(app);
            last = app;
        }
        assert_eq!(order, [5, 5, 5, 5, 0, 2, 0, 2, 0, 2, 0, 2]);
    }

    #[test]
    fn apps_that_are_not_ready_keep_their_events() {
        let events = events();
        events.open(1, 0);
        events.post(1, pin(9));
        assert_eq!(events.next(1_000, 0, &|_| false), None);
        assert_eq!(events.next(1_000, 0, &|_| true), Some(1));
        assert_eq!(events.take(1), Some(pin(9)));
    }

    #[test]
    fn an_app_that_is_gone_or_wants_no_events_gets_none() {
        let events = events();
        events.post(1, pin(1));
        events.open(1, 0);
        assert_eq!(events.take(1), None, "posted before it was loaded");
        events.post(1, pin(1));
        events.start_timer(1, 1, 5, None).unwrap();
        events.close(1);
        events.open(1, 0);
        assert_eq!(events.take(1), None);
        assert_eq!((events.next(2_000, 0, &|_| true), events.next_time(2_000)), (None, None));
        events.post(200, pin(1));
    }

    #[test]
    fn an_app_waits_until_it_is_within_its_share() {
        let events = events();
        events.open(3, 0);
        events.post(3, pin(1));
        events.post(3, pin(2));
        events.delivered(3, 1_000, 20_400, false);
        assert_eq!(events.next(1_019, 0, &|_| true), None);
        assert_eq!(events.next_time(1_019), Some(1_020));
        assert_eq!(events.next(1_020, 0, &|_| true), Some(3));
        // 400 microseconds are left from the first.
        assert!(!events.is_idle(3));
        events.delivered(3, 1_020, 700, true);
        assert_eq!(events.next_time(1_020), Some(1_021));
        let stats = EventStats { count: 2, failures: 1, dropped: 0, micros: 21_100, worst: 20_400 };
        assert_eq!(events.stats(3), Some(stats));
    }

    #[test]
    fn however_long_an_event_took_the_app_waits_for_it() {
        let events = events();
        events.open(3, 0);
        events.post(3, pin(1));
        events.delivered(3, 1_000, u64::MAX, false);
        assert_eq!(events.next(1_000, 0, &|_| true), None);
        assert_eq!(events.next(1_000_000_000, 0, &|_| true), None);
    }

    #[test]
    fn dropped_events_are_counted() {
        let events = events();
        events.open(0, 0);
        (0..EVENTS_MAX as u32 + 3).for_each(|id| events.post(0, pin(id)));
        assert_eq!(events.stats(0).map(|stats| stats.dropped), Some(3));
    }

    #[test]
    fn a_timer_is_an_event_when_it_is_due() {
        let events = events();
        events.open(0, 0);
        events.start_timer(0, 6, 500, Some(100)).unwrap();
        assert_eq!(events.next_time(1_000), Some(1_500));
        assert_eq!(events.next(1_499, 0, &|_| true), None);
        assert_eq!(events.next(1_710, 0, &|_| true), Some(0));
        assert_eq!(events.take(0), Some(AppEvent { kind: EventKind::Timer, id: 6, value: 3 }));
        assert_eq!(events.next_time(1_710), Some(1_800));
        assert!(!events.is_idle(0), "its timer runs");
        assert!(events.cancel_timer(0, 6) && !events.cancel_timer(0, 6));
        assert_eq!(events.next_time(1_710), None);
        assert!(events.is_idle(0) && events.is_idle(7));
        events.delivered(0, 1_710, 5_000, false);
        assert!(events.is_idle(0), "a pause causes no event");
    }
}
