//! A device with real modules, a real runtime and simulated flash.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use wamr::{Caller, Error, Limits, Runtime, Trap, Val, ValType};
#[cfg(feature = "delta")]
use wamr_delta::Plan;
use wamr_device::sim::SimFlash;
use wamr_device::{
    Action, AppData, AppEvents, BaseGroup, Buffers, Characteristic, Device, Event, EventHooks, Executor,
    ExecutorConfig, FlashBudget, Geometry, GroupLinker, Host, HostGroup, Image, Mailbox, PerApp, Permissions, Records,
    Role, SignaturePolicy, Supervision, Task,
};
use wamr_proto::{
    APPS_MAX, AppName, AppState, Command, DataFrame, Digest, ErrorCode, EventStats, Excerpt, LogLine, Manifest, Name,
    Outcome, Receipt, Request, Response, RunLimits, Status, Upload, Value, Values, decode, encode,
};
#[cfg(feature = "delta")]
use wamr_proto::{DELTA_FRAME, Fingerprint};
use wamr_signature::{SecretKey, sha256, sign};

/// A process has one runtime, on this pool.
static POOL: Mutex<Option<&'static mut [u8]>> = Mutex::new(None);

const PAGE: u32 = 4096;
pub const SLOTS: u8 = 3;
const FLASH: u32 = (2 + 3 * SLOTS as u32) * PAGE;
/// Apps are started at once.
pub const SUPERVISION: Supervision = Supervision { clients_first: 0, ..Supervision::DEFAULT };
/// When the device erases a free slot, if a client came before.
const ERASES_AT: u32 = 30_000;
/// Bytes of a frame: with this step frames straddle blocks.
const STEP: usize = 244;
/// Bytes of the operations in a frame, so that a delta takes many.
#[cfg(feature = "delta")]
const OPERATIONS: usize = 64;

pub fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

pub fn public(number: u8) -> [u8; 32] {
    *key(number).public_key().as_bytes()
}

/// What an app is for these tests.
#[derive(Clone, Default)]
pub struct App {
    pub manifest: Manifest<'static>,
    /// Its function `version` returns this.
    pub version: i32,
    /// The body of its function `run`.
    pub run: &'static str,
    /// More imports, and definitions after them.
    pub more: &'static str,
    /// Bytes that it has besides.
    pub ballast: usize,
    pub signed_by: Option<u8>,
    /// Entries of the list in its manifest that are denied when it is installed.
    pub denied: u16,
}

impl App {
    pub fn new(name: &str, version: i32) -> Self {
        let manifest = Manifest { name: AppName::new(name).unwrap(), version: version as u32, ..Default::default() };
        Self { manifest, version, ..Default::default() }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The device calls its `run`, which has this body.
    pub fn entry(self, run: &'static str) -> Self {
        self.with(|app| (app.run, app.manifest.entry) = (run, Name::new("run")))
    }

    pub fn counter(self, counter: u32) -> Self {
        self.with(|app| app.manifest.counter = counter)
    }

    pub fn signed(self, key: u8) -> Self {
        self.with(|app| app.signed_by = Some(key))
    }

    pub fn module(&self) -> Vec<u8> {
        let (version, run, more, ballast) = (self.version, self.run, self.more, "-".repeat(self.ballast));
        let mut module = wat::parse_str(format!(
            r#"(module
                (import "wamr" "confirm" (func $confirm))
                {more}
                (func (export "version") (result i32) (i32.const {version}))
                (func (export "confirm") (call $confirm))
                (func (export "trap") unreachable)
                (func (export "run") {run})
                (@custom "ballast" "{ballast}"))"#
        ))
        .unwrap();
        module.extend(self.manifest.to_section().unwrap());
        self.signed_by.map_or(module.clone(), |number| sign(&module, &key(number)).unwrap())
    }
}

/// A group that records for which apps it is used. Its resources are `one` and `two`.
#[derive(Default)]
pub struct Watched {
    uses: PerApp<i32>,
    log: Mutex<Vec<String>>,
}

