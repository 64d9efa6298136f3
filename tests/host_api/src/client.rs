//! A client inside the firmware: it installs apps and calls them over the protocol, like one on the air.

use core::fmt::Debug;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use heapless::Deque;
use wamr_proto::{
    AppMessage, AppPage, AppStatus, Command, DataFrame, Digest, Excerpt, Fingerprint, Message, MessageFrame, Name,
    Outcome, Part, Receipt, Refusal, Request, Response, RunLimits, Status, Value, Values, decode, encode,
};
use wamr_zephyr::slot::Slot;
use wamr_zephyr::transport::{self, Characteristic, NotSent, Role, Transport};
use wamr_zephyr::{Device, POOL, clock};
use zephyr::sync::Mutex;
use zephyr::sys::sync::Semaphore;
use zephyr::thread::ReadyThread;
use zephyr::time::Duration;

use crate::board::note_apps_thread;

/// The transport of the client.
pub struct Client;

/// What the device has notified. The test takes all that follows a request before the next.
static NOTIFIED: Mutex<Deque<(Characteristic, Message), 16>> = Mutex::new(Deque::new());
static READY: Semaphore = Semaphore::new(0, 16);
/// The messages of apps.
static MESSAGES: Mutex<Deque<Message, 8>> = Mutex::new(Deque::new());

/// Whether no client takes messages.
static IS_GONE: AtomicBool = AtomicBool::new(false);

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::millis_at_least(20_000);

impl Transport for Client {
    fn name(&self) -> &'static str {
        "test"
    }

    fn start(&self) -> zephyr::error::Result<()> {
        Ok(())
    }

    fn message(&self, value: &Message) -> Result<(), NotSent> {
        note_apps_thread();
        if IS_GONE.load(Relaxed) {
            return Err(NotSent::NoClient);
        }
        let Ok(mut messages) = MESSAGES.lock();
        messages.push_back(value.clone()).map_err(|_| NotSent::Busy)
    }

    fn notify(&self, characteristic: Characteristic, message: &Message) {
        // The status is read instead.
        if characteristic == Characteristic::Status {
            return;
        }
        let Ok(mut notified) = NOTIFIED.lock();
        assert!(notified.push_back((characteristic, message.clone())).is_ok(), "the test takes what is notified");
        READY.give();
    }
}

/// A module with its digest.
pub struct App {
    pub module: &'static [u8],
    pub digest: &'static [u8; 32],
}

/// The app that `build.rs` has made.
macro_rules! app {
    ($name:literal) => {
        $crate::client::App {
            module: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".wasm")),
            digest: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".digest")),
        }
    };
}
pub(crate) use app;

/// Runs a device with this client while a thread runs the tests.
pub fn run_device(tests: ReadyThread) -> ! {
    run_device_with(tests, |device| device)
}

/// As [`run_device`], with what `offer` adds to the device.
pub fn run_device_with(tests: ReadyThread, offer: impl FnOnce(Device) -> Device) -> ! {
    let pool = POOL.take().expect("nobody else takes the pool");
    let slot = Slot::take().expect("the flash is ready");
    // Less urgent than the device, so that it is done when a test goes on.
    tests.set_priority(12);
    tests.start();
    let Err(error) = offer(Device::new(pool, slot)).transports(&[&Client]).run();
    panic!("{error}");
}

pub fn connect() {
    assert!(transport::connected(&Client, Role::Owner), "nobody else is a client");
}

/// Installs an app, and returns its number.
pub fn install(app: &App) -> u8 {
    try_install(app).map_err(text).expect("the device takes it")
}

