//! Transports: they carry messages between the service and clients, and contain no logic.
//!
//! A transport is a file with a type that implements [`Transport`] and is listed in [`TRANSPORTS`]. It calls the functions of
//! this module when something arrives, from any thread, but not from an interrupt:
//!
//! 1. [`connected`] when a client may use the service; if it returns `false`, another transport serves a client, and this one
//!   must disconnect;
//! 2. [`data`], [`control`], [`status`] and [`receipt`] for that client;
//! 3. [`disconnected`] when the client has disconnected.
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
    /// Its name, for messages.
    fn name(&self) -> &'static str;

    /// Starts to accept clients. Called once, on the device's thread.
    ///
    /// # Errors
    /// The error of the driver.
    fn start(&self) -> zephyr::error::Result<()>;

    /// Notifies the client, if it has subscribed. May wait for a buffer. Called on the device's thread.
    fn notify(&self, characteristic: Characteristic, message: &Message);

    /// Notifies the client of a log line, or drops the line. Must not block. Called on the thread that runs apps.
    fn log(&self, _line: &LogLine<'_>) {}

    /// Reads or removes a bond; `None` if there is no such bond. Called on the device's thread.
    fn perform(&self, _op: BondsOp) -> Option<Bond> {
        None
    }
}

/// Starts to accept clients on all transports.
pub fn start() -> Result<(), StartError> {
    TRANSPORTS.iter().try_for_each(|transport| {
        transport.start().map_err(|error| StartError::Transport { name: transport.name(), error })
    })
}

/// Reports that a client with this role may use the service now. Returns `false` if a client of another transport is connected.
#[must_use = "a client that is not served has to be disconnected"]
pub fn connected(transport: &'static dyn Transport, role: Role) -> bool {
    let is_served = shared::serve(transport);
    if is_served {
        event(Event::Connected(role));
    }
    is_served
}

/// Reports that the client has disconnected.
pub fn disconnected() {
    // This comes first, so that the device learns of the next client, on any transport, only after that.
    event(Event::Disconnected);
    shared::serve_nobody();
}

/// Reports that the client wrote to *data*.
pub fn data(value: &[u8]) {
    event(Event::Data(value));
}

/// Reports that the client wrote to *control*.
pub fn control(value: &[u8]) {
    event(Event::Control(value));
}

/// Returns the value of *status*.
pub fn status() -> Message {
    with_device(|device| device.status()).unwrap_or_default()
}

/// Returns the value of *result*.
pub fn receipt() -> Message {
    with_device(|device| device.receipt()).unwrap_or_default()
}

/// Notifies the client. If no client has subscribed, nobody is notified: a client that subscribes later can read the value.
pub fn notify(characteristic: Characteristic, message: &Message) {
    if let Some(transport) = shared::transport() {
        transport.notify(characteristic, message);
    }
}

/// Notifies the client of a log line.
pub fn log(line: &LogLine<'_>) {
    if let Some(transport) = shared::transport() {
        transport.log(line);
    }
}

/// Reads or removes a bond, on the transport that stores it.
pub fn perform(op: BondsOp) -> Option<Bond> {
    TRANSPORTS.iter().find_map(|transport| transport.perform(op))
}