impl Watched {
    /// What has happened since this was called last: `+0` is the first use by app 0, `-0` its end, `!name` the removal of an app.
    pub fn events(&self) -> String {
        std::mem::take(&mut *self.log.lock().unwrap()).join(" ")
    }
}

impl HostGroup for Watched {
    fn name(&self) -> &str {
        "watched"
    }

    fn resources(&self) -> &[&str] {
        &["one", "two"]
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        let place = linker.group().index();
        // How often the app has used the group.
        linker.func_wrap("use", move |caller: Caller<'_, AppData>, resource: u32| {
            let app = caller.data();
            app.require_of(self, place, resource)?;
            let uses = self.uses.with(app.number(), |uses| {
                *uses += 1;
                *uses
            });
            if uses == 1 {
                self.log.lock().unwrap().push(format!("+{}", app.number()));
            }
            Ok::<i32, Trap>(uses)
        })?;
        // The first byte of the signer, or -1.
        linker.func_wrap("signer", |caller: Caller<'_, AppData>| {
            caller.data().signer().map_or(-1, |signer| i32::from(signer.as_bytes()[0]))
        })?;
        linker.func_wrap("work", |micros: u32| MICROS.set(MICROS.get() + u64::from(micros)))?;
        linker.func_wrap("nap", || std::thread::sleep(Duration::from_millis(1)))
    }

    fn unloaded(&self, app: &AppData) {
        self.uses.take(app.number());
        self.log.lock().unwrap().push(format!("-{}", app.number()));
    }

    fn removed(&self, name: &str) {
        self.log.lock().unwrap().push(format!("!{name}"));
    }
}

/// A group without resources, whose function doubles a number.
struct Plain;

impl HostGroup for Plain {
    fn name(&self) -> &str {
        "plain"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        linker.func_new("double", &[ValType::I32], &[ValType::I32], |_, args, results| {
            let Val::I32(number) = args[0] else { return Err(Trap::host("not a number")) };
            results[0] = Val::I32(2 * number);
            Ok(())
        })
    }
}

pub fn digest(module: &[u8]) -> Digest {
    Digest(sha256(module))
}

struct Mapped<'f>(&'f SimFlash);

impl Image for Mapped<'_> {
    fn with<R>(&self, range: std::ops::Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&self.0.bytes()[range.start as usize..range.end as usize])
    }
}

/// What a device is, from one start to the next.
pub struct Rig<'e, 'l, 'rt> {
    device: Device<'static>,
    executor: &'e mut Executor<'l, 'rt>,
    pub flash: &'e mut SimFlash,
    pub watched: &'e Watched,
    pub events: &'static AppEvents,
    responses: Vec<Response>,
    /// That of the last response.
    pub excerpt: Option<Excerpt>,
    /// That of the last refusal.
    pub message: String,
    pub receipts: Vec<Receipt>,
    /// The upload of the last status that told of one.
    pub told: Option<Upload>,
    seq: u32,
    now: u32,
    /// An entry does not return, and the watchdog is about to restart the device.
    is_stuck: bool,
}

thread_local! {
    /// Whether entries return.
    static HANG: Cell<bool> = const { Cell::new(false) };
    /// The time, for timers.
    static NOW: Cell<u32> = const { Cell::new(0) };
    /// The time in microseconds, for receipts. Only `watched.work` lets it pass.
    static MICROS: Cell<u64> = const { Cell::new(0) };
}

/// Starts a device on this flash of which the first entry that it calls does not return. Whether it has called one.
pub fn hang(flash: &mut SimFlash, signatures: SignaturePolicy) -> bool {
    HANG.set(true);
    let is_stuck = powered(flash, signatures, |rig| rig.is_stuck);
    HANG.set(false);
    is_stuck
}

