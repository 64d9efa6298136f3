//! The work of a device, one task of the executor after the other.

use wamr_proto::{ErrorCode, Failure, Outcome, Part, Receipt, Refusal};

use super::{Device, Payload};
use crate::apps::{Before, Probation, Stage, Step, is_past};
use crate::cell::CELL;
use crate::ledger::Entry;
use crate::starts::Starts;
use crate::task::{Completion, InFlash, ReadRequest, Stored, Task, Verified};
use crate::trust::{Note, Standing, name_taken};

/// The work in progress, besides receiving an upload.
pub(super) enum Work {
    Idle,
    /// The upload is complete in RAM and on its way to flash.
    Flushing,
    /// The upload is being verified.
    Verifying,
    /// The upload is being loaded, and replaces the older version of the app.
    Trying,
    /// The record is being written: the last step of an install.
    Recording,
    /// The upload's record could not be written. The executor is unloading the module.
    Forgetting,
    /// An app that was found when the device started is being verified.
    Checking {
        slot: u8,
    },
    Loading {
        slot: u8,
    },
    Unloading {
        slot: u8,
    },
    Running {
        slot: u8,
        caller: Caller,
    },
    /// Data for a client is being read.
    Reading,
    /// Arguments of a client are being written into the memory of an app.
    Writing,
    /// An app's slot is being marked as invalid, and before it slots with records that are no app: one of them could be an older
    /// version.
    Removing {
        slot: u8,
        /// The app failed its trial: only its own record is removed, and the device goes back to the previous version.
        revert: bool,
        /// The slot that is being marked. `None` until the executor has unloaded the app.
        invalidates: Option<u8>,
    },
    /// The start of an app is being recorded.
    Marking {
        slot: u8,
    },
    /// The end of an app's start is being recorded.
    Unmarking {
        slot: u8,
        /// A client wants to start the app again.
        then_load: bool,
    },
    /// The end of an app's trial is being recorded.
    Keeping {
        slot: u8,
    },
    /// An app is being verified again, to enter it into the ledger.
    Naming {
        slot: u8,
    },
    /// The ledger is being written, for an app if there is a slot.
    Noting {
        slot: Option<u8>,
        note: Note,
    },
}

/// Why an app runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Client,
    /// The device calls its entry point.
    Entry,
    /// The device calls it with an event.
    Event,
}

