//! The device: events in, actions out.

mod bonds;
mod commands;
mod stopping;
mod storage;
mod work;

use heapless::Deque;
use wamr_proto::{
    Activity, Apps as ToldApps, Bond, DataFrame, Excerpt, Failure, Fingerprint, Message, PROTOCOL_VERSION, Receipt,
    Refusal, Response, Status, Write, encode,
};

use crate::apps::Apps;
use crate::flash::{Buffers, FlashDone, FlashOp};
use crate::role::{Permissions, Role};
use crate::signature::Signatures;
use crate::slot::{Geometry, Records};
use crate::supervision::Supervision;
use crate::task::{Completion, Task};
use crate::upload::{FreeBlocks, Upload, put};
use crate::wear::{FlashBudget, Wear};
pub use bonds::BondsOp;
use bonds::BondsUse;
use stopping::Stopping;
use storage::FlashUse;
use work::Work;

/// Responses that may wait to be notified.
const OUTBOX: usize = 4;

/// Something that happened to the device.
#[expect(clippy::large_enum_variant, reason = "there is no allocator to put a receipt into")]
pub enum Event<'a, 'b> {
    /// A client connected that has this role.
    Connected(Role),
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
    /// The operation of [`Action::Bonds`] has ended: with the bond that was asked for or removed, or `None` where there is no
    /// such, or it may not be removed.
    Bonds(Option<Bond>),
    /// Milliseconds since some moment in the past; may wrap. To be told before each request and [`Device::poll`], and when
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
    /// Interrupt the app that the executor runs: call [`wamr::interrupt`], which may be too early or too late. There is no answer; the
    /// task ends, or the device asks again.
    Interrupt,
    /// Work on the bonds, which are the platform's; answer with [`Event::Bonds`]. There is never more than one at a time.
    Bonds(BondsOp),
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

/// A response that waits to be notified.
struct Answer {
    seq: u32,
    result: Result<Told, Refusal>,
}

/// What a response tells besides that it was done.
enum Told {
    Nothing,
    /// What this app is.
    App(u8),
    /// Why this app failed last.
    Failure(u8),
    /// What was read.
    Excerpt,
    Bond(Bond),
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
    bonds: BondsUse,
    work: Work,
    signatures: Signatures,
    /// Who waits for the end of `work`.
    asked_by: Option<u32>,
    /// The app of `work` that a client wants to come to its end.
    stopping: Option<Stopping>,
    task: Option<Task>,
    now: u32,
    /// A client has asked in vain and is to have its turn.
    client_first_until: Option<u32>,
    /// The role of the client that is connected.
    client: Option<Role>,
    permissions: Permissions,
    wear: Wear,
    status_changed: bool,
    receipt: Option<Receipt>,
    receipt_changed: bool,
    outbox: Deque<Answer, OUTBOX>,
    /// What was read for a client that is to be told. There is one at a time: the next is read after the first was told.
    excerpt: Excerpt,
    /// The last failure of any app, and which it was. One for all apps: memory is scarce.
    failure: Option<(u8, Failure)>,
}

impl<'b> Device<'b> {
    /// A device without apps. [`start`](Self::start) it. `signatures` is what its [`Executor`](crate::Executor) asks for.
    pub fn new(geometry: Geometry, supervision: Supervision, signatures: Signatures, buffers: &'b mut Buffers) -> Self {
        let mut free = FreeBlocks::new();
        for block in &mut buffers.0 {
            put(&mut free, block);
        }
        Self {
            geometry,
            records: Records::default(),
            apps: Apps::new(supervision),
            upload: None,
            free,
            flash: FlashUse::Idle,
            bonds: BondsUse::Idle,
            work: Work::Idle,
            signatures,
            asked_by: None,
            stopping: None,
            task: None,
            now: 0,
            client_first_until: None,
            client: None,
            permissions: Permissions::DEFAULT,
            wear: Wear::new(FlashBudget::DEFAULT),
            status_changed: false,
            receipt: None,
            receipt_changed: false,
            outbox: Deque::new(),
            excerpt: Excerpt::default(),
            failure: None,
        }
    }

    /// Lets operators do this; nothing without.
    pub fn set_permissions(&mut self, permissions: Permissions) {
        self.permissions = permissions;
    }

    /// Lets clients cause so many erase cycles, [`FlashBudget::DEFAULT`] without.
    pub fn set_flash_budget(&mut self, budget: FlashBudget) {
        self.wear = Wear::new(budget);
    }

    /// Starts the device with what its flash holds: it will ask for the installed apps to be loaded, and goes on with an upload.
    // Apart from `new`, as both need much stack.
    pub fn start(&mut self, records: &Records) {
        self.records = *records;
        self.apps.find(records);
        self.upload = records.unfinished.as_ref().map(|unfinished| Upload::resumed(unfinished, &self.geometry));
    }

