//! The messages of the *control* characteristic.

use crate::read::{self, Read};
use crate::{Name, Refusal, RunLimits, Values};
use core::fmt;
use minicbor::{Decode, Decoder, Encode};

/// A SHA-256 digest of a module.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Digest(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// What a client asks of a device. Each request gets exactly one [`Response`], when its work is done.
#[derive(Clone, Debug, PartialEq, Encode)]
#[cbor(map)]
pub struct Request {
    /// Chosen by the client; the response and the receipt carry it again.
    #[n(0)]
    pub seq: u32,
    /// What to do.
    #[n(1)]
    pub command: Command,
}

/// The commands of a [`Request`].
#[derive(Clone, Debug, PartialEq, Encode)]
#[cbor(flat)]
#[non_exhaustive]
pub enum Command {
    /// Opens an upload. With size and digest of the upload that is already open, that one goes on from its durable
    /// offset; any other begins anew. The status tells the offset and the window.
    #[n(0)]
    Begin {
        /// Size of the module in bytes.
        #[n(0)]
        size: u32,
        /// SHA-256 of the module.
        #[n(1)]
        digest: Digest,
    },
    /// Verifies what was uploaded, replaces the installed app with it and starts it.
    #[n(1)]
    Commit,
    /// Forgets the open upload.
    #[n(2)]
    Abort,
    /// Calls an export of the installed app. The receipt is notified before the response.
    #[n(3)]
    Run {
        /// Name of the exported function.
        #[n(0)]
        export: Name,
        /// Its arguments; their types must be those of the function.
        #[n(1)]
        args: Values,
        /// Limits of this call, within those of the device.
        #[n(2)]
        limits: RunLimits,
    },
}

impl Command {
    /// Whether the command concerns nothing but the upload, so that a running app does not stand in its way.
    pub fn is_about_upload(&self) -> bool {
        matches!(self, Self::Begin { .. } | Self::Abort)
    }
}

impl<'b> Read<'b> for Request {
    fn read(d: &mut Decoder<'b>) -> Option<Self> {
        let (mut seq, mut command) = (None, None);
        for _ in 0..read::map(d)? {
            match read::u64(d)? {
                0 => seq = Some(read::u32(d)?),
                1 => command = Some(Command::read(d)?),
                _ => return None,
            }
        }
        Some(Self { seq: seq?, command: command? })
    }
}

impl<'b> Read<'b> for Command {
    fn read(d: &mut Decoder<'b>) -> Option<Self> {
        let elements = read::array(d)?;
        Some(match (read::u64(d)?, elements) {
            (0, 3) => Self::Begin { size: read::u32(d)?, digest: Digest(d.bytes().ok()?.try_into().ok()?) },
            (1, 1) => Self::Commit,
            (2, 1) => Self::Abort,
            (3, 3 | 4) => Self::Run {
                export: Name::read(d)?,
                args: Values::read(d)?,
                limits: if elements == 4 { RunLimits::read(d)? } else { RunLimits::default() },
            },
            _ => return None,
        })
    }
}

/// What became of a [`Request`].
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Response {
    /// The request's `seq`; 0 when it could not be decoded.
    #[n(0)]
    pub seq: u32,
    /// Why it was refused; absent when it was done.
    #[n(1)]
    pub refusal: Option<Refusal>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorCode, MESSAGE_MAX, Malformed, Value, decode, encode};

    const FUEL: RunLimits = RunLimits { fuel: Some(1000), millis: None, host_calls: Some(7) };

    fn run(name: &str, args: &[Value], limits: RunLimits) -> Request {
        let command = Command::Run { export: Name::new(name).unwrap(), args: Values::new(args).unwrap(), limits };
        Request { seq: u32::MAX, command }
    }

    #[test]
    fn requests_come_back_as_they_were() {
        let begin = Request { seq: 1, command: Command::Begin { size: 4096, digest: Digest([7; 32]) } };
        let calls = [
            begin,
            Request { seq: 2, command: Command::Commit },
            Request { seq: 3, command: Command::Abort },
            run("add", &[Value::I32(-1), Value::I64(i64::MIN), Value::F32(0.5), Value::F64(1e300)], FUEL),
            run("none", &[], RunLimits::default()),
        ];
        for request in calls {
            assert_eq!(decode::<Request>(&encode(&request).unwrap()), Ok(request));
        }
    }

    #[test]
    fn the_longest_request_fits() {
        let most = RunLimits { fuel: Some(u64::MAX), millis: Some(u32::MAX), host_calls: Some(u32::MAX) };
        let request = run(&"n".repeat(48), &[Value::I64(i64::MIN); 7], most);
        assert!(encode(&request).unwrap().len() <= MESSAGE_MAX);
    }

    #[test]
    fn the_longest_response_fits() {
        let refusal = Refusal {
            code: ErrorCode::FlashFailed,
            bound: Some(u32::MAX),
            message: crate::Text::cut(&"x".repeat(100)),
        };
        let response = Response { seq: u32::MAX, refusal: Some(refusal) };
        assert_eq!(decode::<Response>(&encode(&response).unwrap()), Ok(response));
    }

    /// The bytes that `docs/protocol.md` shows.
    #[test]
    fn the_documented_bytes_are_the_real_ones() {
        let commit = Request { seq: 2, command: Command::Commit };
        assert_eq!(encode(&commit).unwrap(), [0xa2, 0x00, 0x02, 0x01, 0x81, 0x01]);
        let add = run("add", &[Value::I32(2), Value::I32(40)], RunLimits::default());
        let bytes = encode(&Request { seq: 3, ..add }).unwrap();
        assert_eq!(bytes, [0xa2, 0, 3, 1, 0x83, 3, 0x63, b'a', b'd', b'd', 0x82, 0x82, 0, 2, 0x82, 0, 0x18, 40]);
    }

    #[test]
    fn anything_else_is_malformed() {
        let good = encode(&run("add", &[Value::I32(1)], FUEL)).unwrap();
        for end in 0..good.len() {
            assert_eq!(decode::<Request>(&good[..end]), Err(Malformed), "cut at {end}");
        }
        let mut behind = good.clone();
        behind.push(0).unwrap();
        assert_eq!(decode::<Request>(&behind), Err(Malformed));
        assert_eq!(decode::<Request>(&[0xa2, 0x00, 0x02, 0x01, 0x81, 0x18, 99]), Err(Malformed), "unknown command");
        assert_eq!(decode::<Request>(b"hello"), Err(Malformed));
        assert_eq!(decode::<Request>(&[0xa3, 0, 2, 1, 0x81, 1, 9, 0]), Err(Malformed), "unknown key");
        assert_eq!(decode::<Request>(&[0xa2, 0, 2, 1, 0x82, 1, 0]), Err(Malformed), "unknown element");
        assert_eq!(decode::<Request>(&[0xa1, 0, 2]), Err(Malformed), "no command");
    }
}