/// Starts a device on this flash, and ends it as a loss of power would.
pub fn powered<R>(
    flash: &mut SimFlash,
    signatures: SignaturePolicy,
    live: impl FnOnce(&mut Rig<'_, '_, '_>) -> R,
) -> R {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Runtime::new(pool.take().unwrap_or_else(|| vec![0; 256 * 1024].leak())).unwrap();
    let result = run(&runtime, flash, signatures, live);
    *pool = Some(runtime.into_pool());
    result
}

fn run<R>(
    runtime: &Runtime,
    flash: &mut SimFlash,
    signatures: SignaturePolicy,
    live: impl FnOnce(&mut Rig<'_, '_, '_>) -> R,
) -> R {
    let base = BaseGroup::new(|_: &LogLine<'_>| (), || 0);
    let watched = Watched::default();
    NOW.set(0);
    let hooks = EventHooks { now: || NOW.get(), wake: || (), share: 50 };
    let events: &AppEvents = Box::leak(Box::new(AppEvents::new(hooks)));
    let groups: [&dyn HostGroup; 3] = [&base, &Plain, &watched];
    let host = Host::new(runtime, &groups).unwrap();
    let config = ExecutorConfig {
        limits: Limits {
            fuel: Some(100_000),
            pool: Some(80 * 1024),
            native_stack: Some(256 * 1024),
            ..Limits::DEFAULT
        },
        signatures,
        now: || MICROS.get(),
        events: Some(events),
    };
    let mut executor = Executor::new(&host, &config);
    let geometry = Geometry::new(FLASH, PAGE, 4, SLOTS).unwrap();
    let records = Records::read(flash, &geometry).unwrap();
    let buffers = Box::leak(Box::new(Buffers::new()));
    let mut device = Device::new(geometry, SUPERVISION, signatures, buffers);
    device.set_flash_budget(FlashBudget::UNLIMITED);
    device.set_events(events);
    device.start(&records);
    let (responses, excerpt, message, receipts) = Default::default();
    let mut rig = Rig {
        device,
        executor: &mut executor,
        flash,
        watched: &watched,
        events,
        responses,
        excerpt,
        message,
        receipts,
        told: None,
        seq: 0,
        now: 0,
        is_stuck: false,
    };
    rig.settle();
    rig.handle(Event::Connected(Role::Owner));
    let result = live(&mut rig);
    drop(rig);
    // The groups are told of the end of each app.
    drop(executor);
    (0..APPS_MAX as u8).for_each(|app| assert_eq!(watched.uses.take(app), None));
    result
}

pub fn flash() -> SimFlash {
    SimFlash::new(FLASH as usize)
}

impl Rig<'_, '_, '_> {
    /// Without, the flash of this device does not wear out.
    pub fn set_flash_budget(&mut self, budget: FlashBudget) {
        self.device.set_flash_budget(budget);
    }

    pub fn set_call_bytes(&mut self, bytes: u32) {
        self.device.set_call_bytes(bytes);
    }

    pub fn set_permissions(&mut self, permissions: Permissions) {
        self.device.set_permissions(permissions);
    }

    /// The client disconnects, and another one connects.
    pub fn reconnect(&mut self, role: Role) {
        self.handle(Event::Disconnected);
        self.handle(Event::Connected(role));
    }

    pub fn set_mailbox(&mut self, mailbox: &'static dyn Mailbox) {
        self.device.set_mailbox(mailbox);
    }

    pub fn handle(&mut self, event: Event<'_, 'static>) {
        self.device.handle(self.now, event);
        self.settle();
    }

    /// Lets time pass.
    pub fn wait(&mut self, millis: u32) {
        self.now += millis;
        NOW.set(self.now);
        self.settle();
    }

    pub fn now(&self) -> u32 {
        self.now
    }

    /// The app that gets an event next. It does not get it.
    pub fn next_delivery(&mut self) -> Option<u8> {
        match self.device.poll(self.now) {
            Some(Action::Execute(Task::Deliver { slot })) => Some(*slot),
            _ => None,
        }
    }

    /// When the device next needs to know the time, but for erasing a free slot.
    pub fn next_time(&self) -> Option<u32> {
        self.device.next_time().filter(|time| *time != ERASES_AT)
    }

    /// Does what the device wants, until power is gone.
    fn settle(&mut self) {
        while self.flash.is_powered()
            && !self.is_stuck
            && let Some(action) = self.device.poll(self.now)
        {
            match action {
                Action::Flash(op) => {
                    let done = op.perform(self.flash);
                    if self.flash.is_powered() {
                        self.device.handle(self.now, Event::Flash(done));
                    }
                }
                Action::Execute(Task::Enter { .. }) if HANG.get() => self.is_stuck = true,
                Action::Execute(task) => {
                    let done = self.executor.perform(task, &Mapped(self.flash));
                    self.device.handle(self.now, Event::Executed(task, done));
                }
                Action::Interrupt => panic!("nothing runs while the device is asked"),
                Action::Bonds(_) => self.device.handle(self.now, Event::Bonds(None)),
                Action::Notify(Characteristic::Control, message) => self.responses.push(decode(&message).unwrap()),
                Action::Notify(Characteristic::Result, message) => self.receipts.push(decode(&message).unwrap()),
                Action::Notify(Characteristic::Status, message) => {
                    self.told = decode::<Status>(&message).unwrap().upload.or(self.told);
                }
            }
        }
    }

    /// What became of a request.
    pub fn ask(&mut self, command: Command) -> Result<(), Failed> {
        if !self.flash.is_powered() {
            return Err(Failed::NoPower);
        }
        self.seq += 1;
        self.responses.clear();
        self.excerpt = None;
        self.handle(Event::Control(&encode(&Request { seq: self.seq, command }).unwrap()));
        let Some(response) = self.responses.pop() else {
            assert!(!self.flash.is_powered(), "an answer");
            return Err(Failed::NoPower);
        };
        assert_eq!((response.seq, self.responses.len()), (self.seq, 0));
        self.excerpt = response.excerpt;
        let Some(refusal) = response.refusal else { return Ok(()) };
        self.message = refusal.message.as_str().into();
        Err(Failed::Refused(refusal.code, refusal.bound))
    }

    /// Sends requests, all of them before the device goes on. Returns the refusals.
    pub fn ask_at_once(&mut self, commands: &[Command]) -> Vec<Option<ErrorCode>> {
        self.responses.clear();
        for command in commands {
            self.seq += 1;
            let request = encode(&Request { seq: self.seq, command: command.clone() }).unwrap();
            self.device.handle(self.now, Event::Control(&request));
        }
        self.settle();
        self.responses.drain(..).map(|response| response.refusal.map(|refusal| refusal.code)).collect()
    }

    /// Uploads and installs a module as a client does that comes back: from the durable offset on.
    pub fn install(&mut self, app: &App) -> Result<(), Failed> {
        self.install_denying(&app.module(), app.denied)
    }

    pub fn install_module(&mut self, module: &[u8]) -> Result<(), Failed> {
        self.install_denying(module, 0)
    }

    fn install_denying(&mut self, module: &[u8], denied: u16) -> Result<(), Failed> {
        self.install_announced(module, digest(module), denied)
    }

    /// Installs a module that is announced by this digest.
    pub fn install_announced(&mut self, module: &[u8], digest: Digest, denied: u16) -> Result<(), Failed> {
        self.ask(Command::Begin { size: module.len() as u32, digest, denied })?;
        let from = self.status().upload.map_or(0, |upload| upload.durable) as usize;
        for start in (from..module.len()).step_by(STEP) {
            let mut buffer = [0; STEP + 4];
            let bytes = &module[start..module.len().min(start + STEP)];
            let frame = DataFrame { offset: start as u32, bytes };
            if self.flash.is_powered() {
                self.handle(Event::Data(frame.encode(&mut buffer).unwrap()));
            }
        }
        self.ask(Command::Commit)
    }

    /// Like [`install`](Self::install), but sends only the changes to another version, if that is still installed.
    #[cfg(feature = "delta")]
    pub fn upgrade(&mut self, from: &App, to: &App) -> Result<(), Failed> {
        let (base, module) = (from.module(), to.module());
        let apps = self.status().apps;
        let find = |module| apps.iter().find(|app| app.fingerprint == Fingerprint::from(&digest(module)));
        let Some(app) = find(&base).map(|app| app.number) else {
            assert!(find(&module).is_some() || !self.flash.is_powered(), "neither version is installed");
            return Ok(());
        };
        self.ask(Command::Begin { size: module.len() as u32, digest: digest(&module), denied: to.denied })?;
        self.ask(Command::Base { app })?;
        let (plan, mut operations, mut sent) = (Plan::new(&base, &module), Vec::new(), 0);
        let mut next = self.status().upload.map_or(0, |upload| upload.durable);
        while (next as usize) < module.len() && self.flash.is_powered() {
            let granted = self.status().upload.expect("it is open").granted;
            let end = plan.frame(next, granted, OPERATIONS, &mut operations);
            let frame = DataFrame { offset: next | DELTA_FRAME, bytes: &operations };
            self.handle(Event::Data(frame.encode(&mut [0; OPERATIONS + 4]).unwrap()));
            (next, sent) = (end, sent + operations.len());
        }
        assert!(sent < module.len() / 4, "{sent} bytes for {}", module.len());
        self.ask(Command::Commit)
    }

    /// Calls a function without arguments.
    pub fn run(&mut self, app: u8, export: &str) -> Result<Outcome, Failed> {
        self.run_with(app, export, &[])
    }

    /// Calls a function.
    pub fn run_with(&mut self, app: u8, export: &str, args: &[Value]) -> Result<Outcome, Failed> {
        self.run_within(RunLimits::default(), app, export, args)
    }

    /// Calls a function within limits of the client.
    pub fn run_within(&mut self, limits: RunLimits, app: u8, export: &str, args: &[Value]) -> Result<Outcome, Failed> {
        let (export, args) = (Name::new(export).unwrap(), Values::new(args).unwrap());
        self.receipts.clear();
        self.ask(Command::Run { app, export, args, limits })?;
        Ok(self.receipts[0].outcome.clone())
    }

    /// The number that a function returns.
    #[track_caller]
    pub fn call(&mut self, app: u8, export: &str, args: &[i32]) -> i32 {
        let args: Vec<_> = args.iter().copied().map(Value::I32).collect();
        match self.run_with(app, export, &args) {
            Ok(Outcome::Returned(values)) => match *values {
                [Value::I32(value)] => value,
                _ => panic!("{values:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    pub fn status(&self) -> Status {
        decode(&self.device.status()).unwrap()
    }

    /// The versions that the apps of this name say they are, and their states.
    pub fn versions(&mut self, name: &str) -> Vec<(i32, AppState)> {
        let apps: Vec<_> = self.status().apps.iter().copied().collect();
        let mut versions = vec![];
        for app in apps {
            let details = self.describe(app.number).details.unwrap();
            if details.name.as_str() == name {
                let version = match self.run(app.number, "version") {
                    Ok(Outcome::Returned(values)) => values[0],
                    other => panic!("{other:?}"),
                };
                let Value::I32(version) = version else { panic!("a number") };
                versions.push((version, app.state));
            }
        }
        versions
    }

    /// The only version of the app, started.
    #[track_caller]
    pub fn assert_version(&mut self, name: &str, version: i32) {
        assert_eq!(self.versions(name), [(version, AppState::Started)]);
    }

    /// How the events of an app went, as clients see it.
    pub fn event_stats(&mut self, app: u8) -> Option<EventStats> {
        self.describe(app).events
    }

    /// The entries that an app was denied.
    pub fn denied(&mut self, app: u8) -> Option<u32> {
        self.describe(app).denied
    }

    fn describe(&mut self, app: u8) -> Response {
        self.seq += 1;
        self.handle(Event::Control(&encode(&Request { seq: self.seq, command: Command::Describe { app } }).unwrap()));
        self.responses.pop().unwrap()
    }

    pub fn number(&self) -> u8 {
        self.status().apps[0].number
    }
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// With its bound.
    Refused(ErrorCode, Option<u32>),
    NoPower,
}
