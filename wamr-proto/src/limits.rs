//! Limits that a client or an app sets, and the kinds of limits that can end a run.

use crate::ErrorCode;
use crate::read::{Input, Read};
use crate::write::{Output, Write, write_as_number};
use core::fmt;
use minicbor::Decode;

/// The limits of a run. The device's limit applies if a value is absent or higher than the device's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunLimits {
    /// Instructions. Bulk memory instructions count one more for every 64 bytes.
    pub fuel: Option<u64>,
    /// Milliseconds from call to return.
    pub millis: Option<u32>,
    /// Calls of host functions.
    pub host_calls: Option<u32>,
    /// Milliseconds in host functions.
    pub host_millis: Option<u32>,
}

/// The limits that an app sets for itself. The device's limit applies if a value is absent or higher than the device's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppLimits {
    /// Limits of each run.
    pub run: RunLimits,
    /// Pages of linear memory.
    pub memory_pages: Option<u32>,
    /// Elements of a table.
    pub table_elements: Option<u32>,
    /// Bytes of stack for operands, locals and frames.
    pub stack_size: Option<u32>,
    /// The memory quota: bytes of the pool that are reserved for the app.
    pub pool: Option<u32>,
}

impl Write for RunLimits {
    fn write(&self, output: &mut Output) {
        output.map(&[&self.fuel, &self.millis, &self.host_calls, &self.host_millis]);
    }

    fn is_absent(&self) -> bool {
        *self == Self::default()
    }
}

impl Write for AppLimits {
    fn write(&self, output: &mut Output) {
        let RunLimits { fuel, millis, host_calls, host_millis } = &self.run;
        let Self { memory_pages, table_elements, stack_size, pool, .. } = self;
        output.map(&[fuel, millis, host_calls, host_millis, memory_pages, table_elements, stack_size, pool]);
    }

    fn is_absent(&self) -> bool {
        *self == Self::default()
    }
}

impl AppLimits {
    /// Reads the limits with keys below `keys`.
    fn read_below(input: &mut Input<'_>, keys: u32) -> Option<Self> {
        let mut limits = Self::default();
        for _ in 0..input.map()? {
            let (key, value) = (input.u32()?, input.u64()?);
            if key >= keys {
                return input.refuse(ErrorCode::UnknownLimit, Some(key));
            }
            if key == 0 {
                limits.run.fuel = Some(value);
                continue;
            }
            let Self { run, memory_pages, table_elements, stack_size, pool } = &mut limits;
            let RunLimits { millis, host_calls, host_millis, .. } = run;
            let mut small = [millis, host_calls, host_millis, memory_pages, table_elements, stack_size, pool];
            // A limit that is too high for its type has no effect.
            **small.get_mut(key as usize - 1)? = value.try_into().ok();
        }
        Some(limits)
    }
}

impl<'b> Read<'b> for AppLimits {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        Self::read_below(input, 8)
    }
}

impl<'b> Read<'b> for RunLimits {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        AppLimits::read_below(input, 4).map(|limits| limits.run)
    }
}

/// The kinds of limits that can end a run. The numbers are part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
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

write_as_number!(LimitKind);

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
