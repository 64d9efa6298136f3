//! A device in a test rig: flash, an executor and a client's eyes.

use wamr_device::sim::SimFlash;
use wamr_device::{
    Action, BondsOp, Buffers, Characteristic, Completion, Device, Event, Geometry, InFlash, Records, Role,
    SignaturePolicy, Stored, Supervision, Task, Verified,
};
use wamr_proto::{
    AppName, AppState, AppStatus, Autostart, Bond, Command, DataFrame, Details, Digest, ErrorCode, Excerpt, Name,
    Outcome, Receipt, Refusal, Request, Response, Restart, RunLimits, Status, TrapKind, Trial, Value, Values, decode,
    encode,
};
use wamr_signature::sha256;

pub const PAGE: u32 = 4096;

pub fn geometry() -> Geometry {
    Geometry::new(FLASH, PAGE, 4, SLOTS as u8).unwrap()
}

const SLOTS: u32 = 3;
const FLASH: u32 = (2 + SLOTS * 3) * PAGE;

pub const SUPERVISION: Supervision =
    Supervision { failures: 3, pause: 100, pause_max: 150, resets: 3, clients_first: 0 };

/// Bytes that the rig's executor takes for a module, of this length.
pub fn module(len: usize) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend((bytes.len()..len).map(|at| at as u8));
    bytes
}

/// The same for an app with a name, and an entry that begins with the words of `Rig::outcomes`.
pub fn app(name: &str, restart: Restart, entry: bool, len: usize) -> Vec<u8> {
    let mut bytes = module(len);
    bytes[8..8 + 4].copy_from_slice(&[name.len() as u8, restart as u8, entry.into(), 0xaa]);
    bytes[12..12 + name.len()].copy_from_slice(name.as_bytes());
    bytes
}

/// What the rig's executor finds in a module.
fn verified(module: &[u8]) -> Verified {
    let size = module.len() as u32;
    if module.get(11) != Some(&0xaa) {
        return Verified { details: Details { size, ..Details::default() }, ..Verified::default() };
    }
    let details = Details {
        name: AppName::new(std::str::from_utf8(&module[12..12 + module[8] as usize]).unwrap()).unwrap(),
        version: 0,
        size,
        restart: [Restart::Never, Restart::OnFailure, Restart::Always][module[9] as usize],
        entry: module[10] != 0,
        counter: 0,
    };
    let autostart = if module.last() == Some(&NO_AUTOSTART) { Autostart::No } else { Autostart::Yes };
    let trial = if module.last() == Some(&CONFIRMS) { Trial::Confirm } else { Trial::Entry };
    Verified { details, autostart, trial, ..Verified::default() }
}

/// Last bytes of modules that want this in their manifests.
pub const NO_AUTOSTART: u8 = 0xd0;
pub const CONFIRMS: u8 = 0xd1;

pub fn run(app: u8, export: &str, args: &[Value], fuel: Option<u64>) -> Command {
    let limits = RunLimits { fuel, ..Default::default() };
    Command::Run { app, export: Name::new(export).unwrap(), args: Values::new(args).unwrap(), limits }
}

pub fn digest(bytes: &[u8]) -> Digest {
    Digest(sha256(bytes))
}

pub struct Rig {
    pub device: Device<'static>,
    pub flash: SimFlash,
    pub responses: Vec<Response>,
    pub statuses: Vec<Status>,
    pub receipts: Vec<Receipt>,
    /// Digests of the apps that the executor holds, by slot.
    pub loaded: [Option<Digest>; 8],
    /// How often each of them was loaded.
    pub loads: [u32; 8],
    /// The executor must unload the app that is replaced before it finds out that a new one does not start.
    pub displaces: bool,
    /// Modules are not loaded for want of memory.
    pub full: bool,
    /// The entries of apps trap.
    pub entries_trap: bool,
    /// The entry of the app in this slot does not return.
    pub hangs: Option<u8>,
    /// It returns so many times before.
    pub returns: u32,
    pub now: u32,
    /// Tasks wait here instead of being executed at once.
    pub hold: bool,
    pub held: Vec<&'static mut Task>,
    pub flash_ops: usize,
    pub bonds: Vec<Bond>,
    /// How often the app that runs was to be interrupted.
    pub interruptions: u32,
}

