//! The commands of clients and the responses.

use wamr_proto::{AppPage, Command, ErrorCode, Excerpt, Key, Part, Refusal, Request, read_request};

use super::work::{Caller, Work};
use super::{Answer, BondsOp, Device, OUTBOX, Payload};
use crate::apps::Stage;
use crate::ledger::Entry;
use crate::role::Role;
use crate::slot::Opened;
use crate::task::{RunRequest, Task};
use crate::upload::Upload;

/// After the device has rejected a command as busy, it starts and runs no app by itself for this many milliseconds, so that the
/// client can try again.
const TURN: u32 = 1_000;

impl Device<'_> {
    // Not inlined, so that flash events do not need the stack space of a request.
    #[inline(never)]
    pub(super) fn control(&mut self, value: &[u8]) {
        // Reserve space for the responses to the requests in progress. If a client has more open requests than the outbox can
        // answer, it gets no response to the latest.
        let open = [self.asked_by.is_some(), self.is_stop_asked(), self.bonds.are_asked()];
        if self.outbox.len() + open.into_iter().filter(|is_open| *is_open).count() >= OUTBOX {
            return;
        }
        match read_request(value) {
            Err(rejected) => self.respond(rejected.seq, Err(rejected.into())),
            Ok(Request { seq, command }) => match self.command(seq, command) {
                Ok(Progress::Done) => self.respond(seq, Ok(Payload::Nothing)),
                Ok(Progress::Answered(payload)) => self.respond(seq, Ok(payload)),
                Ok(Progress::Bonds(op)) => self.begin_bonds(seq, op),
                Ok(Progress::Started) => self.asked_by = Some(seq),
                Ok(Progress::Later) => {}
                Err(refusal) => self.respond(seq, Err(refusal)),
            },
        }
    }

    fn command(&mut self, seq: u32, command: Command) -> Result<Progress, Refusal> {
        // Commands come only from connected clients.
        let role = self.client.unwrap_or(Role::Operator);
        self.permissions.check(role, &command)?;
        if let Some(progress) = self.stop_running(seq, &command) {
            return Ok(progress);
        }
        let welcome = match self.work {
            // A module that has not been verified yet could have been modified.
            Work::Idle => self.apps.are_known() && !self.apps.is_unsettled() && self.stopping.is_none(),
            Work::Running { .. } => {
                let lists_apps = matches!(command, Command::Read { part: Part::Apps, .. });
                command.is_possible_beside_a_run() || super::has_pages() && lists_apps
            }
            _ => false,
        };
        if !welcome {
            self.client_first_until = Some(self.now.wrapping_add(TURN));
            return Err(ErrorCode::Busy.into());
        }
        match command {
            Command::Begin { size, digest, denied } => {
                let capacity = self.geometry.capacity();
                if size > capacity {
                    return Err(Refusal::with_bound(ErrorCode::TooLarge, capacity));
                }
                if size == 0 {
                    return Err(Refusal::new(ErrorCode::InvalidModule, "the module is empty"));
                }
                self.status_changed = true;
                let is_open = |open: &Upload<'_>| {
                    open.opened == Opened { generation: open.opened.generation, size, digest, denied } && !open.failed
                };
                if let Some(open) = self.upload.as_mut().filter(|open| is_open(open)) {
                    open.reopen();
                    return Ok(Progress::Done);
                }
                if let Some(refusal) = self.over_budget() {
                    return Err(refusal);
                }
                self.drop_upload();
                let Some(slot) = self.free_slot() else {
                    return Err(Refusal::with_bound(ErrorCode::NoSlot, self.geometry.slots().into()));
                };
                let generation = self.records.next_generation();
                self.upload =
                    Some(Upload::new(slot, Opened { generation, size, digest, denied }, self.records.erased(slot)));
                Ok(Progress::Done)
            }
            Command::Commit => {
                let upload = self.upload.as_ref().ok_or(ErrorCode::NoUpload)?;
                if upload.failed {
                    return Err(ErrorCode::FlashFailed.into());
                }
                if upload.received() < upload.size() {
                    return Err(Refusal::with_bound(ErrorCode::Incomplete, upload.received()));
                }
                self.begin_work(Work::Flushing);
                self.verify_when_durable();
                Ok(Progress::Started)
            }
            #[cfg(wamr_delta)]
            Command::Base { app } => {
                let base = self.apps.get(app).map(|_| self.stored(app).module)?;
                self.upload.as_mut().ok_or(ErrorCode::NoUpload)?.take_deltas(base, &self.geometry);
                Ok(Progress::Done)
            }
            Command::Abort => {
                self.drop_upload();
                self.status_changed = true;
                Ok(Progress::Done)
            }
            Command::Run { app, export, args, limits } => {
                let found = self.apps.get(app)?;
                match found.stage {
                    Stage::Disabled => return Err(Refusal::with_bound(ErrorCode::Disabled, found.failures.into())),
                    Stage::Hung => {
                        return Err(Refusal::with_bound(ErrorCode::RestartedDevice, found.starts.restarts().into()));
                    }
                    _ if !found.loaded => return Err(ErrorCode::NotStarted.into()),
                    _ => {}
                }
                let request = RunRequest { seq, app, export, args, limits };
                self.calls_while_held(&request)?;
                self.begin(Work::Running { slot: app, caller: Caller::Client }, Task::Run(request));
                Ok(Progress::Started)
            }
            Command::Describe { app } => self.apps.get(app).map(|_| Progress::Answered(Payload::App(app))),
            Command::Start { app } => {
                let found = self.apps.get_mut(app)?;
                found.failures = 0;
                match found.starts.restarts() {
                    0 => self.begin_load(app),
                    _ => self.begin_work(Work::Unmarking { slot: app, then_load: true }),
                }
                Ok(Progress::Started)
            }
            Command::Stop { app } => self.stop(app),
            Command::Remove { app } => self.remove(app),
            Command::Trust { key } => self.note_key(&key, true),
            Command::Revoke { key } => self.note_key(&key, false),
            #[cfg(wamr_native)]
            Command::TrustNative { key } => {
                self.begin_note(None, Entry::native_key(&key))?;
                Ok(Progress::Started)
            }
            Command::Bond { index } => Ok(Progress::Bonds(BondsOp::Tell { index })),
            Command::Read { part: Part::Apps, at, .. } if super::has_pages() => {
                let apps = self.apps.statuses(&self.records).filter(|app| u32::from(app.number) >= at);
                Ok(Progress::Answered(Payload::Excerpt(Excerpt::of(&super::message(&AppPage::first(apps))))))
            }
            Command::Read { part, app, at } => {
                if part != Part::Key && (part, at) != (Part::Pool, 0) {
                    self.apps.get(app)?;
                }
                self.check_read(part, app)?;
                self.begin_read(part, app, at);
                Ok(Progress::Started)
            }
            Command::Hold { app, millis } => self.hold(app, millis),
            Command::Write { app, at, bytes } => self.write_memory(app, at, bytes),
            Command::Send { app, message } => {
                if !self.apps.get(app)?.loaded {
                    return Err(ErrorCode::NotStarted.into());
                }
                self.mailbox.ok_or(ErrorCode::NoMessages)?.deliver(app, &message)?;
                Ok(Progress::Done)
            }
            Command::Failure { app } => Ok(Progress::Answered(Payload::Failure(app))),
            Command::Unpair { client } => {
                Ok(Progress::Bonds(BondsOp::Remove { client, scope: self.permissions.scope(role) }))
            }
            _ => Err(ErrorCode::Malformed.into()),
        }
    }

    pub(super) fn stop(&mut self, app: u8) -> Result<Progress, Refusal> {
        self.apps.get_mut(app)?.stage = Stage::Stopped;
        self.begin_unload(app);
        Ok(Progress::Started)
    }

    pub(super) fn remove(&mut self, app: u8) -> Result<Progress, Refusal> {
        self.apps.get_mut(app)?.stage = Stage::Stopped;
        // Its record is removed like those of other older versions.
        if let Some(replaced) = self.apps.replaced_by(app) {
            self.apps.set(replaced, None);
        }
        self.begin_removal(app, false);
        Ok(Progress::Started)
    }

    pub(super) fn respond(&mut self, seq: u32, result: Result<Payload, Refusal>) {
        // Without a client nobody waits for the response, and the next client did not send the request.
        if self.client.is_some() {
            let queued = self.outbox.push_back(Answer { seq, result });
            // `expect` would add 5 KB of code to format a whole response.
            assert!(queued.is_ok(), "room was kept");
        }
    }

    fn note_key(&mut self, key: &Key, trusted: bool) -> Result<Progress, Refusal> {
        let built_in = self.signatures.keys().contains(key);
        self.begin_note(None, Entry::key(key, trusted, built_in))?;
        Ok(Progress::Started)
    }

    pub(super) fn drop_upload(&mut self) {
        if let Some(upload) = self.upload.take() {
            if upload.is_in_flash() {
                self.records.unwanted |= 1 << upload.slot;
            }
            upload.release(&mut self.free);
        }
    }
}

/// How far a request has progressed when its command returns.
pub(super) enum Progress {
    Done,
    /// Done, with this response.
    Answered(Payload),
    /// Requires this operation on the bonds.
    Bonds(BondsOp),
    Started,
    /// Starts after the task in progress has ended.
    Later,
}
