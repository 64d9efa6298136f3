//! Erases a free slot while the device is idle, so that the next upload finds it erased.

use super::storage::FlashUse;
use super::work::Work;
use super::{Device, Event};
use crate::apps::is_past;
use crate::erased::Step;
use crate::flash::FlashOp;

/// How long the device waits after its start, in milliseconds. If it restarts again and again, it does not wear out the page with which
/// it begins.
const AFTER_START: u32 = 30_000;
/// How long it waits after clients, in milliseconds.
const QUIET: u32 = 2_000;
/// How long it waits between two erases, in milliseconds. The CPU may stand still during an erase, and must have time for others.
const PAUSE: u32 = 100;

/// When the device erases more.
#[derive(Clone, Copy)]
pub(super) enum Ahead {
    /// A while after the start, which is now.
    Started,
    /// At this time.
    At(u32),
    /// When something has changed.
    Changed,
}

impl Ahead {
    /// Waits for quiet after an event.
    pub fn observe(&mut self, event: &Event<'_, '_>, now: u32) {
        let quiet = now.wrapping_add(QUIET);
        match (event, &self) {
            (Event::Executed(..) | Event::Bonds(_), _) | (_, Self::Started) => {}
            // A slot that becomes free is marked in flash.
            (Event::Flash(_), Self::At(_)) => {}
            (_, Self::At(time)) if is_past(quiet, *time) => {}
            _ => *self = Self::At(quiet),
        }
    }

    /// The time at which the device must be polled.
    pub fn time(self) -> Option<u32> {
        if let Self::At(time) = self { Some(time) } else { None }
    }
}

impl<'b> Device<'b> {
    /// Returns the next step towards an erased slot. Only one slot is erased ahead, because there is only one upload at a time.
    pub(super) fn ahead_op(&mut self) -> Option<(FlashOp<'b>, FlashUse)> {
        match self.ahead {
            Ahead::At(time) if !is_past(time, self.now) => return None,
            // Between two events of an app, too, so that an event waits for one erase at most.
            Ahead::At(_) if !matches!(self.work, Work::Idle) => return None,
            Ahead::At(_) if self.apps.are_known() && !self.apps.is_unsettled() && self.held.is_none() => {}
            Ahead::At(_) => return self.wait_ahead(QUIET),
            Ahead::Started => return self.wait_ahead(AFTER_START),
            Ahead::Changed => return None,
        }
        // An open upload may go on at any time.
        let slot = self.free_slot().filter(|slot| self.upload.is_none() && !self.records.erased(*slot).is_all());
        let Some(slot) = slot else {
            self.ahead = Ahead::Changed;
            return None;
        };
        if self.records.get(slot).is_some() {
            self.discard(slot);
            return self.tidy_op();
        }
        let (op, step) = self.records.erased(slot).next(slot, &self.geometry);
        Some((op, FlashUse::Ahead { slot, step }))
    }

    fn wait_ahead<T>(&mut self, millis: u32) -> Option<T> {
        self.ahead = Ahead::At(self.now.wrapping_add(millis));
        None
    }

    pub(super) fn erased_ahead(&mut self, slot: u8, step: Step, succeeded: bool) {
        // An erase that failed is not repeated until something happens.
        self.ahead = Ahead::Changed;
        if succeeded {
            let mut erased = self.records.erased(slot);
            erased.complete(step);
            self.records.set_erased(slot, erased);
            self.ahead = Ahead::At(self.now.wrapping_add(PAUSE));
        }
    }
}
