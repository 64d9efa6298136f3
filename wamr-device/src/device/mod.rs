//! The device: events in, actions out.

#[cfg(wamr_erase_ahead)]
mod ahead;
mod bonds;
mod commands;
mod holding;
mod stopping;
mod storage;
mod work;

use heapless::Deque;
use wamr_proto::{
    Activity, AppList, Bond, DataFrame, Excerpt, Failure, Fingerprint, Message, PROTOCOL_VERSION, Receipt, Refusal,
    Response, Status, Write, encode,
};

use crate::APPS_MAX;
use crate::apps::Apps;
use crate::events::Delivery;
use crate::flash::{Buffers, FlashDone, FlashOp};
use crate::geometry::Geometry;
use crate::mailbox::Mailbox;
use crate::role::{Permissions, Role};
use crate::slot::Records;
use crate::supervision::Supervision;
use crate::task::{Completion, Task};
use crate::trust::SignaturePolicy;
use crate::upload::{FreeBlocks, Upload, put};
use crate::wear::{FlashBudget, Wear};
#[cfg(wamr_erase_ahead)]
use ahead::Ahead;
pub use bonds::BondsOp;
use bonds::BondsUse;
use holding::Held;
pub use holding::REALLOC;
use stopping::Stopping;
use storage::FlashUse;
use work::Work;

/// The maximum number of responses that wait to be notified.
const OUTBOX: usize = 4;

