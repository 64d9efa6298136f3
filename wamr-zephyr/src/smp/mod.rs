//! The service over SMP, the protocol of MCUmgr (`docs/smp.md`).
//!
//! SMP has requests and responses, but the device notifies. What it notifies is therefore kept here, and clients fetch it. On serial ports
//! and over UDP there are no connections either: the first request makes its sender the client.

mod ffi;
#[cfg(CONFIG_WAMR_ZEPHYR_SMP_FILES)]
mod files;
mod kept;
mod lines;

use wamr_device::Characteristic;
#[cfg(CONFIG_WAMR_ZEPHYR_SMP_FILES)]
use wamr_proto::MESSAGE_MAX;
use wamr_proto::{LogLine, Message, peek};
use zephyr::kconfig;
use zephyr::sync::Mutex;
use zephyr::sys::sync::Semaphore;
use zephyr::time::Duration;

use crate::clock;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
use crate::service::transport::NotSent;
use crate::service::transport::{self, Role, Transport};
use kept::Kept;
use lines::Lines;

/// MCUmgr with the command group of the service.
pub(crate) struct Smp;

impl Transport for Smp {
    fn name(&self) -> &'static str {
        "SMP"
    }

    fn start(&self) -> zephyr::error::Result<()> {
        ffi::start();
        Ok(())
    }

    /// Clients fetch what was kept.
    fn notify(&self, _characteristic: Characteristic, _message: &Message) {}
}

/// The sender of a request: `struct wamr_smp_client` of `zephyr/smp/smp.h`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
struct Client {
    transport: usize,
    /// The Bluetooth link, or 0.
    link: usize,
    address: [u8; 24],
    is_owner: bool,
    /// The Bluetooth transport reports when it comes and goes.
    is_admitted: bool,
}

/// The number of log bytes that are kept.
const LOG: usize = kconfig::CONFIG_WAMR_ZEPHYR_SMP_LOG_SIZE as usize;

struct Session {
    client: Option<Client>,
    /// The `seq` of the client's latest request, 0 before the first one.
    asked: u32,
    kept: Kept,
}

static SESSION: Mutex<Session> = Mutex::new(Session { client: None, asked: 0, kept: Kept::new() });
static LINES: Mutex<Lines<LOG>> = Mutex::new(Lines::new());

/// Given when something was kept.
static NEWS: Semaphore = Semaphore::new(0, 1);

fn lock<T>(mutex: &Mutex<T>) -> zephyr::sync::MutexGuard<'_, T> {
    let Ok(guard) = mutex.lock();
    guard
}

/// Keeps what the device notifies, for the client to fetch.
pub(crate) fn keep(characteristic: Characteristic, message: &Message) {
    if characteristic == Characteristic::Control {
        lock(&SESSION).kept.response(message);
    }
    NEWS.give();
}

/// Keeps a log line, for the client to fetch.
pub(crate) fn keep_line(line: &LogLine<'_>) {
    lock(&LINES).push(&line.to_message());
}

/// Keeps a line of the device itself, and prints it. No app can log a line that starts like this.
#[cfg(CONFIG_WAMR_ZEPHYR_SMP_FILES)]
fn note(text: core::fmt::Arguments<'_>) {
    zephyr::printkln!("wamr: {text}");
    let mut line = heapless::String::<MESSAGE_MAX>::new();
    // The rest is cut off.
    let _ = core::fmt::Write::write_fmt(&mut line, format_args!(": {text}"));
    lock(&LINES).push(line.as_bytes());
}

/// Keeps a message of an app, for the client to fetch.
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
pub(crate) fn keep_message(value: &Message) -> Result<(), NotSent> {
    let mut session = lock(&SESSION);
    if session.client.is_none() {
        return Err(NotSent::NoClient);
    }
    session.kept.message(value).map_err(|_| NotSent::Busy)
}

/// Another client is served.
struct Busy;

/// Makes the sender of a request the client, if there is no other.
fn admit(client: &Client) -> Result<(), Busy> {
    let mut session = lock(&SESSION);
    if session.client.as_ref() == Some(client) {
        return Ok(());
    }
    let role = if client.is_owner { Role::Owner } else { Role::Operator };
    if !client.is_admitted && !transport::connected(&Smp, role) {
        return Err(Busy);
    }
    *session = Session { client: Some(*client), asked: 0, kept: Kept::new() };
    Ok(())
}

/// Ends the session of the client, if this is the one.
fn end(is_meant: impl FnOnce(&Client) -> bool) {
    let ended = {
        let mut session = lock(&SESSION);
        let ended = session.client.take_if(|client| is_meant(client));
        if ended.is_some() {
            (session.asked, session.kept) = (0, Kept::new());
        }
        ended
    };
    // The end of a Bluetooth link is reported by its transport.
    if ended.is_some_and(|client| !client.is_admitted) {
        transport::disconnected();
    }
}

/// Passes a request on, unless it is a repetition, and waits for its response for some time.
fn ask(request: &[u8]) -> Option<Message> {
    let seq = peek::seq(request);
    let is_new = {
        let mut session = lock(&SESSION);
        let is_new = seq == 0 || session.asked != seq;
        if is_new {
            session.asked = seq;
            session.kept.forget(seq);
        }
        is_new
    };
    if is_new {
        transport::control(request);
    }
    wait_until(deadline(), || response(seq))
}

/// When the request that is being performed must be answered, in milliseconds since the start.
fn deadline() -> i64 {
    clock::uptime_ms() + kconfig::CONFIG_WAMR_ZEPHYR_SMP_WAIT_MS as i64
}

/// Waits until something is there, until a deadline, and looks again whenever the device has notified something.
fn wait_until<T>(deadline: i64, find: impl Fn() -> Option<T>) -> Option<T> {
    loop {
        let found = find();
        let left = deadline - clock::uptime_ms();
        if found.is_some() || left <= 0 {
            return found;
        }
        // What was notified, if anything, is looked at next.
        let _ = NEWS.take(Duration::millis_at_least(left as u64));
    }
}

/// Returns the response to a request that was answered lately.
fn response(seq: u32) -> Option<Message> {
    lock(&SESSION).kept.response_to(seq).cloned()
}

/// Returns the oldest log lines.
fn lines() -> Message {
    lock(&LINES).take()
}

/// Returns the oldest message of an app.
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
fn message() -> Message {
    lock(&SESSION).kept.take_message().unwrap_or_default()
}
