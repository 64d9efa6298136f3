//! The message of the *result* characteristic.

use crate::read::{Input, Read};
use crate::write::{Output, Write, write_as_map, write_as_number};
use crate::{Functions, LimitKind, Text, Values};
use core::fmt;
use minicbor::Decode;

/// A WebAssembly number and its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// A 32-bit float.
    F32(f32),
    /// A 64-bit float.
    F64(f64),
}

impl Write for Value {
    fn write(&self, output: &mut Output) {
        output.array(2);
        match *self {
            Self::I32(value) => {
                output.u64(0);
                output.i64(value.into());
            }
            Self::I64(value) => {
                output.u64(1);
                output.i64(value);
            }
            Self::F32(value) => {
                output.u64(2);
                output.f32(value);
            }
            Self::F64(value) => {
                output.u64(3);
                output.f64(value);
            }
        }
    }
}

impl<'b> Read<'b> for Value {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let elements = input.array()?;
        Some(match (input.u32()?, elements) {
            (0, 2) => Self::I32(input.integer(32)? as i32),
            (1, 2) => Self::I64(input.integer(64)?),
            (2, 2) => Self::F32(input.f32()?),
            (3, 2) => Self::F64(input.f64()?),
            _ => return None,
        })
    }
}

impl Value {
    /// Returns the name of the value's type in WebAssembly's text format.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::I32(_) => "i32",
            Self::I64(_) => "i64",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
        }
    }
}

/// Formats the value as in WebAssembly's text format, with the fewest digits that give the same bits: `-7`, `0.1`, `1e300`,
/// `-inf`, `nan:0x200000`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::I32(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::F32(value) if value.is_nan() => write_nan(f, (value.to_bits() as u64) << 32, 32),
            Self::F64(value) if value.is_nan() => write_nan(f, value.to_bits(), 0),
            Self::F32(value) => fmt::Debug::fmt(&value, f),
            Self::F64(value) => fmt::Debug::fmt(&value, f),
        }
    }
}

/// Writes a NaN. `bits` has the sign in its highest bit and the payload from bit `low`. The payload of a canonical NaN, its
/// highest bit, is not shown.
fn write_nan(f: &mut fmt::Formatter<'_>, bits: u64, low: u32) -> fmt::Result {
    let fraction = if low == 0 { 52 } else { 23 };
    let payload = bits >> low & ((1 << fraction) - 1);
    f.write_str(if bits >> 63 == 1 { "-nan" } else { "nan" })?;
    if payload == 1 << (fraction - 1) { Ok(()) } else { write!(f, ":{payload:#x}") }
}