/// An event that a platform reports to the device.
#[expect(clippy::large_enum_variant, reason = "there is no allocator to put a receipt into")]
pub enum Event<'a, 'b> {
    /// A client with this role has connected.
    Connected(Role),
    /// The client has disconnected. Its upload stays open; responses that it did not wait for are discarded.
    Disconnected,
    /// The client wrote to *data*.
    Data(&'a [u8]),
    /// The client wrote to *control*.
    Control(&'a [u8]),
    /// The operation of [`Action::Flash`] has completed.
    Flash(FlashDone<'b>),
    /// The task of [`Action::Execute`] has completed. Returns its memory.
    Executed(&'b mut Task, Completion),
    /// The operation of [`Action::Bonds`] has completed, with the bond that was requested or removed. `None` if there is no such
    /// bond, or if it may not be removed.
    Bonds(Option<Bond>),
}

/// An action that the device requests from its platform.
#[must_use = "the device waits for what it asked for"]
pub enum Action<'b> {
    /// Perform a flash operation and report [`Event::Flash`]. At most one is in progress at a time.
    Flash(FlashOp<'b>),
    /// Perform a task with the [`Executor`](crate::Executor) and report [`Event::Executed`]. At most one is in progress at a
    /// time. It may take as long as the app's limits allow, so it needs its own thread.
    Execute(&'b mut Task),
    /// Interrupt the app that the executor runs: call [`wamr::interrupt`], which may be too early or too late. There is no event
    /// to report: either the task ends, or the device repeats the action.
    Interrupt,
    /// Perform an operation on the bonds, which the platform stores, and report [`Event::Bonds`]. At most one is in progress at a
    /// time.
    Bonds(BondsOp),
    /// Notify the client.
    Notify(Characteristic, Message),
}

/// The characteristics with notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characteristic {
    /// Responses.
    Control,
    /// The status.
    Status,
    /// The receipt.
    Result,
}

impl From<Characteristic> for wamr_proto::Characteristic {
    fn from(characteristic: Characteristic) -> Self {
        match characteristic {
            Characteristic::Control => Self::Control,
            Characteristic::Status => Self::Status,
            Characteristic::Result => Self::Result,
        }
    }
}

/// A response that waits to be notified.
struct Answer {
    seq: u32,
    result: Result<Payload, Refusal>,
}

/// The content of a successful response.
enum Payload {
    Nothing,
    /// The details of this app.
    App(u8),
    /// The last failure of this app.
    Failure(u8),
    /// The data that was read.
    Excerpt(Excerpt),
    Bond(Bond),
}

/// The logic of a device.
///
/// A device never blocks and never calls a driver. [`Device::handle`] takes an event, and [`Device::poll`] returns the next
/// action. The same code therefore runs under Zephyr, in the twin, and in tests that choose the order of events.
pub struct Device<'b> {
    geometry: Geometry,
    records: Records,
    apps: Apps,
    upload: Option<Upload<'b>>,
    free: FreeBlocks<'b>,
    flash: FlashUse,
    #[cfg(wamr_erase_ahead)]
    ahead: Ahead,
    bonds: BondsUse,
    work: Work,
    signatures: SignaturePolicy,
    /// The events of apps, if the host groups have any.
    events: Option<&'static dyn Delivery>,
    /// A pointer to code that firmware without messages does not contain.
    mailbox: Option<&'static dyn Mailbox>,
    /// The app that a client holds.
    held: Option<Held>,
    /// How many bytes the arguments and results of a call can have.
    call_bytes: u32,
    /// The app that was called with an event last.
    last_event: u8,
    /// The request that waits for the end of `work`.
    asked_by: Option<u32>,
    /// The app in `work` that a client wants to stop or remove.
    stopping: Option<Stopping>,
    /// The memory of the executor's task, unless the executor has it.
    task: Option<&'b mut Task>,
    /// There is a task that the executor does not have yet.
    is_task_due: bool,
    now: u32,
    /// A client's command was rejected as busy, so clients come first until this time.
    client_first_until: Option<u32>,
    /// The role of the connected client.
    client: Option<Role>,
    permissions: Permissions,
    wear: Wear,
    status_changed: bool,
    receipt: Option<Receipt>,
    receipt_changed: bool,
    outbox: Deque<Answer, OUTBOX>,
    /// The last failure of any app, and the app's number. There is only one for all apps because memory is scarce.
    failure: Option<(u8, Failure)>,
}

impl<'b> Device<'b> {
    /// Creates a device without apps. Call [`start`](Self::start) next. `signatures` must be the policy of its
    /// [`Executor`](crate::Executor).
    pub fn new(
        geometry: Geometry,
        supervision: Supervision,
        signatures: SignaturePolicy,
        buffers: &'b mut Buffers,
    ) -> Self {
        let mut free = FreeBlocks::new();
        for block in &mut buffers.blocks {
            put(&mut free, block);
        }
        Self {
            geometry,
            records: Records::default(),
            apps: Apps::new(supervision),
            upload: None,
            free,
            flash: FlashUse::Idle,
            #[cfg(wamr_erase_ahead)]
            ahead: Ahead::Started,
            bonds: BondsUse::Idle,
            work: Work::Idle,
            signatures,
            events: None,
            mailbox: None,
            held: None,
            call_bytes: holding::CALL_BYTES,
            last_event: 0,
            asked_by: None,
            stopping: None,
            task: Some(&mut buffers.task),
            is_task_due: false,
            now: 0,
            client_first_until: None,
            client: None,
            permissions: Permissions::DEFAULT,
            wear: Wear::new(FlashBudget::DEFAULT),
            status_changed: false,
            receipt: None,
            receipt_changed: false,
            outbox: Deque::new(),
            failure: None,
        }
    }

    /// Sets what operators may do. By default, they get no extra permissions.
    pub fn set_permissions(&mut self, permissions: Permissions) {
        self.permissions = permissions;
    }

    /// Sets the budget of erase cycles that clients can cause. The default is [`FlashBudget::DEFAULT`].
    pub fn set_flash_budget(&mut self, budget: FlashBudget) {
        self.wear = Wear::new(budget);
    }

    /// Delivers these events to apps. The [`Executor`](crate::Executor) and the host groups must have the same. By default, there are
    /// no events.
    pub fn set_events(&mut self, events: &'static dyn Delivery) {
        self.events = Some(events);
    }

    /// Passes messages of clients to this. By default, no app receives messages.
    pub fn set_mailbox(&mut self, mailbox: &'static dyn Mailbox) {
        self.mailbox = Some(mailbox);
    }

    /// Starts the device with the contents of its flash. The device then requests that the installed apps are loaded, and resumes
    /// an unfinished upload.
    // Separate from `new`, because both need much stack.
    pub fn start(&mut self, records: &Records) {
        self.records = *records;
        self.apps.find(records);
        self.upload = records.unfinished.as_ref().map(|unfinished| Upload::resumed(unfinished, &self.geometry));
    }

    /// Handles an event. Call [`Device::poll`] afterwards. `now` is the time in milliseconds since some moment in the past; it may wrap.
    pub fn handle(&mut self, now: u32, event: Event<'_, 'b>) {
        self.set_now(now);
        #[cfg(wamr_erase_ahead)]
        self.ahead.observe(&event, now);
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
                self.held = None;
                self.bonds.forget_client();
                self.outbox.clear();
            }
            Event::Data(value) => self.data(value),
            Event::Control(value) => self.control(value),
            Event::Flash(done) => self.flash_done(done),
            Event::Executed(task, completion) => {
                self.task = Some(task);
                self.executed(completion);
            }
            Event::Bonds(bond) => self.bonds_done(bond),
        }
    }

    /// Returns the next action, or `None` until the next event or [`next_time`](Self::next_time). `now` is as for
    /// [`handle`](Self::handle).
    pub fn poll(&mut self, now: u32) -> Option<Action<'b>> {
        self.set_now(now);
        // Before a run starts that could leave another receipt.
        if self.client.is_some() && core::mem::take(&mut self.receipt_changed) {
            return Some(Action::Notify(Characteristic::Result, self.receipt()));
        }
        if matches!(self.work, Work::Idle) {
            self.stop_at_last();
        }
        if matches!(self.work, Work::Idle) {
            self.begin_due();
        }
        if core::mem::take(&mut self.is_task_due)
            && let Some(task) = self.task.take()
        {
            return Some(Action::Execute(task));
        }
        if self.interrupts() {
            return Some(Action::Interrupt);
        }
        // Before a flash operation, which may take long: the client sends meanwhile.
        if let Some((characteristic, message)) = self.next_notification() {
            return Some(Action::Notify(characteristic, message));
        }
        if let Some(op) = self.next_flash() {
            return Some(Action::Flash(op));
        }
        self.bonds.take().map(Action::Bonds)
    }

