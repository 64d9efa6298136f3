//! The work of a device, one task of the executor after the other.

use wamr_proto::{ErrorCode, Failure, Outcome, Part, Receipt, Refusal};

use super::{Device, Payload};
use crate::apps::{Before, Probation, Step, is_past};
use crate::cell::CELL;
use crate::ledger::Entry;
use crate::starts::Starts;
use crate::task::{Completion, InFlash, LoadError, ReadRequest, Stored, Task, Verified};
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
        entry: bool,
    },
    /// Data for a client is being read.
    Reading,
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

impl Device<'_> {
    /// Starts the work that is due for an app, unless a client comes first.
    pub(super) fn begin_due(&mut self) {
        self.client_first_until.take_if(|until| is_past(*until, self.now));
        // Clients cannot do anything before all records are written.
        if self.client_first_until.is_some() && !self.apps.is_unsettled() {
            return;
        }
        let Some((slot, step)) = self.apps.next_step(&self.records, self.geometry.starts(), self.now) else { return };
        match step {
            Step::Verify => self.begin(Work::Checking { slot }, Task::Verify(self.stored(slot))),
            Step::Enter => self.begin_entry(slot),
            Step::Mark => self.begin_work(Work::Marking { slot }),
            Step::Unmark => self.begin_work(Work::Unmarking { slot, then_load: false }),
            Step::Load => self.begin_load(slot),
            Step::Unload => self.begin(Work::Unloading { slot }, Task::Unload { slot }),
            Step::Revert => self.begin_removal(slot, true),
            Step::Keep => self.begin_work(Work::Keeping { slot }),
            // The signer of an app has too many bytes to keep it in RAM.
            Step::Note => self.begin(Work::Naming { slot }, Task::Verify(self.stored(slot))),
        }
    }

    pub(super) fn begin_removal(&mut self, slot: u8, revert: bool) {
        self.begin(Work::Removing { slot, revert, invalidates: None }, Task::Unload { slot });
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
    fn stored_at(&self, slot: u8, module: InFlash) -> Stored {
        let opened = InFlash { at: self.geometry.opened_at(slot), size: CELL as u32 };
        Stored { module, opened, ledger: self.geometry.ledger() }
    }

    pub(super) fn begin_read(&mut self, part: Part, app: u8, at: u32) {
        let Stored { module, opened, ledger } = self.stored(app);
        // Reading changes nothing, so no status is notified.
        self.task = Some(Task::Read(ReadRequest { part, at, module, opened, ledger }));
        self.work = Work::Reading;
    }

    /// Returns the module of a slot that has a record.
    fn stored(&self, slot: u8) -> Stored {
        let size = self.records.get(slot).map_or(0, |record| record.size);
        self.stored_at(slot, InFlash { at: self.geometry.module_at(slot), size })
    }

    pub(super) fn begin_entry(&mut self, slot: u8) {
        self.begin(Work::Running { slot, entry: true }, Task::Enter { slot });
    }

    pub(super) fn begin_load(&mut self, slot: u8) {
        let stored = self.stored(slot);
        self.begin(Work::Loading { slot }, Task::Load { slot, stored, replaces: None });
    }

    pub(super) fn begin(&mut self, work: Work, task: Task) {
        self.task = Some(task);
        self.begin_work(work);
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
            let stored = self.stored_at(upload.slot, upload.module(&self.geometry));
            self.begin(Work::Verifying, Task::Verify(stored));
        }
    }

    pub(super) fn executed(&mut self, completion: Completion) {
        match (core::mem::replace(&mut self.work, Work::Idle), completion) {
            (Work::Verifying, Completion::Verified(verified)) => self.verified(verified),
            (Work::Trying, Completion::Loaded(loaded)) => self.tried(loaded),
            (Work::Forgetting, Completion::Unloaded) => self.end_work(Err(ErrorCode::FlashFailed.into())),
            (Work::Checking { slot }, Completion::Verified(verified)) => {
                self.checked(slot, verified);
                self.end_work(Ok(()));
            }
            (Work::Naming { slot }, Completion::Verified(verified)) => self.named(slot, verified),
            (Work::Loading { slot }, Completion::Loaded(loaded)) => {
                match &loaded {
                    Ok(()) => self.apps.loaded(slot),
                    Err(error) => {
                        self.failure = Some((slot, Failure::from(&error.refusal)));
                        self.apps.unloaded(slot);
                        if !self.is_stopping(slot) {
                            self.apps.failed(slot, self.now);
                        }
                    }
                }
                self.end_work(loaded.map_err(|error| error.refusal));
            }
            (Work::Unloading { slot }, Completion::Unloaded) => {
                self.apps.unloaded(slot);
                self.end_work(Ok(()));
            }
            (Work::Running { slot, entry }, Completion::Ran { result, confirmed, narrowed }) => {
                if confirmed {
                    self.apps.confirmed(slot);
                }
                self.ran(slot, entry, result, narrowed);
            }
            (Work::Reading, Completion::Read(excerpt)) => {
                self.excerpt = excerpt;
                if let Some(seq) = self.asked_by.take() {
                    self.respond(seq, Ok(Payload::Excerpt));
                }
            }
            (Work::Removing { slot, revert, .. }, Completion::Unloaded) => {
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
            _ if verified.standing == Standing::Full => Err(ErrorCode::LedgerFull.into()),
            replaces => Ok((verified, replaces)),
        });
        match (verified, &mut self.upload) {
            (Ok((verified, replaces)), Some(upload)) => {
                upload.verified = verified;
                let (slot, module) = (upload.slot, upload.module(&self.geometry));
                let stored = self.stored_at(slot, module);
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
    fn tried(&mut self, loaded: Result<(), LoadError>) {
        match loaded {
            Ok(()) => self.work = Work::Recording,
            Err(error) => {
                if error.displaced {
                    self.restore_replaced();
                }
                self.drop_upload();
                self.end_work(Err(error.refusal));
            }
        }
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

    fn ran(&mut self, slot: u8, entry: bool, ran: Result<Receipt, Refusal>, narrowed: bool) {
        let returned = ran.as_ref().is_ok_and(|receipt| matches!(receipt.outcome, Outcome::Returned(_)));
        match &ran {
            _ if entry && returned && !self.is_stopping(slot) => self.apps.ended(slot, self.now),
            _ if returned => {}
            // A request that does not match the app is not the app's fault.
            Err(_) if !entry => {}
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
                } else if entry {
                    self.apps.failed(slot, self.now);
                } else {
                    self.apps.failed_client(slot, narrowed, self.now);
                }
            }
        }
        let result = ran.map(|receipt| {
            self.receipt = Some(receipt);
            self.receipt_changed = true;
        });
        self.end_work(result);
    }
}
