//! Transports: they carry messages between the service and clients, and decide nothing.
//!
//! A transport is a file with a type that implements [`Transport`] and stands in [`TRANSPORTS`]. It calls the functions of this
//! module when something arrives, from any thread, but not from an interrupt:
//!
//! 1. [`connected`] once a client may use the service, and on `false` hangs up, as another transport serves a client;
//! 2. [`data`], [`control`], [`status`] and [`receipt`] for that client;
//! 3. [`disconnected`] when the client is gone.
#![cfg_attr(not(CONFIG_WAMR_ZEPHYR_BLE), allow(dead_code, reason = "this build has no transport"))]

use wamr_device::{BondsOp, Characteristic, Event, Role};
use wamr_proto::{Bond, LogLine, Message};

use super::StartError;
use super::shared::{self, event, with_device};

/// The transports of this build.
const TRANSPORTS: &[&dyn Transport] = &[
    #[cfg(CONFIG_WAMR_ZEPHYR_BLE)]
    &crate::ble::Bluetooth,
];

/// Carries messages to a client.
pub trait Transport: Sync {
    /// Its name for people.
    fn name(&self) -> &'static str;

    /// Lets clients come. Called once, on the device's thread.
    ///
    /// # Errors
    /// The driver's.
    fn start(&self) -> zephyr::error::Result<()>;

    /// Notifies the client, if it has subscribed. May wait for a buffer. Called on the device's thread.
    fn notify(&self, characteristic: Characteristic, message: &Message);

    /// Notifies the client of a line that an app logs, or drops it: must not wait. Called on the thread that runs apps.
    fn log(&self, _line: &LogLine<'_>) {}

    /// Reads or removes a bond; `None` if there is no such bond. Called on the device's thread.
    fn perform(&self, _op: BondsOp) -> Option<Bond> {
        None
    }
}

/// Lets clients come on all transports.
pub fn start() -> Result<(), StartError> {
    TRANSPORTS.iter().try_for_each(|transport| {
        transport.start().map_err(|error| StartError::Transport { name: transport.name(), error })
    })
}

/// A client that has this role may use the service now. `false`: not before the client of another transport has gone.
#[must_use = "a client that is not served has to be disconnected"]
pub fn connected(transport: &'static dyn Transport, role: Role) -> bool {
    let is_served = shared::serve(transport);
    if is_served {
        event(Event::Connected(role));
    }
    is_served
}

/// The client is gone.
pub fn disconnected() {
    // First, so that the device hears of the next client, of whichever transport, after that.
    event(Event::Disconnected);
    shared::serve_nobody();
}

/// The client wrote to *data*.
pub fn data(value: &[u8]) {
    event(Event::Data(value));
}

/// The client wrote to *control*.
pub fn control(value: &[u8]) {
    event(Event::Control(value));
}

/// What the client reads from *status*.
pub fn status() -> Message {
    with_device(|device| device.status()).unwrap_or_default()
}

/// What the client reads from *result*.
pub fn receipt() -> Message {
    with_device(|device| device.receipt()).unwrap_or_default()
}

/// Notifies the client. Without one that has subscribed there is nobody to notify; a client that subscribes later can read.
pub fn notify(characteristic: Characteristic, message: &Message) {
    if let Some(transport) = shared::transport() {
        transport.notify(characteristic, message);
    }
}

/// Notifies the client of a line that an app logs.
pub fn log(line: &LogLine<'_>) {
    if let Some(transport) = shared::transport() {
        transport.log(line);
    }
}

/// Reads or removes a bond of whichever transport has it.
pub fn perform(op: BondsOp) -> Option<Bond> {
    TRANSPORTS.iter().find_map(|transport| transport.perform(op))
}
