//! The messages of the *control* characteristic.

use crate::read::{Input, Read};
use crate::write::{Output, Write, write_as_map};
use crate::{
    AppMessage, AppName, Bond, ClientAddress, ErrorCode, EventStats, Excerpt, Failure, Name, Part, Refusal, Restart,
    RunLimits, Text, Values,
};
use core::fmt;
use minicbor::Decode;

/// The SHA-256 digest of a module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Write for Digest {
    fn write(&self, output: &mut Output) {
        output.bytes(&self.0);
    }
}

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

/// An Ed25519 public key.
pub type Key = [u8; 32];

impl Write for Key {
    fn write(&self, output: &mut Output) {
        output.bytes(self);
    }
}

impl<'b> Read<'b> for Key {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        input.bytes()?.try_into().ok()
    }
}

/// A request from a client to a device. Each request gets exactly one [`Response`], when its work is complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// A number that the client chooses, not 0. The response and the receipt repeat it.
    pub seq: u32,
    /// The command.
    pub command: Command,
}

/// The commands of a [`Request`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Opens an upload. If everything is as for the open upload, that upload resumes from its durable offset. Otherwise a new upload
    /// starts. The status contains the offset and the window.
    Begin {
        /// Size of the module in bytes.
        size: u32,
        /// SHA-256 of the module.
        digest: Digest,
        /// Entries of the module's list of capabilities that the app gets nothing of, one bit for each: the lowest is the first entry.
        denied: u16,
    },
    /// Verifies the uploaded module, installs it and starts it. It replaces the app with the same name, if there is one.
    Commit,
    /// Discards the open upload.
    Abort,
    /// Calls an export of an app. The receipt is notified before the response.
    Run {
        /// Number of the app, from the status.
        app: u8,
        /// Name of the exported function.
        export: Name,
        /// The arguments. Their types must match the function.
        args: Values,
        /// Limits of this call, within those of the device and the app.
        limits: RunLimits,
    },
    /// Requests the [`Details`] of an app.
    Describe {
        /// Number of the app.
        app: u8,
    },
    /// Starts an app, even if it is running, and clears its failures.
    Start {
        /// Number of the app.
        app: u8,
    },
    /// Stops an app and frees its memory. The app stays installed.
    Stop {
        /// Number of the app.
        app: u8,
    },
    /// Stops an app and deletes it.
    Remove {
        /// Number of the app.
        app: u8,
    },
    /// Makes the device accept modules that this key signed. Native code is not among them, even if the device accepted that before.
    Trust {
        /// The Ed25519 public key.
        key: Key,
    },
    /// Makes the device reject modules that this key signed, even if the key is part of the firmware. Installed apps without
    /// another signature stop loading after the next restart.
    Revoke {
        /// The Ed25519 public key.
        key: Key,
    },
    /// Requests the [`Bond`] at an index.
    Bond {
        /// The index, from 0 without gaps.
        index: u8,
    },
    /// Removes the bond of a client, which must then pair again. If it is the client that sent the request, the device
    /// disconnects it soon after the response.
    Unpair {
        /// The client.
        client: ClientAddress,
    },
    /// Reads more data than the details of an app. The response contains the [`Excerpt`].
    Read {
        /// Which data.
        part: Part,
        /// Number of the app. Ignored for keys.
        app: u8,
        /// The first byte to read, or the index of the key.
        at: u32,
    },
    /// Requests the last [`Failure`] of an app, even of one that was removed because it failed on trial. The response contains it
    /// if it is the last failure on the device.
    Failure {
        /// Number of the app.
        app: u8,
    },
    /// Delivers no events to a started app for some milliseconds, at most 10,000, so that its memory stays as it is between calls.
    Hold {
        /// Number of the app.
        app: u8,
        /// The time from now on. 0 ends the hold.
        millis: u16,
    },
    /// Writes arguments into the memory of an app that the client holds. The app must have allocated the memory with its export
    /// `cabi_realloc`, in the last call of that function during this hold.
    Write {
        /// Number of the app.
        app: u8,
        /// The address.
        at: u32,
        /// What to write there.
        bytes: Excerpt,
    },
    /// Sends a message to an app that receives messages of clients.
    Send {
        /// Number of the app.
        app: u8,
        /// The message.
        message: AppMessage,
    },
    /// Makes the device accept modules that this key signed, also those with native code. A device that runs no native code does not
    /// know this command.
    TrustNative {
        /// The Ed25519 public key.
        key: Key,
    },
    /// Lets data frames of the open upload contain deltas ([`DELTA_FRAME`](crate::DELTA_FRAME)), until the device restarts. A device that
    /// takes no deltas does not know this command.
    Base {
        /// Number of the app from whose module they copy. They also copy from the uploaded module itself.
        app: u8,
    },
}

