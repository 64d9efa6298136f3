//! The message of the *status* characteristic.

use crate::{Digest, MESSAGE_MAX};
use core::fmt;
use minicbor::{Decode, Encode};

/// The version of the protocol that this crate speaks.
pub const PROTOCOL_VERSION: u8 = 1;

// A status always fits: no list in it, and its numbers are at most 5 bytes each.
const _: () = assert!(MESSAGE_MAX >= 96);

/// The first bytes of a module's digest: enough to know it again, short enough for every status.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Fingerprint(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 8]);

impl From<&Digest> for Fingerprint {
    fn from(digest: &Digest) -> Self {
        Self(*digest.0.first_chunk().expect("a digest is longer"))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// What a device has and does. Notified after every change that a client waits for, and can be read at any time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Status {
    /// [`PROTOCOL_VERSION`] of the device.
    #[n(0)]
    pub version: u8,
    /// The largest module the slot can hold, in bytes.
    #[n(1)]
    pub slot: u32,
    /// What the device is busy with.
    #[n(2)]
    pub activity: Activity,
    /// The installed app.
    #[n(3)]
    pub app: Option<App>,
    /// The open upload.
    #[n(4)]
    pub upload: Option<Upload>,
}

/// What a device is busy with besides receiving an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Activity {
    /// Nothing: `Commit` and `Run` are welcome.
    #[n(0)]
    Idle,
    /// Verifying, loading or recording an app.
    #[n(1)]
    Installing,
    /// Running a function of the app.
    #[n(2)]
    Running,
}

/// The installed app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct App {
    /// Size of its module in bytes.
    #[n(0)]
    pub size: u32,
    /// Which module it is.
    #[n(1)]
    pub fingerprint: Fingerprint,
}

/// The open upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Upload {
    /// Size of the module in bytes.
    #[n(0)]
    pub size: u32,
    /// Which module it is.
    #[n(1)]
    pub fingerprint: Fingerprint,
    /// Bytes before this offset lie in flash. A client that lost its place goes on from here.
    #[n(2)]
    pub durable: u32,
    /// The window: the client may send bytes before this offset, and must not send later ones yet.
    #[n(3)]
    pub granted: u32,
    /// The device has dropped what lies behind a gap and waits for the bytes from this offset on. Present until they
    /// come; a client goes back to it once.
    #[n(4)]
    pub resend: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode, encode};

    #[test]
    fn the_longest_status_comes_back_as_it_was() {
        let fingerprint = Fingerprint([0xff; 8]);
        let status = Status {
            version: PROTOCOL_VERSION,
            slot: u32::MAX,
            activity: Activity::Running,
            app: Some(App { size: u32::MAX, fingerprint }),
            upload: Some(Upload {
                size: u32::MAX,
                fingerprint,
                durable: u32::MAX,
                granted: u32::MAX,
                resend: Some(u32::MAX),
            }),
        };
        let bytes = encode(&status).unwrap();
        assert!(bytes.len() <= 96);
        assert_eq!(decode::<Status>(&bytes), Ok(status));
    }

    #[test]
    fn a_later_version_may_add_fields() {
        // {0: 1, 1: 9, 2: 0, 99: "new"}
        let bytes = [0xa4, 0, 1, 1, 9, 2, 0, 0x18, 99, 0x63, b'n', b'e', b'w'];
        let status = decode::<Status>(&bytes).unwrap();
        assert_eq!((status.slot, status.app, status.upload), (9, None, None));
    }
}
