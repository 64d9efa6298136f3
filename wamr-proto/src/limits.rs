//! Limits that a client sets, and the names of those that end a run.

use crate::read::{self, Read};
use core::fmt;
use minicbor::{Decode, Decoder, Encode, Encoder, encode};

/// The limits of a run. What is absent, or more than the device allows, is what the device allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunLimits {
    /// Instructions. Bulk memory operations count one more for every 64 bytes.
    pub fuel: Option<u64>,
    /// Milliseconds from call to return.
    pub millis: Option<u32>,
    /// Calls of host functions.
    pub host_calls: Option<u32>,
}

impl<C> Encode<C> for RunLimits {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        let entries = [self.fuel, self.millis.map(u64::from), self.host_calls.map(u64::from)];
        e.map(entries.iter().flatten().count() as u64)?;
        for (key, value) in (0..).zip(entries) {
            if let Some(value) = value {
                e.u64(key)?.u64(value)?;
            }
        }
        Ok(())
    }

    fn is_nil(&self) -> bool {
        *self == Self::default()
    }
}

impl<'b> Read<'b> for RunLimits {
    fn read(d: &mut Decoder<'b>) -> Option<Self> {
        let mut limits = Self::default();
        for _ in 0..read::map(d)? {
            let (key, value) = (read::u64(d)?, read::u64(d)?);
            // A limit too high for its type is none of the run's.
            let small = u32::try_from(value).ok();
            match key {
                0 => limits.fuel = Some(value),
                1 => limits.millis = small,
                2 => limits.host_calls = small,
                _ => return None,
            }
        }
        Some(limits)
    }
}

/// The limits that end a run. The numbers are the protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum LimitKind {
    /// Instructions executed.
    #[n(0)]
    Fuel,
    /// Microseconds since the call.
    #[n(1)]
    Deadline,
    /// Calls of host functions.
    #[n(2)]
    HostCalls,
    /// Microseconds in host functions.
    #[n(3)]
    HostTime,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fuel => "fuel",
            Self::Deadline => "deadline",
            Self::HostCalls => "host calls",
            Self::HostTime => "host time",
        })
    }
}