    /// Returns the time at which to [poll](Self::poll) again, even if no event happens.
    pub fn next_time(&self) -> Option<u32> {
        // While work is in progress no other work starts, and its end is an event.
        match self.work {
            Work::Idle => self.client_first_until.or_else(|| {
                let events = self.events.and_then(|events| events.next_time(self.now));
                #[cfg(wamr_erase_ahead)]
                let ahead = self.ahead.time();
                #[cfg(not(wamr_erase_ahead))]
                let ahead = None;
                let times = [self.apps.next_time(self.now), events, self.hold_ends(), ahead];
                times.into_iter().flatten().min_by_key(|time| time.wrapping_sub(self.now).cast_signed())
            }),
            _ => self.next_interruption(),
        }
    }

    /// Returns the value of *status*.
    #[inline(never)]
    pub fn status(&self) -> Message {
        let apps = || self.apps.statuses(&self.records);
        let status = Status {
            version: PROTOCOL_VERSION,
            slot: self.geometry.capacity(),
            activity: match self.work {
                // The app that ran must still be stopped.
                Work::Idle if self.stopping.is_some() => Activity::Running,
                Work::Idle | Work::Reading | Work::Writing => Activity::Idle,
                Work::Running { .. } => Activity::Running,
                _ => Activity::Installing,
            },
            apps: AppList::first(apps()),
            upload: self.upload.as_ref().map(|upload| wamr_proto::Upload {
                size: upload.size(),
                fingerprint: Fingerprint::from(&upload.opened.digest),
                durable: upload.durable(),
                granted: upload.granted(),
                resend: upload.resend(),
            }),
            signatures: self.signatures.mode(),
            more: if has_pages() { apps().nth(AppList::MAX).map(|app| app.number) } else { None },
        };
        message(&status)
    }

    /// Returns how many bytes of the open upload have arrived. `None` if there is no upload that can go on.
    pub fn received(&self) -> Option<u32> {
        self.upload.as_ref().filter(|upload| !upload.failed).map(Upload::received)
    }

    /// Returns the value of *result*, which is empty before the first run.
    pub fn receipt(&self) -> Message {
        self.receipt.as_ref().map(|receipt| message(receipt)).unwrap_or_default()
    }

    fn next_notification(&mut self) -> Option<(Characteristic, Message)> {
        self.client?;
        if core::mem::take(&mut self.status_changed) {
            return Some((Characteristic::Status, self.status()));
        }
        let answer = self.outbox.pop_front()?;
        Some((Characteristic::Control, self.response(answer)))
    }

    // Not inlined, like `status`: an action does not need the stack space of both.
    #[inline(never)]
    fn response(&self, Answer { seq, result }: Answer) -> Message {
        let mut response = Response::new(seq);
        match result {
            Ok(Payload::Nothing) => {}
            Ok(Payload::App(app)) => {
                response.details = self.apps.get(app).ok().map(|app| app.details.clone());
                response.events = self.events.and_then(|events| events.stats(app));
                let denied = self.records.get(app).map_or(0, |record| record.denied);
                response.denied = Some(denied.into()).filter(|denied| *denied != 0);
            }
            Ok(Payload::Failure(app)) => {
                response.failure =
                    self.failure.as_ref().filter(|(failed, _)| *failed == app).map(|(_, why)| why.clone());
            }
            Ok(Payload::Excerpt(excerpt)) => response.excerpt = Some(excerpt),
            Ok(Payload::Bond(bond)) => response.bond = Some(bond),
            Err(refusal) => response.refusal = Some(refusal),
        }
        message(&response)
    }

    fn data(&mut self, value: &[u8]) {
        // Without an upload there is nothing to report: the client has to read the status first in any case.
        let (Some(frame), Some(upload)) = (DataFrame::decode(value), &mut self.upload) else { return };
        let resend = upload.resend();
        upload.accept(frame, &mut self.free);
        self.status_changed |= upload.resend().is_some() && upload.resend() != resend;
    }
}

/// Whether the device may have more apps than a status contains. Otherwise its build does not need the code for them.
const fn has_pages() -> bool {
    APPS_MAX > AppList::MAX
}

/// Encodes a message. A device's messages always fit, which tests of `wamr-proto` prove.
#[inline(never)]
fn message(message: &dyn Write) -> Message {
    encode(message).unwrap_or_default()
}
