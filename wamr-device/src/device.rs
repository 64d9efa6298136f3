//! The device: events in, actions out.

use embedded_storage::nor_flash::NorFlashErrorKind;
use heapless::Deque;
use wamr_proto::{
    Activity, App, Command, DataFrame, ErrorCode, Fingerprint, Message, PROTOCOL_VERSION, Receipt, Refusal, Request,
    Response, Status, decode, encode,
};

use crate::flash::{Block, Buffers, FlashDone, FlashOp};
use crate::slot::{Bank, Geometry, Record, Records};
use crate::task::{Activation, Completion, RunRequest, Task};
use crate::upload::{FreeBlocks, Upload};

/// Responses that may wait to be notified.
const OUTBOX: usize = 4;

/// Something that happened to the device.
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
    /// The installed app is being loaded: after the start of the device, or after a failed install in its place.
    Restoring {
        bank: Bank,
        refused: Option<Refusal>,
    },
    /// The upload is complete in RAM and on its way to flash.
    Flushing,
    /// The upload is being verified and loaded.
    Activating,
    /// The record is being written: the last step of an install.
    Recording {
        record: Record,
    },
    Running,
}

/// The logic of a device with one app.
///
/// It never waits and calls no driver: [`Device::handle`] takes what happened, [`Device::poll`] gives what is to be done
/// next. So the same code runs under Zephyr, in the twin, and in tests that choose the order of events.
pub struct Device<'b> {
    geometry: Geometry,
    records: Records,
    installed: Option<Bank>,
    upload: Option<Upload<'b>>,
    free: FreeBlocks<'b>,
    flash_busy: bool,
    work: Work,
    /// Who waits for the end of `work`.
    asked_by: Option<u32>,
    task: Option<Task>,
    connected: bool,
    status_changed: bool,
    receipt: Option<Receipt>,
    receipt_changed: bool,
    outbox: Deque<Response, OUTBOX>,
}

