//! A device whose flash and executor take the time that the fuzzer gives them.

use std::rc::Rc;

use wamr_delta::Runs;
use wamr_device::sim::SimFlash;
use wamr_device::{
    Action, Buffers, Characteristic, Device, Event, FlashBudget, FlashOp, Geometry, Records, Role, SignaturePolicy,
    Supervision, Task,
};
use wamr_proto::{
    Activity, AppState, AppStatus, Command, DELTA_FRAME, DataFrame, ErrorCode, FRAME_HEADER, Receipt, Rejected,
    Request, Response, Status, Upload, decode, encode, read_request,
};

use crate::executor::End;
use crate::modules::{Id, Set};
use crate::observed::Observed;
use crate::torn::Torn;
use crate::truth::{Asked, Truth};

const PAGE: u32 = 4096;
const SLOTS: u8 = 3;
pub const FLASH: usize = ((2 + 3 * SLOTS as u32) * PAGE) as usize;

/// A device from one start to the next.
pub struct Rig<'w, 'b> {
    pub flash: &'w mut SimFlash,
    pub truth: &'w mut Truth,
    device: Observed<'b>,
    op: Option<FlashOp<'b>>,
    task: Option<&'b mut Task>,
    /// The slots whose apps the device has found and not verified, as bits.
    unverified: u8,
    /// The slots of which the executor holds the app, as bits.
    pub loaded: u32,
    now: u32,
    connected: bool,
    pub seq: u32,
    /// Requests of the client that are not answered.
    open: Vec<u32>,
    pub answers: Vec<Response>,
    /// The request of `Truth::asked`.
    asked_by: u32,
    /// What the client sends next.
    pub next: u32,
    /// What the status told last of the upload.
    upload: Option<Upload>,
    /// Flash has failed since the upload was begun.
    failed: bool,
}

impl<'w, 'b> Rig<'w, 'b> {
    /// A device that starts on this flash, with a client.
    pub fn new(flash: &'w mut SimFlash, truth: &'w mut Truth, buffers: &'b mut Buffers) -> Self {
        let geometry = Geometry::new(FLASH as u32, PAGE, 4, SLOTS).expect("slots");
        let records = Records::read(flash, &geometry).expect("in range");
        let supervision = Supervision { failures: 3, pause: 100, pause_max: 150, resets: 2, clients_first: 50 };
        let mut device = Device::new(geometry, supervision, SignaturePolicy::optional(&[]), buffers);
        device.set_flash_budget(FlashBudget::UNLIMITED);
        device.start(&records);
        let mut rig = Self {
            flash,
            truth,
            device: Observed::new(device),
            op: None,
            task: None,
            unverified: 0,
            loaded: 0,
            now: u32::MAX - 500, // it wraps soon
            connected: false,
            seq: 0,
            open: vec![],
            answers: vec![],
            asked_by: 0,
            next: 0,
            upload: None,
            failed: false,
        };
        rig.connect();
        rig.unverified = rig.status().apps.iter().fold(0, |slots, app| slots | 1 << app.number);
        rig.verified();
        if let Some(before) = rig.truth.upload.take() {
            let now = rig.status().upload.expect("it goes on with the upload");
            assert_eq!((now.size, now.fingerprint), (before.size, before.fingerprint));
            assert!(now.durable >= before.durable, "{before:?} before the power was cut, then {now:?}");
        }
        rig
    }

    pub fn connect(&mut self) {
        if !std::mem::replace(&mut self.connected, true) {
            self.device.handle(self.now, Event::Connected(Role::Owner));
        }
    }

    pub fn disconnect(&mut self) {
        if std::mem::replace(&mut self.connected, false) {
            self.open.clear();
            self.device.handle(self.now, Event::Disconnected);
        }
    }

    /// What a client writes.
    pub fn handle(&mut self, event: Event<'_, 'b>) {
        if self.connected {
            self.device.handle(self.now, event);
        }
    }

    pub fn frame(&mut self, frame: DataFrame<'_>) {
        let mut buffer = vec![0; FRAME_HEADER + frame.bytes.len()];
        self.handle(Event::Data(frame.encode(&mut buffer).expect("it has this length")));
    }