impl Device<'_> {
    /// Starts the work that is due for an app, unless a client comes first.
    pub(super) fn begin_due(&mut self) {
        self.client_first_until.take_if(|until| is_past(*until, self.now));
        // Clients cannot do anything before all records are written.
        if self.client_first_until.is_some() && !self.apps.is_unsettled() {
            return;
        }
        let Some((slot, step)) = self.apps.next_step(&self.records, self.geometry.starts(), self.now) else {
            return self.begin_event();
        };
        match step {
            Step::Verify => self.begin(Work::Checking { slot }, Task::Verify(self.stored(slot))),
            Step::Enter => self.begin_entry(slot),
            Step::Mark => self.begin_work(Work::Marking { slot }),
            Step::Unmark => self.begin_work(Work::Unmarking { slot, then_load: false }),
            Step::Load => self.begin_load(slot),
            Step::Unload => self.begin_unload(slot),
            Step::Revert => self.begin_removal(slot, true),
            Step::Keep => self.begin_work(Work::Keeping { slot }),
            // The signer of an app has too many bytes to keep it in RAM.
            Step::Note => self.begin(Work::Naming { slot }, Task::Verify(self.stored(slot))),
        }
    }

    pub(super) fn begin_unload(&mut self, slot: u8) {
        self.begin(Work::Unloading { slot }, Task::Unload { slot, removes: None });
    }

    pub(super) fn begin_removal(&mut self, slot: u8, revert: bool) {
        // What the app has stored goes before its record: power may be cut in between, and nobody would remove it afterwards.
        let removes = self.apps.get(slot).ok().filter(|_| !revert).map(|app| app.details.name.clone());
        self.begin(Work::Removing { slot, revert, invalidates: None }, Task::Unload { slot, removes });
    }

    /// Starts to write to the ledger. Entries for apps are always written. Entries for clients need an erase cycle of the budget.
    ///
    /// # Errors
    /// Without signatures there is no ledger.
    pub(super) fn begin_note(&mut self, slot: Option<u8>, entry: Entry) -> Result<(), Refusal> {
        let trust = self.signatures.trust().ok_or(ErrorCode::SignaturesOff)?;
        let may_erase = slot.is_some() || self.wear.wait(self.now).is_none();
        let note = Note { trust, built_in: self.signatures.keys(), page: self.geometry.page(), entry, may_erase };
        self.begin_work(Work::Noting { slot, note });
        Ok(())
    }

    /// The signer of an app is known now, or the app is not trusted any more.
    fn named(&mut self, slot: u8, verified: Result<Verified, Refusal>) {
        if let Ok(app) = self.apps.get_mut(slot) {
            app.is_noted = true;
        }
        self.note_app(slot, &verified.unwrap_or_default());
    }

    /// Enters an app into the ledger and ends the work in progress. No entry is needed if the ledger has one or if the app is on
    /// trial.
    pub(super) fn note_app(&mut self, slot: u8, verified: &Verified) {
        if let Standing::New(signer) = verified.standing
            && self.apps.get(slot).is_ok_and(|app| app.trial == Probation::Over)
        {
            let entry = Entry::app(&verified.details.name, signer, verified.details.counter);
            if self.begin_note(Some(slot), entry).is_ok() {
                return;
            }
        }
        self.end_work(Ok(()));
    }

    /// Returns a module in a slot, and the data that it is verified against.
    fn stored_at(&self, slot: u8, module: InFlash, denied: u16) -> Stored {
        let opened = InFlash { at: self.geometry.opened_at(slot), size: CELL as u32 };
        Stored { module, opened, ledger: self.geometry.ledger(), denied }
    }

    pub(super) fn begin_read(&mut self, part: Part, app: u8, at: u32) {
        let Stored { module, opened, ledger, .. } = self.stored(app);
        self.request(Task::Read(ReadRequest { part, app, at, module, opened, ledger }));
        // Reading changes nothing, so no status is notified.
        self.work = Work::Reading;
    }

    /// Returns the module of a slot that has a record.
    pub(super) fn stored(&self, slot: u8) -> Stored {
        let (size, denied) = self.records.get(slot).map_or((0, 0), |record| (record.size, record.denied));
        self.stored_at(slot, InFlash { at: self.geometry.module_at(slot), size }, denied)
    }

    /// Calls the app whose event is due. Clients get no status for that: there may be many events, and each status takes energy.
    fn begin_event(&mut self) {
        let ready = |slot| self.apps.get(slot).is_ok_and(|app| app.stage == Stage::Started) && !self.is_held(slot);
        let next = self.events.and_then(|events| events.next(self.now, self.last_event, &ready));
        self.end_turn(next);
        if let Some(slot) = next {
            self.last_event = slot;
            self.request(Task::Deliver { slot });
            self.work = Work::Running { slot, caller: Caller::Event };
        }
    }

    pub(super) fn gets_events(&self, slot: u8) -> bool {
        self.events.is_some_and(|events| events.stats(slot).is_some())
    }

    pub(super) fn begin_entry(&mut self, slot: u8) {
        self.begin(Work::Running { slot, caller: Caller::Entry }, Task::Enter { slot });
    }

    pub(super) fn begin_load(&mut self, slot: u8) {
        let stored = self.stored(slot);
        self.begin(Work::Loading { slot }, Task::Load { slot, stored, replaces: None });
    }

    pub(super) fn begin(&mut self, work: Work, task: Task) {
        if let Task::Load { slot, .. } | Task::Unload { slot, .. } = task {
            self.end_hold(slot);
        }
        self.request(task);
        self.begin_work(work);
    }

    /// Requests a task. The executor is idle, because work ends with its task.
    pub(super) fn request(&mut self, task: Task) {
        if let Some(memory) = &mut self.task {
            **memory = task;
            self.is_task_due = true;
        }
    }

    pub(super) fn begin_work(&mut self, work: Work) {
        self.work = work;
        self.status_changed = true;
    }

    pub(super) fn end_work(&mut self, result: Result<(), Refusal>) {
        self.begin_work(Work::Idle);
        if let Some(seq) = self.asked_by.take() {
            self.respond(seq, result.map(|()| Payload::Nothing));
        }
    }

    pub(super) fn verify_when_durable(&mut self) {
        let Some(upload) = &self.upload else { return };
        if matches!(self.work, Work::Flushing) && upload.is_durable() {
            let stored = self.stored_at(upload.slot, upload.module(&self.geometry), upload.opened.denied);
            self.begin(Work::Verifying, Task::Verify(stored));
        }
    }

    // Not inlined, like `control`: other events do not need its stack space.
    #[inline(never)]
    pub(super) fn executed(&mut self, completion: Completion) {
        match (core::mem::replace(&mut self.work, Work::Idle), completion) {
            (Work::Verifying, Completion::Verified(verified)) => self.verified(verified),
            (Work::Trying, Completion::Loaded { result, unloaded, .. }) => self.tried(result, unloaded),
            (Work::Forgetting, Completion::Unloaded { .. }) => self.end_work(Err(ErrorCode::FlashFailed.into())),
            (Work::Checking { slot }, Completion::Verified(verified)) => {
                self.checked(slot, verified);
                self.end_work(Ok(()));
            }
            (Work::Naming { slot }, Completion::Verified(verified)) => self.named(slot, verified),
            (Work::Loading { slot }, Completion::Loaded { result, .. }) => {
                match &result {
                    Ok(()) => self.apps.loaded(slot, self.gets_events(slot)),
                    Err(refusal) => {
                        self.failure = Some((slot, Failure::from(refusal)));
                        self.apps.unloaded(slot);
                        if !self.is_stopping(slot) {
                            self.apps.failed(slot, self.now);
                        }
                    }
                }
                self.end_work(result);
            }
            (Work::Unloading { slot }, Completion::Unloaded { .. }) => {
                self.apps.unloaded(slot);
                self.end_work(Ok(()));
            }
            (Work::Running { slot, caller }, Completion::Ran { result, confirmed, narrowed }) => {
                if confirmed {
                    self.apps.confirmed(slot);
                }
                self.ran(slot, caller, result, narrowed);
            }
            (Work::Reading, Completion::Read(excerpt)) => {
                if let Some(seq) = self.asked_by.take() {
                    self.respond(seq, Ok(Payload::Excerpt(excerpt)));
                }
            }
            (Work::Writing, Completion::Written(written)) => {
                if let Some(seq) = self.asked_by.take() {
                    self.respond(seq, written.map(|()| Payload::Nothing));
                }
            }
            (Work::Removing { slot, revert, .. }, Completion::Unloaded { .. }) => {
                self.apps.unloaded(slot);
                self.invalidate_next(slot, revert);
            }
            // An unexpected completion changes nothing.
            (work, _) => self.work = work,
        }
    }

    /// An app that was found at the start of the device is valid or not. If there is a newer version of it, this one stays in its
    /// slot, but the slot is free.
    fn checked(&mut self, slot: u8, verified: Result<Verified, Refusal>) {
        match verified {
            Ok(verified) if self.apps.of_name(&verified.details).is_some() => self.apps.set(slot, None),
            Ok(verified) => {
                let starts = self.records.get(slot).map_or(Starts::default(), |record| record.starts);
                self.apps.found(slot, &verified, starts, self.now);
            }
            Err(_) => {
                self.apps.set(slot, None);
                self.records.set(slot, None);
            }
        }
    }

    fn verified(&mut self, verified: Result<Verified, Refusal>) {
        let verified = verified.and_then(|verified| match self.apps.of_name(&verified.details) {
            // The app is on trial, so the ledger does not contain it yet.
            Some(slot)
                if verified.standing == Standing::Unsigned && self.apps.get(slot).is_ok_and(|app| app.is_signed) =>
            {
                Err(name_taken())
            }
            // An app that is installed already keeps running without an entry.
            _ if matches!(verified.standing, Standing::Full(_)) => Err(ErrorCode::LedgerFull.into()),
            replaces => Ok((verified, replaces)),
        });
        match (verified, &mut self.upload) {
            (Ok((verified, replaces)), Some(upload)) => {
                upload.verified = verified;
                let (slot, module, denied) = (upload.slot, upload.module(&self.geometry), upload.opened.denied);
                let stored = self.stored_at(slot, module, denied);
                self.begin(Work::Trying, Task::Load { slot, stored, replaces });
            }
            (verified, _) => {
                self.drop_upload();
                self.end_work(verified.map(drop));
            }
        }
    }

    /// The new module runs, or the previous version keeps running. The previous version is loaded again if it was unloaded to
    /// make space.
    fn tried(&mut self, loaded: Result<(), Refusal>, unloaded: u32) {
        if loaded.is_ok() {
            self.work = Work::Recording;
            return;
        }
        if self.replaced().is_some_and(|replaced| unloaded & 1 << replaced != 0) {
            self.restore_replaced();
        }
        self.drop_upload();
        self.end_work(loaded);
    }

    /// Returns the app that the upload replaces.
    pub(super) fn replaced(&self) -> Option<u8> {
        self.apps.of_name(&self.upload.as_ref()?.verified.details)
    }

    /// Loads the app again that was unloaded to make space, unless it was stopped or disabled.
    pub(super) fn restore_replaced(&mut self) {
        if let Some(Ok(app)) = self.replaced().map(|slot| self.apps.get_mut(slot)) {
            (app.stage, app.loaded) = (Before::from(app.stage).into(), false);
        }
    }

    fn ran(&mut self, slot: u8, caller: Caller, ran: Result<Receipt, Refusal>, narrowed: bool) {
        let returned = ran.as_ref().is_ok_and(|receipt| matches!(receipt.outcome, Outcome::Returned(_)));
        match &ran {
            _ if caller == Caller::Entry && returned && !self.is_stopping(slot) => self.apps.ended(slot, self.now),
            _ if returned => {}
            // A request that does not match the app is not the app's fault.
            Err(_) if caller != Caller::Entry => {}
            ran => {
                let failure = match ran {
                    Ok(receipt) => Failure::of(receipt),
                    Err(refusal) => Some(refusal.into()),
                };
                // A limit that only the client set says nothing about the app.
                if !narrowed {
                    self.failure = failure.map(|failure| (slot, failure));
                }
                if self.is_stopping(slot) {
                    // The app was interrupted and does not restart by itself.
                } else if caller != Caller::Client {
                    self.apps.failed(slot, self.now);
                } else {
                    self.apps.failed_client(slot, narrowed, self.now);
                }
            }
        }
        // An app that has not started is not ready for events.
        if caller == Caller::Entry
            && !returned
            && let Some(events) = self.events
        {
            events.close(slot);
        }
        if caller == Caller::Client {
            self.called_while_held(slot, ran.as_ref().ok());
        }
        if caller == Caller::Event {
            return self.delivered(slot, ran, returned);
        }
        let result = ran.map(|receipt| self.leave(receipt));
        self.end_work(result);
    }
    /// An event was delivered. Its receipt is part of the statistics; only that of a failure is sent.
    fn delivered(&mut self, slot: u8, ran: Result<Receipt, Refusal>, returned: bool) {
        self.work = Work::Idle;
        let Ok(receipt) = ran else { return };
        if let Some(events) = self.events {
            events.delivered(slot, self.now, receipt.micros, !returned);
        }
        if returned {
            self.apps.delivered(slot);
        } else {
            self.status_changed = true;
            self.leave(receipt);
        }
    }

    fn leave(&mut self, receipt: Receipt) {
        self.receipt = Some(receipt);
        self.receipt_changed = true;
    }
}
