//! The flash operations of a device.

use wamr_proto::{ErrorCode, Refusal, Trial};

use super::Device;
use super::work::Work;
use crate::apps::{App, Probation, Stage};
use crate::cell::{CELL, Cell};
use crate::erased::AHEAD;
#[cfg(wamr_erase_ahead)]
use crate::erased::Step;
use crate::flash::{FlashDone, FlashOp};
use crate::geometry::Mark;
use crate::pages::FlashError;
use crate::slot::{self, Record};
use crate::starts::Starts;
use crate::task::Task;
use crate::trust::{Note, Standing};
use crate::upload::put;

/// The purpose of the flash operation in progress.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FlashUse {
    Idle,
    Upload,
    /// Mark a slot as invalid whose contents are unwanted. It has no record any more.
    Tidy,
    /// Erase a free slot before it is needed.
    #[cfg(wamr_erase_ahead)]
    Ahead {
        slot: u8,
        step: Step,
    },
    /// The step that [`Work`] names.
    Work,
}

impl<'b> Device<'b> {
    pub(super) fn next_flash(&mut self) -> Option<FlashOp<'b>> {
        if self.flash != FlashUse::Idle {
            return None;
        }
        let work_op = self.work_op().map(|op| (op, FlashUse::Work));
        let next = work_op.or_else(|| self.tidy_op()).or_else(|| self.upload_op());
        #[cfg(wamr_erase_ahead)]
        let next = next.or_else(|| self.ahead_op());
        let (op, usage) = next?;
        self.flash = usage;
        Some(op)
    }

    /// Returns the slot for the next upload: an erased one before one that is not, and then one without a record. A record is an older
    /// version of an app, which is needed if the newer one is damaged.
    pub(super) fn free_slot(&self) -> Option<u8> {
        let slots = 0..self.geometry.slots();
        let free = |slot: &u8| self.apps.is_free(*slot);
        #[cfg(wamr_erase_ahead)]
        if let Some(slot) = slots.clone().find(|slot| free(slot) && self.records.erased(*slot).is_all()) {
            return Some(slot);
        }
        slots.clone().find(|slot| free(slot) && self.records.get(*slot).is_none()).or(slots.clone().find(free))
    }

    fn upload_op(&mut self) -> Option<(FlashOp<'b>, FlashUse)> {
        let upload = self.upload.as_mut()?;
        let slot = upload.slot;
        if AHEAD && upload.is_fed && self.records.get(slot).is_some() {
            // Before its first page is erased, for the reason in `erased`.
            self.discard(slot);
            return self.tidy_op();
        }
        let op = upload.next_op(&self.geometry)?;
        if !core::mem::replace(&mut upload.is_paid, true) {
            self.wear.spend(self.now);
            self.records.set(slot, None);
            #[cfg(wamr_erase_ahead)]
            self.records.set_erased(slot, self.records.erased(slot).used_for(upload.size(), &self.geometry));
        }
        Some((op, FlashUse::Upload))
    }

    /// Returns the flash operation of the current work.
    fn work_op(&self) -> Option<FlashOp<'b>> {
        let whole = |at, cell: Cell| FlashOp::Cell { at, cell, len: CELL };
        Some(match (&self.work, &self.upload) {
            (Work::Recording, Some(upload)) => {
                whole(self.geometry.installed_at(upload.slot), slot::installed(self.trial().is_some()))
            }
            (Work::Removing { invalidates: Some(slot), .. }, _) => self.invalidate_op(*slot),
            (Work::Marking { slot }, _) => self.mark_op(*slot, Starts::begin_at)?,
            (Work::Unmarking { slot, .. }, _) => self.mark_op(*slot, Starts::end_at)?,
            (Work::Keeping { slot }, _) => whole(self.geometry.kept_at(*slot), slot::kept()),
            (Work::Noting { note, .. }, _) => FlashOp::Note(*note),
            _ => return None,
        })
    }

    fn mark_op(&self, slot: u8, place: fn(&Starts) -> (u16, Mark)) -> Option<FlashOp<'b>> {
        let starts = &self.apps.get(slot).ok()?.starts;
        let (start, mark) = place(starts);
        let at = self.geometry.start_at(slot, start, mark);
        Some(FlashOp::Cell { at, cell: Cell::mark(starts.number()), len: self.geometry.writable(1) })
    }

    /// Marks a slot as invalid if its contents are unwanted.
    pub(super) fn tidy_op(&mut self) -> Option<(FlashOp<'b>, FlashUse)> {
        let slot = (0..self.geometry.slots()).find(|slot| self.records.unwanted & 1 << slot != 0)?;
        self.records.unwanted &= !(1 << slot);
        Some((self.invalidate_op(slot), FlashUse::Tidy))
    }

    /// Clients can cause this as often as they like, so it erases nothing.
    fn invalidate_op(&self, slot: u8) -> FlashOp<'b> {
        FlashOp::Cell { at: self.geometry.gone_at(slot), cell: Cell::WRITTEN, len: self.geometry.writable(1) }
    }

    /// Returns how the upload must show that it works. `None` if it need not, which is also the case if there is no previous
    /// version.
    fn trial(&self) -> Option<Trial> {
        let verified = &self.upload.as_ref()?.verified;
        self.replaced()?;
        (verified.details.entry || verified.trial == Trial::Confirm).then_some(verified.trial)
    }

    #[inline(never)]
    pub(super) fn flash_done(&mut self, FlashDone { block, result }: FlashDone<'b>) {
        if let Some(block) = block {
            put(&mut self.free, block);
        }
        match core::mem::replace(&mut self.flash, FlashUse::Idle) {
            FlashUse::Idle | FlashUse::Tidy => {}
            FlashUse::Upload => self.uploaded(result.is_ok()),
            #[cfg(wamr_erase_ahead)]
            FlashUse::Ahead { slot, step } => self.erased_ahead(slot, step, result.is_ok()),
            FlashUse::Work => self.work_done(result),
        }
    }

    fn work_done(&mut self, result: Result<bool, FlashError>) {
        match self.work {
            Work::Recording => self.recorded(result.is_ok()),
            Work::Removing { slot, revert, invalidates: Some(invalid) } => {
                self.invalidated(slot, revert, invalid, result.is_ok());
            }
            Work::Marking { slot } => self.marked(slot),
            Work::Unmarking { slot, then_load } => self.unmarked(slot, then_load, result.is_ok()),
            Work::Keeping { slot } => self.kept(slot, result.is_ok()),
            Work::Noting { slot, note } => self.noted(slot, &note, result),
            // Others have no step in flash.
            _ => {}
        }
    }

    fn uploaded(&mut self, succeeded: bool) {
        let Some(upload) = &mut self.upload else { return };
        let room = upload.room();
        upload.flash_done(succeeded);
        // Another page that is durable, or erased, is no news for the client: it learns of it with the next block.
        self.status_changed |= upload.room() != room || upload.is_durable() || upload.failed;
        if upload.failed && matches!(self.work, Work::Flushing) {
            self.drop_upload();
            self.end_work(Err(ErrorCode::FlashFailed.into()));
        }
        self.verify_when_durable();
    }

    fn recorded(&mut self, succeeded: bool) {
        let (replaced, trial) = (self.replaced(), self.trial());
        if !succeeded {
            self.restore_replaced();
            let slot = self.upload.as_ref().map_or(0, |upload| upload.slot);
            self.drop_upload();
            return self.begin(Work::Forgetting, Task::Unload { slot, removes: None });
        }
        let Some(upload) = self.upload.take() else { return };
        if let Some(replaced) = replaced {
            self.give_up(replaced, trial.is_some(), upload.verified.standing != Standing::Unsigned);
        }
        self.records.set(upload.slot, Some(Record::from(&upload.opened)));
        self.failure.take_if(|(slot, _)| *slot == upload.slot);
        let trial = trial.map_or(Probation::Over, Probation::On);
        self.apps.set(upload.slot, Some(App { trial, ..App::new(&upload.verified, Stage::Started) }));
        self.apps.loaded(upload.slot, self.gets_events(upload.slot));
        // Now the signer is known, and the client has not received its response yet, after which it may send more requests.
        self.note_app(upload.slot, &upload.verified);
        upload.release(&mut self.free);
    }

    /// Removes the previous version, or keeps it for the new version's trial. A previous version that was on trial itself is
    /// removed in any case; the version that it replaced is kept for the trial or removed with it.
    fn give_up(&mut self, replaced: u8, waits: bool, is_signed: bool) {
        let before = self.apps.replaced_by(replaced);
        match (before, self.apps.get_mut(replaced)) {
            (None, Ok(app)) if waits => {
                (app.stage, app.loaded) = (Stage::Replaced(app.stage.into()), false);
                return;
            }
            (Some(before), _) => {
                self.discard(replaced);
                if !waits {
                    self.replace(before, is_signed);
                }
            }
            _ => {}
        }
        self.replace(replaced, is_signed);
    }

    /// Gives up the older version. Its module stays in case the new one's is damaged, unless it could then replace a signed app
    /// that is no longer trusted.
    fn replace(&mut self, old: u8, is_signed: bool) {
        if is_signed && !self.apps.is_signed(old) {
            self.discard(old);
        }
        self.apps.set(old, None);
    }

    /// The contents of a slot are unwanted, which is yet to be marked in flash.
    pub(super) fn discard(&mut self, slot: u8) {
        self.records.unwanted |= 1 << slot;
        self.records.set(slot, None);
    }

    /// The app starts even if the flash operation failed.
    fn marked(&mut self, slot: u8) {
        let Ok(app) = self.apps.get_mut(slot) else { return self.end_work(Ok(())) };
        app.starts.begun();
        if app.stage == Stage::Entering { self.begin_entry(slot) } else { self.begin_load(slot) }
    }

    fn unmarked(&mut self, slot: u8, then_load: bool, is_written: bool) {
        if let Ok(app) = self.apps.get_mut(slot) {
            app.starts.ended(is_written);
        }
        if then_load {
            self.begin_load(slot);
        } else {
            self.end_work(Ok(()));
        }
    }

    /// An app has passed its trial.
    fn kept(&mut self, slot: u8, succeeded: bool) {
        let replaced = self.apps.replaced_by(slot);
        if let Ok(app) = self.apps.get_mut(slot) {
            // If this cannot be recorded, the app would be discarded after a restart.
            app.trial = if succeeded { Probation::Over } else { Probation::Failed };
        }
        if let (true, Some(replaced)) = (succeeded, replaced) {
            self.replace(replaced, self.apps.is_signed(slot));
        }
        self.end_work(Ok(()));
    }

    fn noted(&mut self, slot: Option<u8>, note: &Note, result: Result<bool, FlashError>) {
        // The ledger forgot the names of this key's apps when it was revoked.
        if result.is_ok() && note.entry.trusts_key() {
            self.apps.note_again();
        }
        // If flash failed, this is tried again after a restart.
        if let Some(Ok(app)) = slot.map(|slot| self.apps.get_mut(slot)) {
            app.is_noted = true;
        }
        if result == Ok(true) {
            self.wear.spend(self.now);
        }
        if slot.is_some() {
            return self.end_work(Ok(()));
        }
        let result = result.map(drop).map_err(|error| match error {
            FlashError::Driver => ErrorCode::FlashFailed.into(),
            FlashError::Full => ErrorCode::LedgerFull.into(),
            FlashError::Budget => self.over_budget().unwrap_or(ErrorCode::Busy.into()),
        });
        self.end_work(result);
    }

    /// Returns the refusal if the budget has no erase cycle left.
    pub(super) fn over_budget(&mut self) -> Option<Refusal> {
        self.wear.wait(self.now).map(|seconds| Refusal::with_bound(ErrorCode::FlashBudget, seconds))
    }

    /// Continues a removal once the executor has unloaded the app. Its own record goes last: until then, the app exists.
    pub(super) fn invalidate_next(&mut self, slot: u8, revert: bool) {
        let is_stale = |other: &u8| self.records.get(*other).is_some() && self.apps.is_free(*other);
        let stale = (0..self.geometry.slots()).find(is_stale).filter(|_| !revert);
        self.work = Work::Removing { slot, revert, invalidates: Some(stale.unwrap_or(slot)) };
    }

    fn invalidated(&mut self, slot: u8, revert: bool, invalid: u8, succeeded: bool) {
        // An app that failed its trial is discarded after a restart, whatever its page contains.
        if !succeeded && !revert {
            return self.end_work(Err(ErrorCode::FlashFailed.into()));
        }
        self.records.set(invalid, None);
        if invalid != slot {
            return self.invalidate_next(slot, revert);
        }
        if revert {
            self.apps.bring_back(slot);
        }
        self.apps.set(slot, None);
        self.end_work(Ok(()));
    }
}
