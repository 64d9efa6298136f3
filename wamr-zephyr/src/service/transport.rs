//! Transports: they carry messages between the service and clients, and contain no logic.
//!
//! A transport is a file with a type that implements [`Transport`]. Those of this crate are listed in `TRANSPORTS`, those of a
//! firmware are given to [`Device::transports`](crate::Device::transports). A transport calls the functions of this module when
//! something arrives, from any thread, but not from an interrupt:
//!
//! 1. [`connected`] when a client may use the service; if it returns `false`, another transport serves a client, and this one
//!   must disconnect;
//! 2. [`data`], [`control`], [`status`] and [`receipt`] for that client;
//! 3. [`disconnected`] when that client has disconnected.

use wamr_device::Event;
pub use wamr_device::{BondsOp, Characteristic, Role};
pub use wamr_proto::{Bond, LogLine, Message};

use super::StartError;
use super::shared::{self, event, with_device};

pub(crate) type Transports = [&'static dyn Transport];

/// The transports of this build.
const TRANSPORTS: &Transports = &[
    #[cfg(CONFIG_WAMR_ZEPHYR_BLE)]
    &crate::ble::Bluetooth,
    #[cfg(CONFIG_WAMR_ZEPHYR_SERIAL)]
    &crate::serial::Serial,
    #[cfg(CONFIG_WAMR_ZEPHYR_SMP)]
    &crate::smp::Smp,
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

    /// Notifies the client of a message of an app: a value of *message*. Must not block. Called on the thread that runs apps.
    ///
    /// # Errors
    /// [`NotSent`]; [`NotSent::NoClient`] on a transport without messages.
    fn message(&self, _value: &Message) -> Result<(), NotSent> {
        Err(NotSent::NoClient)
    }

    /// Reads or removes a bond; `None` if there is no such bond. Called on the device's thread.
    fn perform(&self, _op: BondsOp) -> Option<Bond> {
        None
    }
}

/// Why a message of an app was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// No client is connected that has subscribed.
    NoClient,
    /// The client cannot take a message now.
    Busy,
}

/// All transports: those of this build, then the firmware's own.
fn all(own: &Transports) -> impl Iterator<Item = &'static dyn Transport> {
    TRANSPORTS.iter().chain(own).copied()
}

/// Starts to accept clients on all transports.
pub(crate) fn start(own: &Transports) -> Result<(), StartError> {
    all(own).try_for_each(|transport| {
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

/// Returns how many bytes of the open upload have arrived. `None` if there is no upload that can go on.
#[cfg(CONFIG_WAMR_ZEPHYR_SMP_FILES)]
pub(crate) fn received() -> Option<u32> {
    with_device(|device| device.received()).flatten()
}

/// Notifies the client. If no client has subscribed, nobody is notified: a client that subscribes later can read the value.
pub(crate) fn notify(characteristic: Characteristic, message: &Message) {
    // Clients over SMP fetch it, also those on the link of another transport.
    #[cfg(CONFIG_WAMR_ZEPHYR_SMP)]
    crate::smp::keep(characteristic, message);
    if let Some(transport) = shared::transport() {
        transport.notify(characteristic, message);
    }
}

/// Notifies the client of a log line.
pub(crate) fn log(line: &LogLine<'_>) {
    #[cfg(CONFIG_WAMR_ZEPHYR_SMP)]
    crate::smp::keep_line(line);
    if let Some(transport) = shared::transport() {
        transport.log(line);
    }
}

/// Notifies the client of a message of an app.
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
pub(crate) fn message(value: &Message) -> Result<(), NotSent> {
    let sent = shared::transport().ok_or(NotSent::NoClient)?.message(value);
    #[cfg(CONFIG_WAMR_ZEPHYR_SMP)]
    let sent =
        sent.or_else(|error| if error == NotSent::NoClient { crate::smp::keep_message(value) } else { Err(error) });
    sent
}

/// Reads or removes a bond, on the transport that stores it.
pub(crate) fn perform(own: &Transports, op: BondsOp) -> Option<Bond> {
    all(own).find_map(|transport| transport.perform(op))
}
