//! The connection to a device that a client needs, over any transport.

use crate::Error;
pub use wamr_transport::{Characteristic, Notification};

/// Makes connections to one device.
#[expect(async_fn_in_trait, reason = "a connection stays on one thread")]
pub trait Connect {
    /// The connection.
    type Link: Link;

    /// Connects. The previous connection must have ended.
    ///
    /// # Errors
    /// Any [`Error`] of connections.
    async fn connect(&mut self) -> Result<Self::Link, Error>;
}

/// A connection to a device, subscribed to its notifications.
///
/// The futures may be dropped at any time without losing a notification.
#[expect(async_fn_in_trait, reason = "a connection stays on one thread")]
pub trait Link {
    /// The device's name for messages, usually its address.
    fn name(&self) -> String;

    /// Bytes that one write or notification can carry.
    fn room(&self) -> usize;

    /// Writes a frame to *data*, without a response. Waits while the radio is busy.
    ///
    /// # Errors
    /// [`Error::Lost`], [`Error::Host`].
    async fn write_data(&mut self, frame: &[u8]) -> Result<(), Error>;

    /// Writes a request to *control* and waits until the device has it.
    ///
    /// # Errors
    /// As [`write_data`](Self::write_data), and [`Error::Unsuitable`] when the device refuses the write.
    async fn write_control(&mut self, request: &[u8]) -> Result<(), Error>;

    /// Subscribes to the log lines or the messages of apps.
    ///
    /// # Errors
    /// As [`write_data`](Self::write_data), and [`Error::Unsuitable`] when the device does not have the characteristic.
    async fn listen(&mut self, to: Characteristic) -> Result<(), Error>;

    /// Waits for the next notification.
    ///
    /// # Errors
    /// As [`write_data`](Self::write_data).
    async fn next(&mut self) -> Result<Notification, Error>;

    /// Reads a value.
    ///
    /// # Errors
    /// As [`write_control`](Self::write_control).
    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, Error>;

    /// Ends the connection and waits until it has ended.
    async fn close(self);
}
