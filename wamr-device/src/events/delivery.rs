//! How a device and an executor use events.

use core::cmp::Reverse;
use core::fmt::Debug;

use wamr::{ExternType, Module, Val, ValType};
use wamr_proto::{ErrorCode, EventStats, Refusal};

use super::queue::Queue;
use super::timers::Timers;
use super::{AppEvents, Inbox};
use crate::APPS_MAX;
use crate::apps::is_past;
use crate::group::HostGroup;

/// The export of an app that gets its events, by the names of current and newer toolchains.
pub const ON_EVENT: [&str; 2] = ["on-event", "cm32p2||on-event"];

/// What a [`Device`](crate::Device) and an [`Executor`](crate::Executor) need of [`AppEvents`]. They use it through a pointer, so that a
/// firmware without events does not contain the code of events.
pub trait Delivery: Debug + Sync {
    /// Returns the export of a module that gets its events, if it has one.
    ///
    /// # Errors
    /// Refuses a module whose export has another type.
    fn handler(&self, module: &Module<'_>) -> Result<Option<&'static str>, Refusal>;

    /// An app with a handler is loaded. Its start function may start timers.
    fn open(&self, app: u8, priority: u8);

    /// The app is gone. Its events and timers are, too.
    fn close(&self, app: u8);

    /// Takes the event that an app gets next, reports that to the groups, and calls its handler with the arguments.
    fn deliver(&self, app: u8, groups: &[&dyn HostGroup], call: &mut dyn FnMut(&[Val]));

    /// An app has handled an event, which took so many microseconds. `now` is in milliseconds.
    fn delivered(&self, app: u8, now: u32, micros: u64, failed: bool);

    /// Returns the app whose next event is due, among those that are `ready`: one with the highest priority, and of these the first after the
    /// app that was `last`.
    fn next(&self, now: u32, last: u8, ready: &dyn Fn(u8) -> bool) -> Option<u8>;

    /// Returns the time at which [`next`](Self::next) may return another app.
    fn next_time(&self, now: u32) -> Option<u32>;

    /// Returns how the events of an app went since it was loaded. `None` if it does not receive events.
    fn stats(&self, app: u8) -> Option<EventStats>;
}

impl Delivery for AppEvents {
    fn handler(&self, module: &Module<'_>) -> Result<Option<&'static str>, Refusal> {
        let exports = || module.exports();
        let Some((name, export)) = ON_EVENT
            .iter()
            .find_map(|name| exports().find(|export| export.name == *name).map(|export| (*name, export)))
        else {
            return Ok(None);
        };
        match export.ty {
            ExternType::Func(ty) if ty.params().eq([ValType::I32; 3]) && ty.results().len() == 0 => Ok(Some(name)),
            _ => Err(Refusal::new(ErrorCode::InvalidModule, "on-event must have the type (i32, i32, i32)")),
        }
    }

    fn open(&self, app: u8, priority: u8) {
        let inbox = Inbox {
            queue: Queue::default(),
            timers: Timers::default(),
            priority,
            paused_until: None,
            rest: 0,
            stats: EventStats::default(),
        };
        self.slot(app, |slot| *slot = Some(inbox));
    }

    fn close(&self, app: u8) {
        self.slot(app, |slot| *slot = None);
    }

    fn deliver(&self, app: u8, groups: &[&dyn HostGroup], call: &mut dyn FnMut(&[Val])) {
        if let Some(event) = self.take(app) {
            groups.iter().for_each(|group| group.taken(app, event));
            call(&event.flat().map(|value| Val::I32(value.cast_signed())));
        }
    }

    fn next(&self, now: u32, last: u8, ready: &dyn Fn(u8) -> bool) -> Option<u8> {
        self.all(|apps| {
            let turn = |app: u8| (usize::from(app) + APPS_MAX - 1 - usize::from(last) % APPS_MAX) % APPS_MAX;
            apps.filter_map(|(app, inbox)| {
                inbox.timers.expire(now, &mut inbox.queue, &mut inbox.stats.dropped);
                inbox.paused_until.take_if(|until| is_past(*until, now));
                let is_due = !inbox.queue.is_empty() && inbox.paused_until.is_none() && ready(app);
                is_due.then_some((inbox.priority, Reverse(turn(app)), app))
            })
            .max()
            .map(|(.., app)| app)
        })
    }

    fn next_time(&self, now: u32) -> Option<u32> {
        self.all(|apps| {
            let times = apps.flat_map(|(_, inbox)| {
                // The end of a pause must also be seen before it is so long ago that it seems to come.
                let delay = if inbox.queue.is_empty() { 1 << 30 } else { 0 };
                let pause = inbox.paused_until.map(|until| until.wrapping_add(delay));
                pause.into_iter().chain(inbox.timers.next_time())
            });
            times.min_by_key(|time| time.wrapping_sub(now).cast_signed())
        })
    }

    fn delivered(&self, app: u8, now: u32, micros: u64, failed: bool) {
        let share = u64::from(self.hooks.share.clamp(1, 100));
        self.inbox(app, |inbox| {
            let stats = &mut inbox.stats;
            stats.count = stats.count.saturating_add(1);
            stats.failures = stats.failures.saturating_add(failed.into());
            stats.micros = stats.micros.saturating_add(micros);
            stats.worst = stats.worst.max(u32::try_from(micros).unwrap_or(u32::MAX));
            let pause = micros.saturating_mul(100 - share) / share + u64::from(inbox.rest);
            inbox.rest = (pause % 1000) as u32;
            // Times wrap, so they must not be too far away.
            let millis = (pause / 1000).min((1 << 30) - 1) as u32;
            inbox.paused_until = (millis > 0).then(|| now.wrapping_add(millis));
        });
    }

    fn stats(&self, app: u8) -> Option<EventStats> {
        self.stats(app)
    }
}
