//! What happens on the way, for whoever shows it.

use crate::Error;
use std::time::Duration;

/// What happens while a client connects and uploads.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A device is being looked for.
    Searching,
    /// There is a connection to the device with this address.
    Connected(&'a str),
    /// The upload begins, or resumes after an interruption: the device has this many bytes in flash.
    Started(u32),
    /// The device has this many bytes in flash.
    Progress(u32),
    /// The connection is lost, and will be made again.
    Lost {
        /// Why.
        error: &'a Error,
        /// How long until then.
        pause: Duration,
        /// How many attempts in a row that makes.
        attempts: u32,
    },
}
