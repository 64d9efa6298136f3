//! What a client needs of a connection to a device, whatever carries it.

use crate::Error;
pub use wamr_transport::{Characteristic, Notification};

/// Makes connections to one device.
#[expect(async_fn_in_trait, reason = "a connection stays on one thread")]
pub trait Connect {
    /// What it makes.
    type Link: Link;

    /// Connects. The connection before must have ended.
    ///
    /// # Errors
    /// [`Error`], every kind of it that is about connections.
    async fn connect(&mut self) -> Result<Self::Link, Error>;
}

/// A connection to a device, subscribed to its notifications.
///
/// The futures may be dropped at any time without losing a notification.
#[expect(async_fn_in_trait, reason = "a connection stays on one thread")]
pub trait Link {
    /// What to call the device: usually its address.
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

    /// Asks the device to notify of what apps log.
    ///
    /// # Errors
    /// As [`write_data`](Self::write_data), and [`Error::Unsuitable`] when the device has no log.
    async fn listen(&mut self) -> Result<(), Error>;

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

    /// Ends the connection in good order.
    async fn close(self);
}