write_as_map!(Request: seq, command);

impl Write for Command {
    fn write(&self, output: &mut Output) {
        match self {
            Self::Begin { size, digest, denied: 0 } => output.variant(0, &[size, digest]),
            Self::Begin { size, digest, denied } => output.variant(0, &[size, digest, &u32::from(*denied)]),
            Self::Commit => output.variant(1, &[]),
            Self::Abort => output.variant(2, &[]),
            Self::Run { app, export, args, limits } if limits.is_absent() => output.variant(3, &[app, export, args]),
            Self::Run { app, export, args, limits } => output.variant(3, &[app, export, args, limits]),
            Self::Describe { app } => output.variant(4, &[app]),
            Self::Start { app } => output.variant(5, &[app]),
            Self::Stop { app } => output.variant(6, &[app]),
            Self::Remove { app } => output.variant(7, &[app]),
            Self::Trust { key } => output.variant(8, &[key]),
            Self::Revoke { key } => output.variant(9, &[key]),
            Self::Bond { index } => output.variant(10, &[index]),
            Self::Unpair { client } => output.variant(11, &[client]),
            Self::Read { part, app, at } => output.variant(12, &[part, app, at]),
            Self::Failure { app } => output.variant(13, &[app]),
            Self::Hold { app, millis } => output.variant(14, &[app, &u32::from(*millis)]),
            Self::Write { app, at, bytes } => output.variant(15, &[app, at, bytes]),
            Self::Send { app, message } => output.variant(16, &[app, message]),
            Self::TrustNative { key } => output.variant(17, &[key]),
            Self::Base { app } => output.variant(18, &[app]),
        }
    }
}

impl Command {
    /// Whether the command is possible while an app runs.
    pub fn is_possible_beside_a_run(&self) -> bool {
        matches!(
            self,
            Self::Begin { .. }
                | Self::Abort
                | Self::Base { .. }
                | Self::Describe { .. }
                | Self::Bond { .. }
                | Self::Unpair { .. }
                | Self::Failure { .. }
                | Self::Send { .. }
        )
    }
}

impl<'b> Read<'b> for Request {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let (mut seq, mut command) = (None, None);
        for _ in 0..input.map()? {
            match input.u32()? {
                0 if seq.is_none() => {
                    let number = input.u64()?;
                    seq = u32::try_from(number).ok().filter(|seq| *seq != 0);
                    if seq.is_none() {
                        return input.refuse(ErrorCode::InvalidSequenceNumber, None);
                    }
                }
                1 if command.is_none() => command = Some(Command::read(input)?),
                _ => return None,
            }
        }
        Some(Self { seq: seq?, command: command? })
    }
}

/// Why a device cannot carry out a [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The `seq` of the request, or 0 if it has none.
    pub seq: u32,
    /// The reason.
    pub code: ErrorCode,
    /// The bound that belongs to the reason; see [`ErrorCode`].
    pub bound: Option<u32>,
}

impl From<Rejected> for Refusal {
    fn from(Rejected { code, bound, .. }: Rejected) -> Self {
        Self { code, bound, message: Text::default() }
    }
}