impl<'b> Device<'b> {
    /// A device that starts: it will ask for the installed app to be loaded.
    pub fn new(geometry: Geometry, records: Records, buffers: &'b mut Buffers) -> Self {
        let mut free = FreeBlocks::new();
        for block in &mut buffers.0 {
            free.push(block).ok().expect("room for every block there is");
        }
        let mut device = Self {
            geometry,
            records,
            installed: None,
            upload: None,
            free,
            flash_busy: false,
            work: Work::Idle,
            asked_by: None,
            task: None,
            connected: false,
            status_changed: false,
            receipt: None,
            receipt_changed: false,
            outbox: Deque::new(),
        };
        if let Some(bank) = device.records.latest() {
            device.restore(bank, None);
        }
        device
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
        }
    }

    /// The next thing to do, or `None` until something happens.
    pub fn poll(&mut self) -> Option<Action<'b>> {
        if let Some(task) = self.task.take() {
            return Some(Action::Execute(task));
        }
        if let Some(op) = self.next_flash() {
            self.flash_busy = true;
            return Some(Action::Flash(op));
        }
        self.next_notification().map(|(characteristic, message)| Action::Notify(characteristic, message))
    }

    /// What a client reads from *status*.
    pub fn status(&self) -> Message {
        let app = self.installed.and_then(|bank| self.records.get(bank));
        let status = Status {
            version: PROTOCOL_VERSION,
            slot: self.geometry.capacity(),
            activity: match self.work {
                Work::Idle => Activity::Idle,
                Work::Running => Activity::Running,
                _ => Activity::Installing,
            },
            app: app.map(|record| App { size: record.size, fingerprint: Fingerprint::from(&record.digest) }),
            upload: self.upload.as_ref().map(|upload| wamr_proto::Upload {
                size: upload.size,
                fingerprint: Fingerprint::from(&upload.digest),
                durable: upload.durable(),
                granted: upload.granted(),
                resend: upload.resend(),
            }),
        };
        encode(&status).expect("a status always fits")
    }

    /// What a client reads from *result*: empty before the first run.
    pub fn receipt(&self) -> Message {
        self.receipt.as_ref().map(|receipt| encode(receipt).expect("a receipt always fits")).unwrap_or_default()
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
        let response = self.outbox.pop_front()?;
        Some((Characteristic::Control, encode(&response).expect("a response always fits")))
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
        match decode::<Request>(value) {
            Err(_) => self.respond(0, Err(ErrorCode::Malformed.into())),
            Ok(Request { seq, command }) => match self.command(seq, command) {
                Ok(Progress::Done) => self.respond(seq, Ok(())),
                Ok(Progress::Started) => self.asked_by = Some(seq),
                Err(refusal) => self.respond(seq, Err(refusal)),
            },
        }
    }

    fn command(&mut self, seq: u32, command: Command) -> Result<Progress, Refusal> {
        let welcome = match self.work {
            Work::Idle => true,
            Work::Running => command.is_about_upload(),
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
                let bank = self.installed.map_or(Bank::A, Bank::other);
                self.records.set(bank, None);
                self.upload = Some(Upload::new(bank, size, digest));
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
                self.activate_when_durable();
                Ok(Progress::Started)
            }
            Command::Abort => {
                self.drop_upload();
                self.status_changed = true;
                Ok(Progress::Done)
            }
            Command::Run { export, args, limits } => {
                if self.installed.is_none() {
                    return Err(ErrorCode::NoApp.into());
                }
                self.task = Some(Task::Run(RunRequest { seq, export, args, limits }));
                self.begin_work(Work::Running);
                Ok(Progress::Started)
            }
            _ => Err(ErrorCode::Malformed.into()),
        }
    }

    fn begin_work(&mut self, work: Work) {
        self.work = work;
        self.status_changed = true;
    }

    fn end_work(&mut self, result: Result<(), Refusal>) {
        self.begin_work(Work::Idle);
        if let Some(seq) = self.asked_by.take() {
            self.respond(seq, result);
        }
    }

    fn respond(&mut self, seq: u32, result: Result<(), Refusal>) {
        // Without a client there is nobody to tell, and the next one did not ask.
        if self.connected {
            let queued = self.outbox.push_back(Response { seq, refusal: result.err() });
            // `expect` would take the formatting of a whole response into the firmware: 5 KB.
            assert!(queued.is_ok(), "room was kept");
        }
    }

    fn drop_upload(&mut self) {
        if let Some(upload) = self.upload.take() {
            upload.release(&mut self.free);
        }
    }

    fn activate_when_durable(&mut self) {
        let Some(upload) = &self.upload else { return };
        if matches!(self.work, Work::Flushing) && upload.is_durable() {
            self.task = Some(self.activation(upload.bank, upload.record(self.records.next_generation())));
            self.begin_work(Work::Activating);
        }
    }

    fn activation(&self, bank: Bank, record: Record) -> Task {
        Task::Activate(Activation { at: self.geometry.module_at(bank), size: record.size, digest: record.digest })
    }

    /// Loads the app of a bank that has a record.
    fn restore(&mut self, bank: Bank, refused: Option<Refusal>) {
        let record = *self.records.get(bank).expect("the bank has a record");
        self.task = Some(self.activation(bank, record));
        self.begin_work(Work::Restoring { bank, refused });
    }

    fn executed(&mut self, completion: Completion) {
        match (core::mem::replace(&mut self.work, Work::Idle), completion) {
            (Work::Running, Completion::Ran(Ok(receipt))) => {
                self.receipt = Some(receipt);
                self.receipt_changed = true;
                self.end_work(Ok(()));
            }
            (Work::Running, Completion::Ran(Err(refusal))) => self.end_work(Err(refusal)),
            (Work::Activating, Completion::Activated(Ok(()))) => {
                let upload = self.upload.as_ref().expect("an upload is what is activated");
                self.work = Work::Recording { record: upload.record(self.records.next_generation()) };
            }
            (Work::Activating, Completion::Activated(Err(error))) => {
                self.drop_upload();
                self.fall_back(error.refusal, error.displaced);
            }
            (Work::Restoring { bank, refused }, Completion::Activated(Ok(()))) => {
                self.installed = Some(bank);
                self.end_work(refused.map_or(Ok(()), Err));
            }
            (Work::Restoring { bank, refused }, Completion::Activated(Err(error))) => {
                // The other bank may still hold the version before.
                self.installed = None;
                self.records.set(bank, None);
                match (self.records.latest(), refused) {
                    (Some(other), refused) => self.restore(other, refused),
                    (None, refused) => self.end_work(Err(refused.unwrap_or(error.refusal))),
                }
            }
            // A completion that nobody asked for changes nothing.
            (work, _) => self.work = work,
        }
    }

    /// An install failed: the app before it goes on, or is loaded again where it had to make room.
    fn fall_back(&mut self, refusal: Refusal, displaced: bool) {
        match self.installed {
            Some(bank) if displaced => self.restore(bank, Some(refusal)),
            _ => self.end_work(Err(refusal)),
        }
    }

    fn next_flash(&mut self) -> Option<FlashOp<'b>> {
        if self.flash_busy {
            return None;
        }
        if let (Work::Recording { record }, Some(upload)) = (&self.work, &self.upload) {
            let block: &'b mut Block = self.free.pop()?;
            let len = record.encode(block);
            return Some(FlashOp::Write { at: self.geometry.record_at(upload.bank), block, len });
        }
        self.upload.as_mut()?.next_op(&self.geometry)
    }

    fn flash_done(&mut self, FlashDone { block, result }: FlashDone<'b>) {
        self.flash_busy = false;
        if let Some(block) = block {
            self.free.push(block).ok().expect("room for every block there is");
        }
        match self.work {
            Work::Recording { record } => self.recorded(record, result),
            _ => self.uploaded(result),
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
        self.activate_when_durable();
    }

    fn recorded(&mut self, record: Record, result: Result<(), NorFlashErrorKind>) {
        let upload = self.upload.take().expect("an upload is what is recorded");
        let bank = upload.bank;
        upload.release(&mut self.free);
        if result.is_ok() {
            self.records.set(bank, Some(record));
            self.installed = Some(bank);
            self.end_work(Ok(()));
        } else {
            self.fall_back(ErrorCode::FlashFailed.into(), true);
        }
    }
}

/// How far a request has come when its command returns.
enum Progress {
    Done,
    Started,
}