    /// Sends what comes next in the open upload.
    pub fn next_frame(&mut self, length: u32) {
        let Some(upload) = self.status().upload else { return };
        let Some(id) = Id::of_fingerprint(&upload.fingerprint) else { return };
        let start = upload.resend.unwrap_or(self.next.max(upload.durable));
        let end = upload.granted.min(start + length);
        if let Some(bytes) = id.bytes().get(start as usize..end as usize) {
            self.frame(DataFrame { offset: start, bytes });
            self.next = end;
        }
    }

    /// Sends operations for the next bytes of the open upload.
    pub fn next_operations(&mut self, operations: &[u8]) {
        let Some(upload) = self.status().upload else { return };
        let start = upload.resend.unwrap_or(self.next.max(upload.durable));
        self.frame(DataFrame { offset: start | DELTA_FRAME, bytes: operations });
        let (mut runs, mut end) = (Runs::new(start, operations), start);
        while let Ok(Some(run)) = runs.next() {
            end = end.saturating_add(run.len());
        }
        self.next = end.min(upload.size);
    }

    pub fn begin(&mut self, id: Id) {
        self.ask(Command::Begin { size: id.bytes().len() as u32, digest: id.digest(), denied: 0 });
    }

    pub fn ask(&mut self, command: Command) {
        self.seq += 1;
        self.control(&encode(&Request { seq: self.seq, command }).expect("short"));
    }

    pub fn control(&mut self, value: &[u8]) {
        if !self.connected {
            return;
        }
        match read_request(value) {
            Ok(Request { seq, command }) => {
                self.open.push(seq);
                self.expect(seq, &command);
            }
            // The answer could not be told from the one to the request that is under way.
            Err(Rejected { seq, .. }) if self.truth.asked.is_some() && seq == self.asked_by => return,
            Err(Rejected { seq, .. }) => self.open.push(seq),
        }
        self.device.handle(self.now, Event::Control(value));
    }

    /// Notes what a request may do.
    fn expect(&mut self, seq: u32, command: &Command) {
        let status = self.status();
        let asked = match command {
            Command::Begin { .. } => {
                self.next = 0;
                if std::mem::take(&mut self.failed) {
                    self.upload = None;
                }
                return;
            }
            // It may be done when what runs has ended.
            Command::Remove { .. } if self.truth.asked.is_none() => self.removal(&status, command),
            _ if status.activity != Activity::Idle => return,
            Command::Commit => {
                status.upload.and_then(|upload| Id::of_fingerprint(&upload.fingerprint)).map(Asked::Install)
            }
            Command::Remove { .. } => self.removal(&status, command),
            _ => return,
        };
        (self.truth.asked, self.asked_by) = (asked, seq);
    }

    /// What a `Remove` asks for.
    fn removal(&self, status: &Status, command: &Command) -> Option<Asked> {
        let Command::Remove { app } = command else { return None };
        let found = status.apps.iter().find(|found| found.number == *app);
        found.and_then(|app| Id::of_fingerprint(&app.fingerprint)).map(Asked::Remove)
    }

    /// Lets milliseconds pass.
    pub fn pass(&mut self, millis: u32) {
        self.now = self.now.wrapping_add(millis);
    }

    /// Takes from the device what it wants done.
    pub fn poll(&mut self) {
        while let Some(action) = self.device.poll(self.now) {
            match action {
                Action::Flash(op) => assert!(self.op.replace(op).is_none(), "two operations on flash"),
                Action::Execute(task) => assert!(self.task.replace(task).is_none(), "two tasks"),
                Action::Interrupt => {}
                Action::Bonds(_) => self.device.handle(self.now, Event::Bonds(None)),
                Action::Notify(_, _) if !self.connected => panic!("nobody to notify"),
                Action::Notify(Characteristic::Control, value) => self.answered(decode(&value).expect("a response")),
                Action::Notify(Characteristic::Status, value) => drop(decode::<Status>(&value).expect("a status")),
                Action::Notify(Characteristic::Result, value) => drop(decode::<Receipt>(&value).expect("a receipt")),
            }
        }
    }

    fn answered(&mut self, response: Response) {
        let open = self.open.iter().position(|seq| *seq == response.seq);
        assert!(response.seq == 0 || open.is_some(), "{response:?} was not asked for");
        open.map(|at| self.open.swap_remove(at));
        // A stuck app is removed when it comes to its end.
        let is_later = response.refusal.as_ref().is_some_and(|refusal| refusal.code == ErrorCode::Stuck);
        if response.seq == self.asked_by && !is_later {
            self.truth.asked = None;
        }
        self.answers.push(response);
    }