    /// Takes what happened. Ask [`Device::poll`] afterwards.
    pub fn handle(&mut self, event: Event<'_, 'b>) {
        match event {
            Event::Connected(role) => {
                self.client = Some(role);
                self.wear.connected();
                self.status_changed = false;
                self.receipt_changed = false;
            }
            Event::Disconnected => {
                self.client = None;
                self.client_first_until = None;
                self.asked_by = None;
                self.forget_stop_asked();
                self.bonds.forget_client();
                self.outbox.clear();
            }
            Event::Data(value) => self.data(value),
            Event::Control(value) => self.control(value),
            Event::Flash(done) => self.flash_done(done),
            Event::Executed(completion) => self.executed(completion),
            Event::Bonds(bond) => self.bonds_done(bond),
            Event::Time(now) => self.now = now,
        }
    }

    /// The next thing to do, or `None` until something happens.
    pub fn poll(&mut self) -> Option<Action<'b>> {
        // Before anything begins that could leave another.
        if self.client.is_some() && core::mem::take(&mut self.receipt_changed) {
            return Some(Action::Notify(Characteristic::Result, self.receipt()));
        }
        if matches!(self.work, Work::Idle) {
            self.stop_at_last();
        }
        if matches!(self.work, Work::Idle) {
            self.begin_due();
        }
        if let Some(task) = self.task.take() {
            return Some(Action::Execute(task));
        }
        if self.interrupts() {
            return Some(Action::Interrupt);
        }
        if let Some(op) = self.next_flash() {
            return Some(Action::Flash(op));
        }
        if let Some(op) = self.bonds.take() {
            return Some(Action::Bonds(op));
        }
        self.next_notification().map(|(characteristic, message)| Action::Notify(characteristic, message))
    }

    /// When the device wants to be told the [time](Event::Time) even if nothing else happens.
    pub fn next_time(&self) -> Option<u32> {
        // While something is under way nothing begins, and the end of it is an event.
        match self.work {
            Work::Idle => self.client_first_until.or_else(|| self.apps.next_time(self.now)),
            _ => self.next_interruption(),
        }
    }

    /// What a client reads from *status*.
    pub fn status(&self) -> Message {
        let status = Status {
            version: PROTOCOL_VERSION,
            slot: self.geometry.capacity(),
            activity: match self.work {
                // What ran is still to be stopped.
                Work::Idle if self.stopping.is_some() => Activity::Running,
                Work::Idle | Work::Reading => Activity::Idle,
                Work::Running { .. } => Activity::Running,
                _ => Activity::Installing,
            },
            apps: ToldApps::first(self.apps.told(&self.records)),
            upload: self.upload.as_ref().map(|upload| wamr_proto::Upload {
                size: upload.size(),
                fingerprint: Fingerprint::from(&upload.opened.digest),
                durable: upload.durable(),
                granted: upload.granted(),
                resend: upload.resend(),
            }),
            signatures: self.signatures.policy(),
        };
        message(&status)
    }

    /// What a client reads from *result*: empty before the first run.
    pub fn receipt(&self) -> Message {
        self.receipt.as_ref().map(|receipt| message(receipt)).unwrap_or_default()
    }

    fn next_notification(&mut self) -> Option<(Characteristic, Message)> {
        self.client?;
        if core::mem::take(&mut self.status_changed) {
            return Some((Characteristic::Status, self.status()));
        }
        let Answer { seq, result } = self.outbox.pop_front()?;
        let mut response = Response::new(seq);
        match result {
            Ok(Told::Nothing) => {}
            Ok(Told::App(app)) => response.details = self.apps.get(app).ok().map(|app| app.details.clone()),
            Ok(Told::Failure(app)) => {
                response.failure =
                    self.failure.as_ref().filter(|(failed, _)| *failed == app).map(|(_, why)| why.clone());
            }
            Ok(Told::Excerpt) => response.excerpt = Some(core::mem::take(&mut self.excerpt)),
            Ok(Told::Bond(bond)) => response.bond = Some(bond),
            Err(refusal) => response.refusal = Some(refusal),
        }
        Some((Characteristic::Control, message(&response)))
    }

    fn data(&mut self, value: &[u8]) {
        // Without an upload there is nothing that a client could do about it before it asks for the status anyway.
        let (Some(frame), Some(upload)) = (DataFrame::decode(value), &mut self.upload) else { return };
        let resend = upload.resend();
        upload.accept(frame, &mut self.free);
        self.status_changed |= upload.resend().is_some() && upload.resend() != resend;
    }
}

/// What a device says always fits, which tests of `wamr-proto` show.
fn message(message: &dyn Write) -> Message {
    encode(message).unwrap_or_default()
}