impl Rig {
    pub fn new() -> Self {
        Self::with_flash(SimFlash::new(FLASH as usize))
    }

    /// A device that starts on flash with a past.
    pub fn with_flash(flash: SimFlash) -> Self {
        Self::prepared(flash, SUPERVISION, None, |_| ())
    }

    fn prepared(
        mut flash: SimFlash,
        supervision: Supervision,
        hung: Option<u8>,
        prepare: impl FnOnce(&mut Self),
    ) -> Self {
        let mut records = Records::read(&mut flash, &geometry()).unwrap();
        if let Some(app) = hung {
            records.hung(&mut flash, &geometry(), app);
        }
        let mut device =
            Device::new(geometry(), supervision, SignaturePolicy::optional(&[]), Box::leak(Box::new(Buffers::new())));
        device.start(&records);
        let mut rig = Self {
            device,
            flash,
            responses: vec![],
            statuses: vec![],
            receipts: vec![],
            loaded: [None; 8],
            loads: [0; 8],
            displaces: false,
            full: false,
            entries_trap: false,
            hangs: None,
            returns: 0,
            now: u32::MAX - 50, // time wraps soon
            hold: false,
            held: vec![],
            flash_ops: 0,
            bonds: vec![],
            interruptions: 0,
        };
        prepare(&mut rig);
        rig.settle();
        rig.handle(Event::Connected(Role::Owner));
        rig
    }

    /// Cuts the power and starts the device again.
    pub fn restart(self) -> Self {
        Self::with_flash(self.flash)
    }

    /// The same, with a rig that is prepared before.
    pub fn restart_with(self, prepare: impl FnOnce(&mut Self)) -> Self {
        self.restart_supervised(SUPERVISION, prepare)
    }

    /// The same, with this supervision.
    pub fn restart_supervised(self, supervision: Supervision, prepare: impl FnOnce(&mut Self)) -> Self {
        Self::prepared(self.flash, supervision, None, prepare)
    }

    /// What the watchdog does when a task hangs: the device starts again and its RAM still says which app hung.
    pub fn restart_hung(self, prepare: impl FnOnce(&mut Self)) -> Self {
        let hung = self.held.first().and_then(|task| task.app());
        Self::prepared(self.flash, SUPERVISION, hung, prepare)
    }

    pub fn handle(&mut self, event: Event<'_, 'static>) {
        self.device.handle(self.now, event);
        self.settle();
    }

    /// Lets time pass.
    pub fn wait(&mut self, millis: u32) {
        self.now = self.now.wrapping_add(millis);
        self.settle();
    }

    /// Lets time pass until the device has nothing to do any more.
    #[track_caller]
    pub fn rest(&mut self) {
        for _ in 0..100 {
            let Some(time) = self.device.next_time() else { return };
            self.wait(time.wrapping_sub(self.now).max(1));
        }
        panic!("the device does not come to rest");
    }

    pub fn settle(&mut self) {
        while let Some(action) = self.device.poll(self.now) {
            match action {
                Action::Flash(op) => {
                    self.flash_ops += 1;
                    let done = op.perform(&mut self.flash);
                    self.device.handle(self.now, Event::Flash(done));
                }
                Action::Execute(task) if self.hold => self.held.push(task),
                Action::Execute(task) if self.hangs_in(task) => self.held.push(task),
                Action::Execute(task) => self.execute(task),
                Action::Interrupt => self.interruptions += 1,
                Action::Bonds(op) => {
                    let bond = self.perform(op);
                    self.device.handle(self.now, Event::Bonds(bond));
                }
                Action::Notify(Characteristic::Control, bytes) => self.responses.push(decode(&bytes).unwrap()),
                Action::Notify(Characteristic::Status, bytes) => self.statuses.push(decode(&bytes).unwrap()),
                Action::Notify(Characteristic::Result, bytes) => self.receipts.push(decode(&bytes).unwrap()),
            }
        }
    }

