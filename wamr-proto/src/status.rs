//! The message of the *status* characteristic.

use crate::read::{Input, Read, read_as_number};
use crate::write::{Output, Write, write_as_map, write_as_number};
use crate::{Digest, List};
use core::fmt;
use minicbor::Decode;

/// The version of the protocol that this crate implements.
pub const PROTOCOL_VERSION: u8 = 5;

/// The maximum number of apps on a device: their numbers are less. A device can hold fewer.
pub const APPS_MAX: usize = 32;

/// The maximum number of apps in a status, so that it always fits into a message.
pub const STATUS_APPS_MAX: usize = 8;

/// The first bytes of a module's digest: long enough to recognize the module, short enough for every status.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 8]);

impl Write for Fingerprint {
    fn write(&self, output: &mut Output) {
        output.bytes(&self.0);
    }
}

impl<'b> Read<'b> for Fingerprint {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        Some(Self(input.bytes()?.try_into().ok()?))
    }
}

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

/// The state of a device. It is notified after every change that a client waits for, and can be read at any time.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
#[cbor(map)]
pub struct Status {
    /// [`PROTOCOL_VERSION`] of the device.
    #[n(0)]
    pub version: u8,
    /// The size of the largest module that a slot can hold, in bytes.
    #[n(1)]
    pub slot: u32,
    /// The current activity.
    #[n(2)]
    pub activity: Activity,
    /// The installed apps with the lowest numbers.
    #[n(3)]
    pub apps: AppList,
    /// The open upload.
    #[n(4)]
    pub upload: Option<Upload>,
    /// Which modules the device accepts.
    #[n(5)]
    pub signatures: SignatureMode,
    /// The number of the next installed app if there are more: read them with [`Part::Apps`](crate::Part::Apps).
    #[n(6)]
    pub more: Option<u8>,
}

/// Which modules a device accepts. The numbers are part of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Decode)]
#[cbor(index_only)]
pub enum SignatureMode {
    /// All modules. Signatures are not checked.
    #[n(0)]
    Off,
    /// Modules that a trusted key signed, and unsigned modules.
    #[n(1)]
    Optional,
    /// Only modules that a trusted key signed.
    #[default]
    #[n(2)]
    Required,
}

impl fmt::Display for SignatureMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Optional => "optional",
            Self::Required => "required",
        })
    }
}

/// The activity of a device, besides receiving an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
#[cbor(index_only)]
pub enum Activity {
    /// None: the device accepts all commands.
    #[n(0)]
    Idle,
    /// Verifying, loading, recording or removing an app.
    #[n(1)]
    Installing,
    /// Running a function of an app.
    #[n(2)]
    Running,
}

/// The installed apps in a status.
pub type AppList = List<AppStatus, STATUS_APPS_MAX>;

/// The installed apps in an excerpt: [`Part::Apps`](crate::Part::Apps). If there are fewer, they are the last.
pub type AppPage = List<AppStatus, 4>;

/// An installed app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppStatus {
    /// Its number in commands, which is the number of its slot.
    pub number: u8,
    /// Its state.
    pub state: AppState,
    /// The number of failures since it last succeeded or was started.
    pub failures: u8,
    /// Which module it is.
    pub fingerprint: Fingerprint,
}

impl Write for AppStatus {
    fn write(&self, output: &mut Output) {
        output.array(4);
        [&self.number as &dyn Write, &self.state, &self.failures, &self.fingerprint]
            .iter()
            .for_each(|element| element.write(output));
    }
}

impl<'b> Read<'b> for AppStatus {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        (input.array()? == 4).then_some(())?;
        let number = input.u8()?;
        let state = AppState::read(input)?;
        Some(Self { number, state, failures: input.u8()?, fingerprint: Fingerprint::read(input)? })
    }
}

/// The state of an app on a device. The numbers are part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppState {
    /// It was stopped, or could not be started.
    Stopped,
    /// It is loaded and can be called.
    Started,
    /// It failed or ended and will be restarted.
    Waiting,
    /// It failed too often in a row.
    Disabled,
    /// It is started, but it is a new version that has not yet shown that it works. After a failure, the device goes back to the
    /// previous version.
    OnTrial,
    /// It is disabled because the device restarted repeatedly while it started the app. `failures` is the number of restarts.
    RestartedDevice,
}

impl fmt::Display for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopped => "stopped",
            Self::Started => "started",
            Self::Waiting => "waiting",
            Self::Disabled => "disabled",
            Self::OnTrial => "on trial",
            Self::RestartedDevice => "disabled after restarts",
        })
    }
}

/// The open upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
#[cbor(map)]
pub struct Upload {
    /// Size of the module in bytes.
    #[n(0)]
    pub size: u32,
    /// Which module it is.
    #[n(1)]
    pub fingerprint: Fingerprint,
    /// Bytes before this offset are in flash. A client that lost track resumes from here.
    #[n(2)]
    pub durable: u32,
    /// The window: the client may send bytes before this offset, and must not send later bytes yet.
    #[n(3)]
    pub granted: u32,
    /// The device has dropped the bytes after a gap and waits for the bytes from this offset. Present until they arrive. A client
    /// goes back to it once.
    #[n(4)]
    pub resend: Option<u32>,
}

read_as_number!(
    AppState: Stopped, Started, Waiting, Disabled, OnTrial, RestartedDevice;
);
write_as_number!(Activity, AppState, SignatureMode);
write_as_map!(Status: version, slot, activity, apps, upload, signatures, more);
write_as_map!(Upload: size, fingerprint, durable, granted, resend);

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
            apps: AppList::new(
                &[AppStatus { number: 31, state: AppState::Disabled, failures: 255, fingerprint }; STATUS_APPS_MAX],
            )
            .unwrap(),
            upload: Some(Upload {
                size: u32::MAX,
                fingerprint,
                durable: u32::MAX,
                granted: u32::MAX,
                resend: Some(u32::MAX),
            }),
            signatures: SignatureMode::Required,
            more: Some(31),
        };
        let bytes = encode(&status).unwrap();
        assert_eq!(decode::<Status>(&bytes), Ok(status));
    }

    #[test]
    fn a_later_version_may_add_fields() {
        // {0: 1, 1: 9, 2: 0, 3: [], 5: 1, 99: "new"}
        let bytes = [0xa6, 0, 1, 1, 9, 2, 0, 3, 0x80, 5, 1, 0x18, 99, 0x63, b'n', b'e', b'w'];
        let status = decode::<Status>(&bytes).unwrap();
        assert_eq!((status.slot, status.apps.len(), status.upload), (9, 0, None));
    }
}