/// Decodes a request like [`read`](crate::read()), and returns the error for the response if it cannot be carried out.
///
/// # Errors
/// [`Rejected`]. It contains the request's `seq` even if the rest is from a later version.
pub fn read_request(bytes: &[u8]) -> Result<Request, Rejected> {
    let mut input = Input::new(bytes);
    Request::read(&mut input).filter(|_| input.is_empty()).ok_or_else(|| {
        let (code, bound) = input.fault.unwrap_or((ErrorCode::Malformed, None));
        Rejected { seq: seq_of(&mut Input::new(bytes)).unwrap_or(0), code, bound }
    })
}

/// Finds the `seq` of a request. The rest may be anything.
// Not `peek::find`, which takes 176 bytes more of a firmware.
pub(crate) fn seq_of(input: &mut Input<'_>) -> Option<u32> {
    for _ in 0..input.map()? {
        if input.u64()? == 0 {
            return input.u32();
        }
        input.skip()?;
    }
    None
}

impl<'b> Read<'b> for Command {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let elements = input.array()?;
        Some(match (input.u32()?, elements) {
            (0, 3 | 4) => Self::Begin {
                size: input.u32()?,
                digest: Digest(input.bytes()?.try_into().ok()?),
                denied: if elements == 4 { input.u32()?.try_into().ok()? } else { 0 },
            },
            (1, 1) => Self::Commit,
            (2, 1) => Self::Abort,
            (3, 4 | 5) => Self::Run {
                app: input.u8()?,
                export: Name::read(input)?,
                args: Values::read(input)?,
                limits: if elements == 5 { RunLimits::read(input)? } else { RunLimits::default() },
            },
            (4, 2) => Self::Describe { app: input.u8()? },
            (5, 2) => Self::Start { app: input.u8()? },
            (6, 2) => Self::Stop { app: input.u8()? },
            (7, 2) => Self::Remove { app: input.u8()? },
            (8, 2) => Self::Trust { key: Read::read(input)? },
            (9, 2) => Self::Revoke { key: Read::read(input)? },
            (10, 2) => Self::Bond { index: input.u8()? },
            (11, 2) => Self::Unpair { client: Read::read(input)? },
            (12, 4) => Self::Read { part: Read::read(input)?, app: input.u8()?, at: input.u32()? },
            (13, 2) => Self::Failure { app: input.u8()? },
            (14, 3) => Self::Hold { app: input.u8()?, millis: input.u32()?.try_into().ok()? },
            (15, 4) => Self::Write { app: input.u8()?, at: input.u32()?, bytes: Excerpt::read(input)? },
            (16, 3) => Self::Send { app: input.u8()?, message: AppMessage::read(input)? },
            (17, 2) => Self::TrustNative { key: Read::read(input)? },
            (18, 2) => Self::Base { app: input.u8()? },
            _ => return None,
        })
    }
}

/// The result of a [`Request`].
#[derive(Clone, Debug, PartialEq, Decode)]
#[cbor(map)]
pub struct Response {
    /// The `seq` of the request, or 0 if it has none.
    #[n(0)]
    pub seq: u32,
    /// Why the device rejected the request. Absent if it succeeded.
    #[n(1)]
    pub refusal: Option<Refusal>,
    /// The answer to [`Command::Describe`].
    #[n(2)]
    pub details: Option<Details>,
    /// The answer to [`Command::Bond`], and the bond that [`Command::Unpair`] removed.
    #[n(3)]
    pub bond: Option<Bond>,
    /// The answer to [`Command::Read`].
    #[n(4)]
    pub excerpt: Option<Excerpt>,
    /// The answer to [`Command::Failure`].
    #[n(5)]
    pub failure: Option<Failure>,
    /// With the answer to [`Command::Describe`], how the events of the app went, if it receives any.
    #[n(6)]
    pub events: Option<EventStats>,
    /// With the answer to [`Command::Describe`], the denied entries of the app's list of capabilities, as in [`Command::Begin`]. Absent if
    /// there are none.
    #[n(7)]
    pub denied: Option<u32>,
}

