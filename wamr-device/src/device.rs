//! The device: events in, actions out.

use embedded_storage::nor_flash::NorFlashErrorKind;
use heapless::Deque;
use wamr_proto::{
    Activity, Apps as Told, Command, DataFrame, Details, ErrorCode, Fingerprint, Message, Outcome, PROTOCOL_VERSION,
    Receipt, Refusal, Request, Response, Status, Write, encode, read,
};

use crate::apps::{App, Apps, Stage, Step};
use crate::flash::{Block, Buffers, FlashDone, FlashOp};
use crate::slot::{Geometry, Records};
use crate::supervision::Supervision;
use crate::task::{Completion, InFlash, LoadError, RunRequest, Task};
use crate::upload::{FreeBlocks, Upload, put};

/// Responses that may wait to be notified.
const OUTBOX: usize = 4;

/// Something that happened to the device.
#[expect(clippy::large_enum_variant, reason = "there is no allocator to put a receipt into")]
pub enum Event<'a, 'b> {
    /// A client connected.
    Connected,
    /// The client is gone. Its upload stays open; answers that it did not wait for are forgotten.
    Disconnected,
    /// The client wrote to *data*.
    Data(&'a [u8]),
    /// The client wrote to *control*.
    Control(&'a [u8]),
    /// The operation of [`Action::Flash`] has ended.
    Flash(FlashDone<'b>),
    /// The task of [`Action::Execute`] has ended.
    Executed(Completion),
    /// Milliseconds since some moment in the past; may wrap. To be told before each [`Device::poll`], and when
    /// [`Device::next_time`] is reached.
    Time(u32),
}

/// Something that the device wants done.
#[must_use = "the device waits for what it asked for"]
pub enum Action<'b> {
    /// Work on flash; answer with [`Event::Flash`]. There is never more than one at a time.
    Flash(FlashOp<'b>),
    /// Work for the [`Executor`](crate::Executor); answer with [`Event::Executed`]. There is never more than one at a
    /// time, and it may take as long as the app's limits allow: give it a thread of its own.
    Execute(Task),
    /// Notify the client.
    Notify(Characteristic, Message),
}

/// The characteristics that notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characteristic {
    /// Responses.
    Control,
    /// The status.
    Status,
    /// The receipt.
    Result,
}

/// What the device does besides receiving.
enum Work {
    Idle,
    /// The upload is complete in RAM and on its way to flash.
    Flushing,
    /// The upload is being verified.
    Verifying,
    /// The upload is being loaded, in place of the app that is the older version of it.
    Trying,
    /// The record is being written: the last step of an install.
    Recording,
    /// The upload's record could not be written, and the executor forgets the module.
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
    /// An app's record is being erased, and those that lie in no app's slot: one could be its older version.
    Removing {
        slot: u8,
    },
}

/// What the flash is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FlashUse {
    Idle,
    Upload,
    Record,
    /// The record of this slot goes.
    Erase(u8),
}

/// A response that waits to be notified.
struct Answer {
    seq: u32,
    result: Result<Option<u8>, Refusal>,
}

/// The logic of a device.
///
/// It never waits and calls no driver: [`Device::handle`] takes what happened, [`Device::poll`] gives what is to be done
/// next. So the same code runs under Zephyr, in the twin, and in tests that choose the order of events.
pub struct Device<'b> {
    geometry: Geometry,
    records: Records,
    apps: Apps,
    upload: Option<Upload<'b>>,
    free: FreeBlocks<'b>,
    flash: FlashUse,
    work: Work,
    /// Who waits for the end of `work`.
    asked_by: Option<u32>,
    task: Option<Task>,
    now: u32,
    connected: bool,
    status_changed: bool,
    receipt: Option<Receipt>,
    receipt_changed: bool,
    outbox: Deque<Answer, OUTBOX>,
}

impl<'b> Device<'b> {
    /// A device that starts: it will ask for the installed apps to be loaded.
    pub fn new(geometry: Geometry, records: Records, supervision: Supervision, buffers: &'b mut Buffers) -> Self {
        let mut free = FreeBlocks::new();
        for block in &mut buffers.0 {
            put(&mut free, block);
        }
        Self {
            geometry,
            records,
            apps: Apps::found(&records, supervision),
            upload: None,
            free,
            flash: FlashUse::Idle,
            work: Work::Idle,
            asked_by: None,
            task: None,
            now: 0,
            connected: false,
            status_changed: false,
            receipt: None,
            receipt_changed: false,
            outbox: Deque::new(),
        }
    }

