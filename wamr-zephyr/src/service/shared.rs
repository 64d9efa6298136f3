//! The state that the threads share: the device, and the transport of its client.

use wamr_device::{Device, Event};
use zephyr::sync::{Mutex, MutexGuard};
use zephyr::sys::sync::Semaphore;
use zephyr::time::{Duration, Forever, NoWait};

use super::transport::Transport;
use crate::clock;

struct Shared {
    /// A reference, because a static that starts with a `None` of `Option<Device>` would also take flash.
    device: Option<&'static mut Device<'static>>,
    /// The transport that serves the client.
    transport: Option<&'static dyn Transport>,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared { device: None, transport: None });

/// Given after every event, because the device may have a new action.
static CHANGED: Semaphore = Semaphore::new(0, 1);

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    let Ok(guard) = mutex.lock();
    guard
}

/// Sets the device.
pub fn set_device(device: &'static mut Device<'static>) {
    lock(&SHARED).device = Some(device);
}

/// Runs `step` on the device. Returns `None` if there is no device yet.
pub fn with_device<R>(step: impl FnOnce(&mut Device<'static>) -> R) -> Option<R> {
    lock(&SHARED).device.as_deref_mut().map(step)
}

pub fn event(event: Event<'_, 'static>) {
    with_device(|device| {
        device.handle(now(), event);
    });
    wake();
}

/// Makes the device's thread look for a new action. May be called from an interrupt.
pub fn wake() {
    CHANGED.give();
}

/// Waits for an event, or until the device needs to know the time.
pub fn wait_for_change() {
    let time = with_device(|device| device.next_time()).flatten();
    // Without a timeout this cannot fail. With one, the device checks the time.
    let _ = match time.map(|time| time.wrapping_sub(now()).cast_signed()) {
        None => CHANGED.take(Forever),
        Some(..=0) => CHANGED.take(NoWait),
        Some(millis) => CHANGED.take(Duration::millis_at_least(millis as u64)),
    };
}

/// Returns the transport that serves the client, if there is one.
pub fn transport() -> Option<&'static dyn Transport> {
    lock(&SHARED).transport
}

/// Lets a transport serve its client. Returns `false` while another client is served.
pub fn serve(transport: &'static dyn Transport) -> bool {
    let mut shared = lock(&SHARED);
    let is_free = shared.transport.is_none();
    if is_free {
        shared.transport = Some(transport);
    }
    is_free
}

/// The client has disconnected.
pub fn serve_nobody() {
    lock(&SHARED).transport = None;
}

/// Milliseconds since the start, in the format of the device.
pub fn now() -> u32 {
    clock::uptime_ms() as u32
}