impl Response {
    /// Creates the response that the request with this number succeeded, without further content.
    pub const fn new(seq: u32) -> Self {
        Self { seq, refusal: None, details: None, bond: None, excerpt: None, failure: None, events: None, denied: None }
    }
}

/// The details of an app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Decode)]
#[cbor(map)]
pub struct Details {
    /// Its name. Empty for a module without a manifest.
    #[n(0)]
    pub name: AppName,
    /// Its version.
    #[n(1)]
    pub version: u32,
    /// Size of its module in bytes.
    #[n(2)]
    pub size: u32,
    /// When the device restarts it by itself.
    #[n(3)]
    pub restart: Restart,
    /// Whether it has an entry point, which the device calls after it has started the app.
    #[n(4)]
    pub entry: bool,
    /// Its security counter.
    #[n(5)]
    pub counter: u32,
}

write_as_map!(Response: seq, refusal, details, bond, excerpt, failure, events, denied);
write_as_map!(Details: name, version, size, restart, entry, counter);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorCode, MESSAGE_MAX, Malformed, Message, Value, decode, encode, read};

    const FUEL: RunLimits = RunLimits { fuel: Some(1000), millis: None, host_calls: Some(7), host_millis: None };

    const CLIENT: ClientAddress = ClientAddress { random: true, bytes: [0xc0, 1, 2, 3, 4, 5] };

    fn run(name: &str, args: &[Value], limits: RunLimits) -> Request {
        let command =
            Command::Run { app: 0, export: Name::new(name).unwrap(), args: Values::new(args).unwrap(), limits };
        Request { seq: u32::MAX, command }
    }

    #[test]
    fn requests_come_back_as_they_were() {
        let begin =
            |denied| Request { seq: 1, command: Command::Begin { size: 4096, digest: Digest([7; 32]), denied } };
        let calls = [
            begin(0),
            begin(u16::MAX),
            Request { seq: 2, command: Command::Commit },
            Request { seq: 3, command: Command::Abort },
            Request { seq: 4, command: Command::Describe { app: 1 } },
            Request { seq: 5, command: Command::Start { app: 2 } },
            Request { seq: 6, command: Command::Stop { app: 3 } },
            Request { seq: 7, command: Command::Remove { app: 255 } },
            Request { seq: 8, command: Command::Trust { key: [8; 32] } },
            Request { seq: 9, command: Command::Revoke { key: [9; 32] } },
            Request { seq: 10, command: Command::Bond { index: 3 } },
            Request { seq: 11, command: Command::Unpair { client: CLIENT } },
            Request { seq: 12, command: Command::Read { part: Part::Signature, app: 7, at: u32::MAX } },
            Request { seq: 13, command: Command::Failure { app: 1 } },
            Request { seq: 14, command: Command::TrustNative { key: [10; 32] } },
            Request { seq: 15, command: Command::Base { app: 31 } },
            run("add", &[Value::I32(-1), Value::I64(i64::MIN), Value::F32(0.5), Value::F64(1e300)], FUEL),
            run("none", &[], RunLimits::default()),
        ];
        for request in calls {
            let bytes = encode(&request).unwrap();
            assert_eq!(read::<Request>(&bytes), Ok(request));
        }
    }

    #[test]
    fn what_uses_an_app_waits_for_a_run_to_end() {
        assert!(Command::Describe { app: 1 }.is_possible_beside_a_run());
        assert!(!Command::Commit.is_possible_beside_a_run());
        assert!(!run("f", &[], FUEL).command.is_possible_beside_a_run());
    }

    #[test]
    fn the_longest_request_fits() {
        let small = Some(u32::MAX);
        let most = RunLimits { fuel: Some(u64::MAX), millis: small, host_calls: small, host_millis: small };
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
        let details = Details {
            name: AppName::cut(&"n".repeat(100)),
            version: u32::MAX,
            size: u32::MAX,
            restart: Restart::Always,
            entry: true,
            counter: u32::MAX,
        };
        let bond = Bond { client: CLIENT, current: true, owner: true };
        let response =
            Response { refusal: Some(refusal), details: Some(details), bond: Some(bond), ..Response::new(u32::MAX) };
        assert_eq!(decode::<Response>(&encode(&response).unwrap()), Ok(response));
    }

    /// The bytes that `docs/protocol.md` shows.
    #[test]
    fn the_documented_bytes_are_the_real_ones() {
        let commit = Request { seq: 2, command: Command::Commit };
        assert_eq!(encode(&commit).unwrap(), [0xa2, 0x00, 0x02, 0x01, 0x81, 0x01]);
        let add = run("add", &[Value::I32(2), Value::I32(40)], RunLimits::default());
        let bytes = encode(&Request { seq: 3, ..add }).unwrap();
        assert_eq!(bytes, [0xa2, 0, 3, 1, 0x84, 3, 0, 0x63, b'a', b'd', b'd', 0x82, 0x82, 0, 2, 0x82, 0, 0x18, 40]);
    }

    #[test]
    fn the_encoding_of_an_argument_does_not_matter_where_it_is_exact() {
        let [half, single, double]: [&[u8]; 3] =
            [&[0xf9, 0x3e, 0], &[0xfa, 0x3f, 0xc0, 0, 0], &[0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]];
        for (kind, value) in [(2, Value::F32(1.5)), (3, Value::F64(1.5))] {
            for float in [half, single, double] {
                let mut bytes =
                    Message::from_slice(&[0xa2, 0, 7, 1, 0x84, 3, 0, 0x61, b'f', 0x81, 0x82, kind]).unwrap();
                bytes.extend_from_slice(float).unwrap();
                let request = read_request(&bytes).unwrap();
                assert!(matches!(request.command, Command::Run { args, .. } if *args == [value]), "{bytes:x?}");
            }
        }
        for (bits, value) in [([0xff; 4], -1), ([0x80, 0, 0, 0], i32::MIN)] {
            let mut bytes = Message::from_slice(&[0xa2, 0, 7, 1, 0x84, 3, 0, 0x61, b'f', 0x81, 0x82, 0, 0x1a]).unwrap();
            bytes.extend_from_slice(&bits).unwrap();
            let request = read_request(&bytes).unwrap();
            assert!(matches!(request.command, Command::Run { args, .. } if *args == [Value::I32(value)]));
        }
    }

    #[test]
    fn what_cannot_be_carried_out_has_an_answer_with_its_reason() {
        let run = |rest: &[u8]| {
            let mut bytes = Message::from_slice(&[0xa2, 0, 7, 1]).unwrap();
            bytes.extend_from_slice(rest).unwrap();
            read_request(&bytes).map(|_| ())
        };
        let rejected = |code, bound| Err(Rejected { seq: 7, code, bound });
        let mut long = Message::from_slice(&[0x84, 3, 0, 0x78, 49]).unwrap();
        long.extend_from_slice(&[b'n'; 49]).unwrap();
        long.push(0x80).unwrap();
        assert_eq!(run(&long), rejected(ErrorCode::NameTooLong, Some(48)));
        let mut many = Message::from_slice(&[0x84, 3, 0, 0x61, b'f', 0x89]).unwrap();
        many.extend_from_slice([[0x82, 0, 0]; 9].as_flattened()).unwrap();
        assert_eq!(run(&many), rejected(ErrorCode::TooManyArguments, Some(8)));
        let limit = [0x85, 3, 0, 0x61, b'f', 0x80, 0xa1, 4, 1];
        assert_eq!(run(&limit), rejected(ErrorCode::UnknownLimit, Some(4)));
        let second = |value: &[u8]| {
            let mut bytes = Message::from_slice(&[0x84, 3, 0, 0x61, b'f', 0x82, 0x82, 0, 0, 0x82]).unwrap();
            bytes.extend_from_slice(value).unwrap();
            run(&bytes)
        };
        let out_of_range = rejected(ErrorCode::ValueOutOfRange, Some(1));
        assert_eq!(second(&[0, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0]), out_of_range, "2^32");
        assert_eq!(second(&[0, 0x3a, 0x80, 0, 0, 0]), out_of_range, "-2^31 - 1");
        assert_eq!(second(&[1, 0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0]), out_of_range, "-2^63 - 1");
        assert_eq!(second(&[2, 0xfb, 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a]), out_of_range, "0.1 is no f32");
        let malformed = rejected(ErrorCode::Malformed, None);
        assert_eq!(second(&[0, 0xf9, 0x3c, 0]), malformed, "a float for an i32");
        assert_eq!(run(&[0x81, 0x18, 99]), malformed, "an unknown command");
        assert_eq!(run(&[0x82, 1, 0]), malformed, "an element too many");
        assert_eq!(run(&[0x81, 1, 0]), malformed, "a byte too many");
    }

    #[test]
    fn the_sequence_number_is_found_wherever_it_stands() {
        let rejected = |seq, code| Err(Rejected { seq, code, bound: None });
        use ErrorCode::{InvalidSequenceNumber, Malformed};
        for (bytes, expected) in [
            (&[0xa2, 1, 0x82, 0x18, 99, 0xa1, 0x61, b'x', 0x80, 0, 9][..], rejected(9, Malformed)),
            (&[0xa3, 2, 0xf5, 0, 0x19, 1, 0, 1, 0x81, 1], rejected(256, Malformed)),
            (&[0xa2, 0, 9, 1, 0x9f, 1, 0xff], rejected(9, Malformed)),
            (&[0xa2, 0, 9, 1], rejected(9, Malformed)),
            (&[0xa2, 1, 0x81, 0x18], rejected(0, Malformed)),
            (b"hello", rejected(0, Malformed)),
            (&[], rejected(0, Malformed)),
            (&[0xa2, 0, 0, 1, 0x81, 1], rejected(0, InvalidSequenceNumber)),
            (&[0xa2, 0, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0x81, 1], rejected(0, InvalidSequenceNumber)),
            (&[0xa2, 0, 0x20, 1, 0x81, 1], rejected(0, Malformed)),
            (&[0xa3, 0, 9, 1, 0x81, 1, 0, 8], rejected(9, Malformed)),
            (&[0xa2, 1, 0x81, 1, 0, 9], Ok(Request { seq: 9, command: Command::Commit })),
        ] {
            assert_eq!(read_request(bytes), expected, "{bytes:x?}");
            assert_eq!(read::<Request>(bytes).ok(), expected.ok());
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        // { 0: 2, 1: [1], 1: [2] }: two commands
        assert!(read_request(&[0xa3, 0, 2, 1, 0x81, 1, 1, 0x81, 2]).is_err());
        let good = encode(&run("add", &[Value::I32(1)], FUEL)).unwrap();
        for end in 0..good.len() {
            assert_eq!(read::<Request>(&good[..end]), Err(Malformed), "cut at {end}");
        }
        let mut behind = good.clone();
        behind.push(0).unwrap();
        assert_eq!(read::<Request>(&behind), Err(Malformed));
        assert_eq!(read::<Request>(&[0xa2, 0x00, 0x02, 0x01, 0x81, 0x18, 99]), Err(Malformed), "unknown command");
        assert_eq!(read::<Request>(b"hello"), Err(Malformed));
        assert_eq!(read::<Request>(&[0xa3, 0, 2, 1, 0x81, 1, 9, 0]), Err(Malformed), "unknown key");
        assert_eq!(read::<Request>(&[0xa2, 0, 2, 1, 0x82, 1, 0]), Err(Malformed), "unknown element");
        assert_eq!(read::<Request>(&[0xa1, 0, 2]), Err(Malformed), "no command");
        let unpair = |kind| read::<Request>(&[0xa2, 0, 2, 1, 0x82, 11, 0x47, kind, 1, 2, 3, 4, 5, 6]).map(|_| ());
        assert_eq!((unpair(1), unpair(2)), (Ok(()), Err(Malformed)), "unknown kind of address");
    }
}