    /// Executes one of the tasks that wait.
    pub fn release_one(&mut self) {
        let task = self.held.pop().expect("a task that waits");
        self.execute(task);
        self.settle();
    }

    fn perform(&mut self, op: BondsOp) -> Option<Bond> {
        match op {
            BondsOp::Tell { index } => self.bonds.get(usize::from(index)).copied(),
            BondsOp::Remove { client, scope } => {
                let found = self.bonds.iter().position(|bond| bond.client == client && scope.permits(bond))?;
                Some(self.bonds.remove(found))
            }
        }
    }

    pub fn release(&mut self) {
        self.hold = false;
        for task in std::mem::take(&mut self.held) {
            self.execute(task);
        }
        self.settle();
    }

    fn hangs_in(&self, task: &Task) -> bool {
        matches!(task, Task::Enter { slot } if self.hangs == Some(*slot) && self.returns == 0)
    }

    fn execute(&mut self, task: &'static mut Task) {
        let completion = match &*task {
            Task::Verify(Stored { module, opened, .. }) => {
                let module = self.module(*module);
                // The digest is somewhere in the cell.
                let opened = self.module(*opened);
                Completion::Verified(if opened.windows(32).any(|bytes| bytes == digest(module).0) {
                    Ok(verified(module))
                } else {
                    Err(ErrorCode::DigestMismatch.into())
                })
            }
            Task::Load { slot, stored, replaces } => {
                let module = self.module(stored.module);
                let (digest, valid) = (digest(module), module.starts_with(b"\0asm"));
                let slot = *slot;
                let mut unloaded = self.unload(slot);
                let code = if self.full { ErrorCode::OutOfMemory } else { ErrorCode::InvalidModule };
                let result = if valid && !self.full { Ok(()) } else { Err(code.into()) };
                if result.is_ok() || self.displaces {
                    unloaded |= replaces.map_or(0, |replaced| self.unload(replaced));
                }
                if result.is_ok() {
                    self.loaded[slot as usize] = Some(digest);
                    self.loads[slot as usize] += 1;
                }
                Completion::Loaded { slot, result, unloaded }
            }
            Task::Unload { slot, .. } => Completion::Unloaded { unloaded: self.unload(*slot) },
            Task::Enter { slot } => {
                if self.hangs == Some(*slot) {
                    self.returns = self.returns.saturating_sub(1);
                }
                let result = Ok(self.receipt(0, *slot, self.entries_trap));
                Completion::Ran { result, confirmed: false, narrowed: false }
            }
            Task::Deliver { .. } | Task::Write { .. } => panic!("no app has a memory"),
            Task::Run(run) if self.loaded[run.app as usize].is_none() => {
                Completion::Ran { result: Err(ErrorCode::NotStarted.into()), confirmed: false, narrowed: false }
            }
            Task::Run(run) => Completion::Ran {
                confirmed: run.export.as_str() == "confirm",
                narrowed: run.limits.fuel == Some(0),
                result: match run.export.as_str() {
                    "sum" => {
                        let sum = run.args.iter().map(|arg| if let Value::I32(value) = arg { *value } else { 0 }).sum();
                        let outcome = Outcome::Returned(Values::new(&[Value::I32(sum)]).unwrap());
                        Ok(Receipt {
                            outcome,
                            fuel: run.limits.fuel.unwrap_or(0),
                            ..self.receipt(run.seq, run.app, false)
                        })
                    }
                    "trap" | "spin" => Ok(self.receipt(run.seq, run.app, true)),
                    "confirm" => Ok(self.receipt(run.seq, run.app, false)),
                    other => Err(Refusal::new(ErrorCode::NoSuchExport, other)),
                },
            },
            Task::Read(request) => Completion::Read(Excerpt::of(&[request.part as u8, request.at as u8])),
        };
        self.device.handle(self.now, Event::Executed(task, completion));
    }