/// Installs an app, and returns its number, or why the device does not take it.
pub fn try_install(app: &App) -> Result<u8, Refusal> {
    let size = app.module.len() as u32;
    succeed(Command::Begin { size, digest: Digest(*app.digest), denied: 0 });
    let mut frame = [0; 244];
    for (at, bytes) in app.module.chunks(frame.len() - 4).enumerate() {
        let offset = (at * (frame.len() - 4)) as u32;
        // The device has a few blocks only.
        wait_until("the upload goes on", || {
            status().upload.is_some_and(|upload| upload.granted >= offset + bytes.len() as u32)
        });
        transport::data(DataFrame { offset, bytes }.encode(&mut frame).expect("the frame is long enough"));
    }
    wait_until("the upload is complete", || status().upload.is_some_and(|upload| upload.durable == size));
    if let Some(refusal) = request(Command::Commit).0.refusal {
        return Err(refusal);
    }
    let installed = Fingerprint::from(&Digest(*app.digest));
    let number = |apps: &[AppStatus]| apps.iter().find(|app| app.fingerprint == installed).map(|app| app.number);
    let Status { apps, mut more, .. } = status();
    let mut found = number(&apps);
    while let (None, Some(at)) = (found, more) {
        let page: AppPage = decode(&read(Part::Apps, 0, at.into())).expect("a page of apps");
        found = number(&page);
        more = page.last().map(|app| app.number + 1);
    }
    Ok(found.expect("it is installed"))
}

/// Reads a part of an app or of the device.
pub fn read(part: Part, app: u8, at: u32) -> Excerpt {
    let (response, _) = request(Command::Read { part, app, at });
    response.excerpt.expect("the device has it")
}

/// Takes the next message of an app.
pub fn next_message() -> Option<Message> {
    MESSAGES.lock().ok()?.pop_front()
}

/// From now on, no client takes messages, or this one does again.
pub fn leave_messages(is_gone: bool) {
    IS_GONE.store(is_gone, Relaxed);
}

/// Removes an app.
pub fn remove(app: u8) {
    succeed(Command::Remove { app });
}

/// Stops an app.
pub fn stop(app: u8) {
    succeed(Command::Stop { app });
}

/// Starts an app that was stopped.
pub fn start(app: u8) {
    succeed(Command::Start { app });
}

/// Sends a message to an app.
pub fn send(app: u8, text: &str) {
    succeed(Command::Send { app, message: AppMessage::new(text.as_bytes()).expect("the message is short") });
}

/// Returns the next message, which is one of this app.
#[track_caller]
pub fn receive(app: u8) -> heapless::String<{ AppMessage::MAX }> {
    wait_until("a message comes", || MESSAGES.lock().is_ok_and(|messages| !messages.is_empty()));
    let Ok(mut messages) = MESSAGES.lock();
    let message = messages.pop_front().expect("nobody else takes it");
    let frame = MessageFrame::decode(&message).expect("it is of an app");
    assert_eq!(frame.app, app);
    core::str::from_utf8(frame.bytes).ok().and_then(|text| text.try_into().ok()).expect("it is a short text")
}

/// Delivers no events to an app for so many milliseconds. 0 ends that.
pub fn hold(app: u8, millis: u16) {
    succeed(Command::Hold { app, millis });
}

/// Calls an export.
pub fn run(app: u8, export: &str, args: &[Value]) -> Outcome {
    let export = Name::new(export).expect("the name is short");
    let args = Values::first(args.iter().copied());
    let (response, receipt) = request(Command::Run { app, export, args, limits: RunLimits::default() });
    assert_eq!(response.refusal, None);
    receipt.expect("a call has a receipt").outcome
}

fn succeed(command: Command) {
    let (response, _) = request(command);
    assert_eq!(response.refusal.map(text), None);
}

fn text(refusal: Refusal) -> impl Debug + PartialEq {
    (refusal.code, refusal.message)
}

/// Sends a request, and waits for the response and the receipt before it.
fn request(command: Command) -> (Response, Option<Receipt>) {
    let request = Request { seq: 1, command };
    transport::control(&encode(&request).expect("requests of tests are short"));
    let mut receipt = None;
    loop {
        READY.take(PATIENCE).expect("the device answers");
        let Ok(mut notified) = NOTIFIED.lock();
        match notified.pop_front() {
            Some((Characteristic::Control, message)) => {
                return (decode(&message).expect("a response"), receipt);
            }
            Some((Characteristic::Result, message)) => receipt = Some(decode(&message).expect("a receipt")),
            _ => {}
        }
    }
}

fn status() -> Status {
    decode(&transport::status()).expect("a status")
}

#[track_caller]
fn wait_until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        sleep(1);
    }
    panic!("not in time: {what}");
}

/// Milliseconds.
pub fn sleep(millis: u32) {
    clock::sleep(core::time::Duration::from_millis(millis.into()));
}
