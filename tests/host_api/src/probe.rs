//! The app `probe.wat`: what it calls, and what it receives.

use wamr_proto::{Outcome, TrapKind, Value};

use crate::client::{self, App, run};

/// The names in `probe.wat`, by their numbers.
#[derive(Clone, Copy)]
pub enum Resource {
    Led0,
    Relay,
    Key,
    Bus,
    Eeprom,
    Nothing,
    /// What it logs.
    LogLine,
    Echo,
    Light,
    Fan,
    Thermometer,
    /// A channel.
    AmbientTemp,
    /// A channel.
    Humidity,
    Serial,
    Weather,
    /// A channel.
    Press,
    /// A host by its address.
    Loopback,
    /// A host that the server knows.
    Known,
    /// A host that it does not know.
    Unknown,
}

/// `error` of `wit/types.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub u8);
pub const NOT_FOUND: Error = Error(0);
pub const BUSY: Error = Error(1);
pub const INVALID_ARGUMENT: Error = Error(2);
pub const NOT_SUPPORTED: Error = Error(3);
pub const NO_SPACE: Error = Error(4);
pub const IO: Error = Error(5);

/// `pull` of `wit/gpio.wit`.
pub const NO_PULL: i32 = 0;
pub const PULL_UP: i32 = 1;

/// `edge` of `wit/gpio.wit`.
pub const RISING: i32 = 0;
pub const FALLING: i32 = 1;
pub const BOTH: i32 = 2;

/// `event` of `wit/events.wit`.
pub const TIMER: u16 = 0;
pub const PIN: u16 = 1;
pub const UART: u16 = 3;
pub const SENSOR: u16 = 4;
pub const NET: u16 = 6;

/// A running probe.
#[derive(Clone, Copy)]
pub struct Probe(pub u8);

impl Probe {
    pub fn install(app: &App) -> Self {
        Self(client::install(app))
    }

    pub fn remove(self) {
        client::remove(self.0);
    }

    pub fn stop(self) {
        client::stop(self.0);
    }

    pub fn start(self) {
        client::start(self.0);
    }

    /// Calls an export that returns a number of 64 bits.
    #[track_caller]
    pub fn call(self, export: &str, args: &[i32]) -> i64 {
        self.call_with(export, args.iter().map(|arg| Value::I32(*arg)))
    }

    #[track_caller]
    pub fn call_with(self, export: &str, args: impl Iterator<Item = Value>) -> i64 {
        match run(self.0, export, &heapless::Vec::<_, 8>::from_iter(args)) {
            Outcome::Returned(values) => match values.first() {
                Some(Value::I64(value)) => *value,
                _ => 0,
            },
            outcome => panic!("{export}: {outcome:?}"),
        }
    }

    /// Calls an export that returns `result<handle, error>` or `result<bool, error>`.
    #[track_caller]
    pub fn try_call(self, export: &str, args: &[i32]) -> Result<u32, Error> {
        let result = self.call(export, args);
        match (result as u8, (result >> 32) as u32) {
            (0, value) => Ok(value),
            (_, error) => Err(Error(error as u8)),
        }
    }

    /// Calls an export that returns `result<_, error>` or `result<bool, error>`, whose payload is a byte.
    #[track_caller]
    pub fn try_byte(self, export: &str, args: &[i32]) -> Result<u8, Error> {
        match self.call(export, args).to_le_bytes() {
            [0, value, ..] => Ok(value),
            [_, error, ..] => Err(Error(error)),
        }
    }

    /// Calls an export that traps with this message.
    #[track_caller]
    pub fn traps(self, export: &str, args: &[i32], expected: &str) {
        match self.outcome(export, args) {
            Outcome::Trapped { kind: TrapKind::Host, message } => {
                assert_eq!(message.as_str().strip_prefix("host function failed: "), Some(expected));
            }
            outcome => panic!("{export}: {outcome:?}"),
        }
    }

    /// Calls an export that traps because an address or a length is outside of the app's memory.
    #[track_caller]
    pub fn traps_out_of_bounds(self, export: &str, args: &[i32]) {
        let outcome = self.outcome(export, args);
        let is_trap = matches!(outcome, Outcome::Trapped { kind: TrapKind::MemoryOutOfBounds, .. });
        assert!(is_trap, "{export}: {outcome:?}");
    }

    fn outcome(self, export: &str, args: &[i32]) -> Outcome {
        run(self.0, export, &heapless::Vec::<_, 8>::from_iter(args.iter().map(|arg| Value::I32(*arg))))
    }

    /// Writes bytes into its memory.
    pub fn write(self, at: i32, bytes: &[u8]) {
        for (at, bytes) in (at..).step_by(8).zip(bytes.chunks(8)) {
            let mut number = [0; 8];
            number[..bytes.len()].copy_from_slice(bytes);
            self.call_with("set-bytes", [Value::I32(at), Value::I64(i64::from_le_bytes(number))].into_iter());
        }
    }

    /// Whether these bytes are in its memory.
    pub fn has(self, at: i32, bytes: &[u8]) -> bool {
        (at..)
            .step_by(8)
            .zip(bytes.chunks(8))
            .all(|(at, bytes)| self.call("bytes", &[at]).to_le_bytes().starts_with(bytes))
    }

    /// How many events it has received.
    pub fn count(self) -> i64 {
        self.call("count", &[])
    }

    /// The last event: the case, the id and the value.
    pub fn last(self) -> (u16, u16, u32) {
        let last = self.call("last", &[]);
        ((last >> 16) as u16, last as u16, (last >> 32) as u32)
    }
}