    /// Takes what happened. Ask [`Device::poll`] afterwards.
    pub fn handle(&mut self, event: Event<'_, 'b>) {
        match event {
            Event::Connected => {
                self.connected = true;
                self.status_changed = false;
                self.receipt_changed = false;
            }
            Event::Disconnected => {
                self.connected = false;
                self.asked_by = None;
                self.outbox.clear();
            }
            Event::Data(value) => self.data(value),
            Event::Control(value) => self.control(value),
            Event::Flash(done) => self.flash_done(done),
            Event::Executed(completion) => self.executed(completion),
            Event::Time(now) => self.now = now,
        }
    }

    /// The next thing to do, or `None` until something happens.
    pub fn poll(&mut self) -> Option<Action<'b>> {
        if matches!(self.work, Work::Idle) {
            self.begin_due();
        }
        if let Some(task) = self.task.take() {
            return Some(Action::Execute(task));
        }
        if let Some(op) = self.next_flash() {
            return Some(Action::Flash(op));
        }
        self.next_notification().map(|(characteristic, message)| Action::Notify(characteristic, message))
    }

    /// When the device wants to be told the [time](Event::Time) even if nothing else happens.
    pub fn next_time(&self) -> Option<u32> {
        // While something is under way nothing begins, and the end of it is an event.
        if matches!(self.work, Work::Idle) { self.apps.next_time(self.now) } else { None }
    }

    /// What a client reads from *status*.
    pub fn status(&self) -> Message {
        let status = Status {
            version: PROTOCOL_VERSION,
            slot: self.geometry.capacity(),
            activity: match self.work {
                Work::Idle => Activity::Idle,
                Work::Running { .. } => Activity::Running,
                _ => Activity::Installing,
            },
            apps: Told::first(self.apps.told(&self.records)),
            upload: self.upload.as_ref().map(|upload| wamr_proto::Upload {
                size: upload.size,
                fingerprint: Fingerprint::from(&upload.digest),
                durable: upload.durable(),
                granted: upload.granted(),
                resend: upload.resend(),
            }),
        };
        message(&status)
    }

    /// What a client reads from *result*: empty before the first run.
    pub fn receipt(&self) -> Message {
        self.receipt.as_ref().map(|receipt| message(receipt)).unwrap_or_default()
    }

    fn next_notification(&mut self) -> Option<(Characteristic, Message)> {
        if !self.connected {
            return None;
        }
        if core::mem::take(&mut self.status_changed) {
            return Some((Characteristic::Status, self.status()));
        }
        if core::mem::take(&mut self.receipt_changed) {
            return Some((Characteristic::Result, self.receipt()));
        }
        let Answer { seq, result } = self.outbox.pop_front()?;
        let details = result.as_ref().ok().and_then(|app| Some(self.apps.get((*app)?).ok()?.details.clone()));
        let response = Response { seq, refusal: result.err(), details };
        Some((Characteristic::Control, message(&response)))
    }

    fn data(&mut self, value: &[u8]) {
        // Without an upload there is nothing that a client could do about it before it asks for the status anyway.
        let (Some(frame), Some(upload)) = (DataFrame::decode(value), &mut self.upload) else { return };
        let resend = upload.resend();
        upload.accept(frame, &mut self.free);
        self.status_changed |= upload.resend().is_some() && upload.resend() != resend;
    }

    // Not inlined, so that events of the flash do not take the stack that a request needs.
    #[inline(never)]
    fn control(&mut self, value: &[u8]) {
        // Room is kept for the response that the current work will end with. A client that has more requests open than
        // the outbox can answer gets no response to the latest.
        if self.outbox.len() + usize::from(self.asked_by.is_some()) >= OUTBOX {
            return;
        }
        match read::<Request>(value) {
            Err(_) => self.respond(0, Err(ErrorCode::Malformed.into())),
            Ok(Request { seq, command }) => match self.command(seq, command) {
                Ok(Progress::Done) => self.respond(seq, Ok(None)),
                Ok(Progress::Told(app)) => self.respond(seq, Ok(Some(app))),
                Ok(Progress::Started) => self.asked_by = Some(seq),
                Err(refusal) => self.respond(seq, Err(refusal)),
            },
        }
    }

    fn command(&mut self, seq: u32, command: Command) -> Result<Progress, Refusal> {
        let welcome = match self.work {
            Work::Idle => true,
            Work::Running { .. } => command.is_possible_beside_a_run(),
            _ => false,
        };
        if !welcome {
            return Err(ErrorCode::Busy.into());
        }
        match command {
            Command::Begin { size, digest } => {
                let capacity = self.geometry.capacity();
                if size > capacity {
                    return Err(Refusal::with_bound(ErrorCode::TooLarge, capacity));
                }
                if size == 0 {
                    return Err(Refusal::new(ErrorCode::InvalidModule, "a module is not empty"));
                }
                self.status_changed = true;
                if self.upload.as_ref().is_some_and(|open| open.size == size && open.digest == digest && !open.failed) {
                    return Ok(Progress::Done);
                }
                self.drop_upload();
                // Not the one with the record that could replace an app whose flash has failed, if there is a choice.
                let free = |slot: &u8| self.apps.get(*slot).is_err();
                let slots = 0..self.geometry.slots();
                let Some(slot) = slots
                    .clone()
                    .find(|slot| free(slot) && self.records.get(*slot).is_none())
                    .or(slots.clone().find(free))
                else {
                    return Err(Refusal::with_bound(ErrorCode::NoSlot, slots.end.into()));
                };
                self.records.set(slot, None);
                self.upload = Some(Upload::new(slot, size, digest));
                Ok(Progress::Done)
            }
            Command::Commit => {
                let upload = self.upload.as_ref().ok_or(ErrorCode::NoUpload)?;
                if upload.failed {
                    return Err(ErrorCode::FlashFailed.into());
                }
                if upload.received() < upload.size {
                    return Err(Refusal::with_bound(ErrorCode::Incomplete, upload.received()));
                }
                self.begin_work(Work::Flushing);
                self.verify_when_durable();
                Ok(Progress::Started)
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
                    _ if !found.loaded => return Err(ErrorCode::NotStarted.into()),
                    _ => {}
                }
                let request = RunRequest { seq, app, export, args, limits };
                self.begin(Work::Running { slot: app, entry: false }, Task::Run(request));
                Ok(Progress::Started)
            }
            Command::Describe { app } => self.apps.get(app).map(|_| Progress::Told(app)),
            Command::Start { app } => {
                self.apps.get_mut(app)?.failures = 0;
                self.begin_load(app);
                Ok(Progress::Started)
            }
            Command::Stop { app } => {
                self.apps.get_mut(app)?.stage = Stage::Stopped;
                self.begin(Work::Unloading { slot: app }, Task::Unload { slot: app });
                Ok(Progress::Started)
            }
            Command::Remove { app } => {
                self.apps.get_mut(app)?.stage = Stage::Stopped;
                self.begin(Work::Removing { slot: app }, Task::Unload { slot: app });
                Ok(Progress::Started)
            }
            _ => Err(ErrorCode::Malformed.into()),
        }
    }

    /// Begins what is due for an app.
    fn begin_due(&mut self) {
        let Some((slot, step)) = self.apps.next_step(&self.records, self.now) else { return };
        let module = self.module(slot);
        match (step, self.records.get(slot)) {
            (Step::Verify, Some(record)) => {
                let digest = record.digest;
                self.begin(Work::Checking { slot }, Task::Verify { module, digest });
            }
            (Step::Enter, _) => self.begin(Work::Running { slot, entry: true }, Task::Enter { slot, module }),
            (Step::Load, _) => self.begin_load(slot),
            (Step::Unload | Step::Verify, _) => self.begin(Work::Unloading { slot }, Task::Unload { slot }),
        }
    }

    fn begin_load(&mut self, slot: u8) {
        let module = self.module(slot);
        self.begin(Work::Loading { slot }, Task::Load { slot, module, replaces: None });
    }

    /// The module of a slot that has a record.
    fn module(&self, slot: u8) -> InFlash {
        let size = self.records.get(slot).map_or(0, |record| record.size);
        InFlash { at: self.geometry.module_at(slot), size }
    }

    fn begin(&mut self, work: Work, task: Task) {
        self.task = Some(task);
        self.begin_work(work);
    }

    fn begin_work(&mut self, work: Work) {
        self.work = work;
        self.status_changed = true;
    }

    fn end_work(&mut self, result: Result<(), Refusal>) {
        self.begin_work(Work::Idle);
        if let Some(seq) = self.asked_by.take() {
            self.respond(seq, result.map(|()| None));
        }
    }

    fn respond(&mut self, seq: u32, result: Result<Option<u8>, Refusal>) {
        // Without a client there is nobody to tell, and the next one did not ask.
        if self.connected {
            let queued = self.outbox.push_back(Answer { seq, result });
            // `expect` would take the formatting of a whole response into the firmware: 5 KB.
            assert!(queued.is_ok(), "room was kept");
        }
    }

    fn drop_upload(&mut self) {
        if let Some(upload) = self.upload.take() {
            upload.release(&mut self.free);
        }
    }

    fn verify_when_durable(&mut self) {
        let Some(upload) = &self.upload else { return };
        if matches!(self.work, Work::Flushing) && upload.is_durable() {
            let (module, digest) = (upload.module(&self.geometry), upload.digest);
            self.begin(Work::Verifying, Task::Verify { module, digest });
        }
    }

    fn executed(&mut self, completion: Completion) {
        match (core::mem::replace(&mut self.work, Work::Idle), completion) {
            (Work::Verifying, Completion::Verified(verified)) => self.verified(verified),
            (Work::Trying, Completion::Loaded(loaded)) => self.tried(loaded),
            (Work::Forgetting, Completion::Unloaded) => self.end_work(Err(ErrorCode::FlashFailed.into())),
            (Work::Checking { slot }, Completion::Verified(verified)) => {
                self.checked(slot, verified);
                self.end_work(Ok(()));
            }
            (Work::Loading { slot }, Completion::Loaded(loaded)) => {
                match &loaded {
                    Ok(()) => self.apps.loaded(slot),
                    Err(_) => {
                        self.apps.unloaded(slot);
                        self.apps.failed(slot, self.now);
                    }
                }
                self.end_work(loaded.map_err(|error| error.refusal));
            }
            (Work::Unloading { slot }, Completion::Unloaded) => {
                self.apps.unloaded(slot);
                self.end_work(Ok(()));
            }
            (Work::Running { slot, entry }, Completion::Ran(ran)) => self.ran(slot, entry, ran),
            (work @ Work::Removing { slot }, Completion::Unloaded) => {
                self.apps.unloaded(slot);
                self.work = work;
            }
            // A completion that nobody asked for changes nothing.
            (work, _) => self.work = work,
        }
    }

    /// An app that was found is whole, or not. An older version of an app that is there already stays in its slot, which is free.
    fn checked(&mut self, slot: u8, verified: Result<Details, Refusal>) {
        match verified {
            Ok(details) if self.apps.of_name(&details).is_some() => self.apps.set(slot, None),
            Ok(details) => self.apps.set(slot, Some(App::new(details, Stage::Starting))),
            Err(_) => {
                self.apps.set(slot, None);
                self.records.set(slot, None);
            }
        }
    }

    fn verified(&mut self, verified: Result<Details, Refusal>) {
        match (verified, &mut self.upload) {
            (Ok(details), Some(upload)) => {
                let replaces = self.apps.of_name(&details);
                upload.details = details;
                let task = Task::Load { slot: upload.slot, module: upload.module(&self.geometry), replaces };
                self.begin(Work::Trying, task);
            }
            (verified, _) => {
                self.drop_upload();
                self.end_work(verified.map(drop));
            }
        }
    }

    /// The new module runs, or the app before it goes on; that is loaded again where it had to make room.
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

    /// The app that the upload is a new version of.
    fn replaced(&self) -> Option<u8> {
        self.apps.of_name(&self.upload.as_ref()?.details)
    }

    /// Has the app loaded again that had to go.
    fn restore_replaced(&mut self) {
        if let Some(Ok(app)) = self.replaced().map(|slot| self.apps.get_mut(slot)) {
            (app.stage, app.loaded) = (Stage::Starting, false);
        }
    }

    fn ran(&mut self, slot: u8, entry: bool, ran: Result<Receipt, Refusal>) {
        let returned = ran.as_ref().is_ok_and(|receipt| matches!(receipt.outcome, Outcome::Returned(_)));
        match &ran {
            _ if returned => self.apps.succeeded(slot, entry, self.now),
            // A request that does not fit the app is not the app's fault.
            Err(_) if !entry => {}
            _ => self.apps.failed(slot, self.now),
        }
        let result = ran.map(|receipt| {
            self.receipt = Some(receipt);
            self.receipt_changed = true;
        });
        self.end_work(result);
    }

    fn next_flash(&mut self) -> Option<FlashOp<'b>> {
        if self.flash != FlashUse::Idle {
            return None;
        }
        match (&self.work, &self.upload) {
            (Work::Recording, Some(upload)) => {
                let block: &'b mut Block = self.free.pop()?;
                let record = upload.record(self.records.next_generation());
                let len = record.encode(block);
                self.flash = FlashUse::Record;
                return Some(FlashOp::Write { at: self.geometry.record_at(upload.slot), block, len });
            }
            (Work::Removing { slot }, _)
                if self.task.is_none() && self.apps.get(*slot).is_ok_and(|app| !app.loaded) =>
            {
                // The app's own record goes last, as until then the app is there.
                let stale = |other: &u8| self.records.get(*other).is_some() && self.apps.get(*other).is_err();
                let slot = (0..self.geometry.slots()).find(stale).unwrap_or(*slot);
                let from = self.geometry.record_at(slot);
                self.flash = FlashUse::Erase(slot);
                return Some(FlashOp::Erase { from, to: from + self.geometry.page() });
            }
            _ => {}
        }
        let op = self.upload.as_mut()?.next_op(&self.geometry)?;
        self.flash = FlashUse::Upload;
        Some(op)
    }

    fn flash_done(&mut self, FlashDone { block, result }: FlashDone<'b>) {
        if let Some(block) = block {
            put(&mut self.free, block);
        }
        match core::mem::replace(&mut self.flash, FlashUse::Idle) {
            FlashUse::Idle => {}
            FlashUse::Upload => self.uploaded(result),
            FlashUse::Record => self.recorded(result),
            FlashUse::Erase(slot) => self.erased(slot, result),
        }
    }

    fn uploaded(&mut self, result: Result<(), NorFlashErrorKind>) {
        let Some(upload) = &mut self.upload else { return };
        let durable = upload.durable();
        upload.flash_done(result.is_ok());
        self.status_changed |= upload.durable() != durable || upload.failed;
        if upload.failed && matches!(self.work, Work::Flushing) {
            self.drop_upload();
            self.end_work(Err(ErrorCode::FlashFailed.into()));
        }
        self.verify_when_durable();
    }

    fn recorded(&mut self, result: Result<(), NorFlashErrorKind>) {
        let replaced = self.replaced();
        if result.is_err() {
            self.restore_replaced();
        }
        let Some(upload) = self.upload.take() else { return };
        let slot = upload.slot;
        if result.is_ok() {
            if let Some(replaced) = replaced {
                self.apps.set(replaced, None);
            }
            self.records.set(slot, Some(upload.record(self.records.next_generation())));
            self.apps.set(slot, Some(App::new(upload.details.clone(), Stage::Started)));
            self.apps.loaded(slot);
            self.end_work(Ok(()));
        } else {
            self.begin(Work::Forgetting, Task::Unload { slot });
        }
        upload.release(&mut self.free);
    }

    fn erased(&mut self, slot: u8, result: Result<(), NorFlashErrorKind>) {
        if result.is_err() {
            return self.end_work(Err(ErrorCode::FlashFailed.into()));
        }
        self.records.set(slot, None);
        if matches!(self.work, Work::Removing { slot: removed } if removed == slot) {
            self.apps.set(slot, None);
            self.end_work(Ok(()));
        }
    }
}

/// What a device says always fits, which tests of `wamr-proto` show.
fn message(message: &dyn Write) -> Message {
    encode(message).unwrap_or_default()
}

/// How far a request has come when its command returns.
enum Progress {
    Done,
    /// Done, and the details of this app are the answer.
    Told(u8),
    Started,
}
