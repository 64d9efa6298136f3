//! Messages of apps to the client.

use crate::EVENTS;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::sync::mpsc::{self, error::TrySendError};
use wamr_device::HostGroup;
use wamr_host::Error;
use wamr_host::message::{Client, Messages};
use wamr_proto::{AppMessage, Message, MessageFrame};

/// Messages that may wait for the client.
const WAITING: usize = 16;

/// The way to the client of a twin.
pub(crate) struct Outbox {
    /// Whether a client is connected that has subscribed.
    wanted: AtomicBool,
    values: mpsc::Sender<Message>,
}

/// The group `message` of a twin.
pub(crate) type Group = Messages<Outbox, 4>;

impl Outbox {
    /// An outbox, and its other end with the values to notify.
    pub fn new() -> (Self, mpsc::Receiver<Message>) {
        let (values, received) = mpsc::channel(WAITING);
        (Self { wanted: AtomicBool::new(false), values }, received)
    }

    /// A client wants messages from now on, or none does.
    pub fn set_wanted(&self, wanted: bool) {
        self.wanted.store(wanted, Relaxed);
    }
}

/// A client that only listens.
struct Listener(fn(&[u8]));

impl Client for Listener {
    fn send(&self, _: u8, message: &AppMessage) -> Result<(), Error> {
        (self.0)(message);
        Ok(())
    }
}

/// The group `message` for apps that run without a device's client. `sent` receives what they send to it. As other groups, it lives as
/// long as the process.
pub fn messages(sent: fn(&[u8])) -> &'static dyn HostGroup {
    Box::leak(Box::new(Messages::<_, 4>::new(Listener(sent), &EVENTS)))
}

impl Client for Outbox {
    fn send(&self, app: u8, message: &AppMessage) -> Result<(), Error> {
        if !self.wanted.load(Relaxed) {
            return Err(Error::NotFound);
        }
        let value = MessageFrame { app, bytes: message }.encode().ok_or(Error::InvalidArgument)?;
        self.values.try_send(value).map_err(|error| match error {
            TrySendError::Full(_) => Error::NoSpace,
            TrySendError::Closed(_) => Error::NotFound,
        })
    }
}
