//! Progress.

use crate::Error;
use std::time::Duration;

/// Progress of a client that connects, uploads and installs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The search for a device begins.
    Searching,
    /// The client has connected to the device with this address.
    Connected(&'a str),
    /// Before the upload: the device has an app with this manifest, which is denied these entries of its list of capabilities, a bit for
    /// each, the lowest for the first. Reported for each app that is denied something. The next version is denied the
    /// entries in [`InstallOptions::denied`](crate::InstallOptions::denied), and nothing else.
    Denied {
        /// The content of the app's section with the manifest.
        manifest: &'a [u8],
        /// As in [`Client::denied`](crate::Client::denied).
        denied: u16,
    },
    /// The device makes the module from one that it has: instead of the module, about this many bytes are sent.
    Delta(u32),
    /// The upload begins, or resumes after an interruption: the device has this many bytes in flash.
    Started(u32),
    /// The device has this many bytes in flash.
    Progress(u32),
    /// The device has verified the whole module and started it. If it is a new version, its trial begins.
    Uploaded,
    /// The connection is lost, and the client will connect again.
    Lost {
        /// The reason.
        error: &'a Error,
        /// Time until the next attempt.
        pause: Duration,
        /// The number of the next attempt.
        attempts: u32,
    },
}