    /// Ends the operation on flash.
    pub fn end_flash(&mut self, fails: Option<u8>) {
        let Some(op) = self.op.take() else { return };
        let done = match fails {
            None => op.perform(self.flash),
            Some(part) => op.perform(&mut Torn { flash: self.flash, part: part.into(), of: 256 }),
        };
        self.device.handle(self.now, Event::Flash(done));
        self.failed |= fails.is_some();
        self.truth.flash_done(self.told(), fails.is_none());
        self.check_modules();
    }

    /// Cuts the power. The operation on flash gets as far as this part of 255.
    pub fn cut_power(&mut self, part: u8) {
        if let Some(op) = self.op.take() {
            let _ = op.perform(&mut Torn { flash: self.flash, part: part.into(), of: 255 });
        }
        let installs = self.status().activity == Activity::Installing;
        self.truth.upload = self.upload.filter(|upload| !self.failed && !installs && upload.durable > 0);
        self.truth.cut();
    }

    /// Ends the executor's task.
    pub fn end_task(&mut self, end: End) {
        let Some(task) = self.task.take() else { return };
        // An app may be verified again, for the ledger, before another one is for the first time.
        let verified = match &*task {
            Task::Verify(stored) => 1 << slot_of(stored.module.at),
            _ => 0,
        };
        let completion = self.completion(task, end);
        self.device.handle(self.now, Event::Executed(task, completion));
        if self.unverified & verified != 0 {
            self.unverified &= !verified;
            self.verified();
        }
    }

    /// Some app was verified, or none is to be.
    fn verified(&mut self) {
        if self.unverified == 0 {
            self.truth.known(self.told());
        }
    }

    pub fn status(&self) -> Rc<Status> {
        self.device.status()
    }

    /// The modules that the device says are installed.
    pub fn told(&self) -> Set {
        told_by(&self.status())
    }

    /// What holds after every step.
    pub fn check(&mut self) {
        let status = self.status();
        self.truth.unchanged(told_by(&status));
        if status.activity == Activity::Idle {
            self.truth.asked = None;
        }
        // While it is being replaced an app may have made room already.
        let stay = status.activity != Activity::Installing;
        for app in status.apps.iter().filter(|app| stay && app.state == AppState::Started) {
            self.truth.kept(id(app));
        }
        let started = |app: &&AppStatus| matches!(app.state, AppState::Started | AppState::OnTrial);
        for app in status.apps.iter().filter(|app| stay && started(app)) {
            assert!(self.loaded & 1 << app.number != 0, "{app:?} is not loaded");
        }
        if let (Some(before), Some(now)) = (self.upload, status.upload)
            && before.fingerprint == now.fingerprint
            && before.size == now.size
        {
            assert!(now.durable >= before.durable && now.granted >= before.granted, "{before:?}, then {now:?}");
        }
        if let Some(now) = status.upload {
            assert!(now.durable <= now.granted && now.granted <= now.size, "{now:?}");
        }
        self.upload = status.upload;
    }

    /// The modules of all apps are whole in flash.
    fn check_modules(&self) {
        for app in self.status().apps.iter() {
            let module = id(app).bytes();
            let mut places = (0..self.flash.bytes().len()).step_by(PAGE as usize);
            let whole = places.any(|place| self.flash.bytes()[place..].starts_with(module));
            assert!(whole, "{app:?} is damaged");
        }
    }

    /// Does all that is to be done, as it should be.
    pub fn settle(&mut self) {
        self.poll();
        while self.op.is_some() || self.task.is_some() {
            self.end_flash(None);
            self.end_task(End::Well);
            self.poll();
            self.check();
        }
    }
}

/// The slot of a module in flash, where each has three pages behind the ledger's two.
fn slot_of(at: u32) -> u32 {
    (at / PAGE - 2) / 3
}

fn told_by(status: &Status) -> Set {
    status.apps.iter().map(id).fold(Set::default(), Set::with)
}

fn id(app: &AppStatus) -> Id {
    Id::of_fingerprint(&app.fingerprint).expect("a module that was uploaded")
}