/// Why WebAssembly code trapped. The numbers are part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum TrapKind {
    /// A trap without a number in this version. See the message.
    #[n(0)]
    Other,
    /// `unreachable` was executed.
    #[n(1)]
    Unreachable,
    /// An access outside of linear memory.
    #[n(2)]
    MemoryOutOfBounds,
    /// An access outside of a table.
    #[n(3)]
    TableOutOfBounds,
    /// An indirect call through a null table entry.
    #[n(4)]
    IndirectCallToNull,
    /// An indirect call of a function with another type.
    #[n(5)]
    BadSignature,
    /// An integer operation whose result does not fit.
    #[n(6)]
    IntegerOverflow,
    /// An integer division by zero.
    #[n(7)]
    IntegerDivisionByZero,
    /// A conversion of a float that cannot be represented as an integer.
    #[n(8)]
    BadConversionToInteger,
    /// The guest's stack or the native stack overflowed.
    #[n(9)]
    StackOverflow,
    /// A host function reported an error.
    #[n(10)]
    Host,
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Other => "trap",
            Self::Unreachable => "unreachable executed",
            Self::MemoryOutOfBounds => "memory access out of bounds",
            Self::TableOutOfBounds => "table access out of bounds",
            Self::IndirectCallToNull => "indirect call to null",
            Self::BadSignature => "indirect call with the wrong type",
            Self::IntegerOverflow => "integer overflow",
            Self::IntegerDivisionByZero => "integer division by zero",
            Self::BadConversionToInteger => "invalid conversion to integer",
            Self::StackOverflow => "stack overflow",
            Self::Host => "host function failed",
        })
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Decode)]
#[cbor(flat)]
#[non_exhaustive]
pub enum Outcome {
    /// The function returned.
    #[n(0)]
    Returned(#[n(0)] Values),
    /// The code trapped.
    #[n(1)]
    Trapped {
        /// The kind of trap.
        #[n(0)]
        kind: TrapKind,
        /// The runtime's message.
        #[n(1)]
        message: Text,
    },
    /// The device stopped the code because it exceeded a limit.
    #[n(2)]
    Stopped {
        /// Which limit.
        #[n(0)]
        limit: LimitKind,
        /// How much the run was allowed, in the limit's unit.
        #[n(1)]
        allowed: u64,
        /// How much it had used when the device stopped it.
        #[n(2)]
        used: u64,
    },
}

write_as_number!(TrapKind);

impl Write for Outcome {
    fn write(&self, output: &mut Output) {
        match self {
            Self::Returned(values) => output.variant(0, &[values]),
            Self::Trapped { kind, message } => output.variant(1, &[kind, message]),
            Self::Stopped { limit, allowed, used } => output.variant(2, &[limit, allowed, used]),
        }
    }
}

/// The report on a run.
#[derive(Clone, Debug, PartialEq, Decode)]
#[cbor(map)]
pub struct Receipt {
    /// The `seq` of the request for the run, or 0 if the device started the run by itself.
    #[n(0)]
    pub seq: u32,
    /// How it ended.
    #[n(1)]
    pub outcome: Outcome,
    /// Instructions executed.
    #[n(2)]
    pub fuel: u64,
    /// Time from call to return, in microseconds.
    #[n(3)]
    pub micros: u64,
    /// Linear memory after the run, in bytes. It never shrinks, so this is the peak.
    #[n(4)]
    pub memory: u32,
    /// Peak use of the app's memory quota since the app was loaded, in bytes.
    #[n(5)]
    pub pool: u32,
    /// Number of calls of host functions.
    #[n(6)]
    pub host_calls: u32,
    /// The functions that were active at the trap or the stop, innermost first, as indices in the module with imports first.
    /// Empty if the function returned.
    #[n(7)]
    pub backtrace: Functions,
    /// Number of the app.
    #[n(8)]
    pub app: u8,
}

write_as_map!(Receipt: seq, outcome, fuel, micros, memory, pool, host_calls, backtrace, app);

impl Receipt {
    /// Creates the receipt of a run that has not used anything yet.
    pub fn new(seq: u32, outcome: Outcome) -> Self {
        let backtrace = Functions::default();
        Self { seq, outcome, fuel: 0, micros: 0, memory: 0, pool: 0, host_calls: 0, backtrace, app: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode, encode};

    fn receipt(outcome: Outcome) -> Receipt {
        let (memory, pool, host_calls) = (u32::MAX, u32::MAX, u32::MAX);
        Receipt { fuel: u64::MAX, micros: u64::MAX, memory, pool, host_calls, ..Receipt::new(u32::MAX, outcome) }
    }

    #[test]
    fn the_longest_receipts_come_back_as_they_were() {
        let values = Values::new(&[Value::F64(0.1); Values::MAX]).unwrap();
        let long = Text::cut(&"x".repeat(100));
        // Function indices: a module has less than 2^24 bytes.
        let functions = Functions::new(&[1 << 24; Functions::MAX]).unwrap();
        for (outcome, backtrace) in [
            (Outcome::Returned(values), Functions::default()),
            (Outcome::Trapped { kind: TrapKind::Host, message: long }, functions.clone()),
            (Outcome::Stopped { limit: LimitKind::Fuel, allowed: u64::MAX, used: u64::MAX }, functions),
        ] {
            let receipt = Receipt { backtrace, ..receipt(outcome) };
            assert_eq!(decode::<Receipt>(&encode(&receipt).unwrap()), Ok(receipt));
        }
    }

    #[test]
    fn values_are_shown_in_as_few_digits_as_they_need() {
        extern crate std;
        use std::string::ToString;
        let shown = |value: Value| value.to_string();
        assert_eq!(shown(Value::F32(0.1)), "0.1");
        assert_eq!(shown(Value::F64(0.1 + 0.2)), "0.30000000000000004");
        assert_eq!(shown(Value::F64(1e300)), "1e300");
        assert_eq!(shown(Value::F64(-2.0)), "-2.0");
        assert_eq!(shown(Value::F32(f32::NEG_INFINITY)), "-inf");
        assert_eq!(
            (shown(Value::F32(f32::from_bits(0x7fc0_0000))), shown(Value::F64(f64::from_bits(0xfff8 << 48)))),
            ("nan".into(), "-nan".into())
        );
        assert_eq!(shown(Value::F32(f32::from_bits(0xff80_0001))), "-nan:0x1");
        assert_eq!(shown(Value::F64(f64::from_bits(0x7ff4 << 48))), "nan:0x4000000000000");
    }

    #[test]
    fn nan_payloads_survive() {
        let nan = f32::from_bits(0x7fc1_2345);
        let bytes = encode(&receipt(Outcome::Returned(Values::new(&[Value::F32(nan)]).unwrap()))).unwrap();
        let Outcome::Returned(values) = decode::<Receipt>(&bytes).unwrap().outcome else { panic!("a value") };
        assert!(matches!(values[0], Value::F32(value) if value.to_bits() == 0x7fc1_2345));
    }
}