    /// Returns the slot's bit if it had an app.
    fn unload(&mut self, slot: u8) -> u32 {
        u32::from(self.loaded[slot as usize].take().is_some()) << slot
    }

    fn module(&self, module: InFlash) -> &[u8] {
        &self.flash.bytes()[module.at as usize..][..module.size as usize]
    }

    fn receipt(&self, seq: u32, app: u8, traps: bool) -> Receipt {
        let trapped = Outcome::Trapped { kind: TrapKind::Unreachable, message: Default::default() };
        Receipt { app, ..Receipt::new(seq, if traps { trapped } else { Outcome::Returned(Values::default()) }) }
    }

    pub fn send(&mut self, seq: u32, command: Command) {
        self.handle(Event::Control(&encode(&Request { seq, command }).unwrap()));
    }

    /// Sends a request and returns its response: the only one there must be.
    pub fn ask(&mut self, command: Command) -> Result<(), Refusal> {
        static SEQ: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let seq = SEQ.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.responses.clear();
        self.send(seq, command);
        let [response] = &self.responses[..] else { panic!("one response, not {:?}", self.responses) };
        assert_eq!(response.seq, seq);
        response.refusal.clone().map_or(Ok(()), Err)
    }

    pub fn begin(&mut self, module: &[u8]) -> Result<(), Refusal> {
        self.ask(Command::Begin { size: module.len() as u32, digest: digest(module), denied: 0 })
    }

    pub fn frame(&mut self, module: &[u8], range: std::ops::Range<usize>) {
        let mut buffer = [0; 512];
        let frame = DataFrame { offset: range.start as u32, bytes: &module[range] };
        self.handle(Event::Data(frame.encode(&mut buffer).unwrap()));
    }

    /// Sends the module from an offset on, in frames of this many bytes.
    pub fn stream(&mut self, module: &[u8], from: usize, step: usize) {
        for start in (from..module.len()).step_by(step) {
            self.frame(module, start..module.len().min(start + step));
        }
    }

    pub fn install(&mut self, module: &[u8]) -> Result<(), Refusal> {
        self.begin(module)?;
        self.stream(module, 0, 100);
        self.ask(Command::Commit)
    }

    /// Uploads a module whose install waits to be released.
    pub fn install_held(&mut self, module: &[u8]) {
        self.begin(module).unwrap();
        self.stream(module, 0, 100);
        self.send(99, Command::Commit);
    }

    pub fn status(&self) -> Status {
        decode(&self.device.status()).unwrap()
    }

    /// What the device tells of an app.
    pub fn app(&self, number: u8) -> Option<AppStatus> {
        self.status().apps.iter().find(|app| app.number == number).copied()
    }

    /// The number of the only app.
    #[track_caller]
    pub fn only(&self) -> u8 {
        let apps = self.status().apps;
        let [app] = &apps[..] else { panic!("one app, not {apps:?}") };
        app.number
    }

    /// The only app is this one: in flash, in the executor and in the status.
    #[track_caller]
    pub fn assert_app(&self, module: &[u8]) {
        let number = self.only();
        self.assert_started(number, module);
        assert_eq!(self.loaded.iter().flatten().count(), 1);
    }

    /// This app is started.
    #[track_caller]
    pub fn assert_started(&self, number: u8, module: &[u8]) {
        let app = self.app(number).expect("an app");
        assert_eq!((app.fingerprint, app.state), ((&digest(module)).into(), AppState::Started));
        assert_eq!(self.loaded[number as usize], Some(digest(module)));
        assert_eq!(self.status().activity, wamr_proto::Activity::Idle);
    }
}
