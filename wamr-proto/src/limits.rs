//! Limits that a client or an app sets, and the names of those that end a run.

use crate::read::{Input, Read};
use crate::write::{Output, Write, write_as_number};
use core::fmt;
use minicbor::Decode;

/// The limits of a run. What is absent, or more than the device allows, is what the device allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunLimits {
    /// Instructions. Bulk memory operations count one more for every 64 bytes.
    pub fuel: Option<u64>,
    /// Milliseconds from call to return.
    pub millis: Option<u32>,
    /// Calls of host functions.
    pub host_calls: Option<u32>,
    /// Milliseconds in host functions.
    pub host_millis: Option<u32>,
}

/// The limits that an app sets itself. What is absent, or more than the device allows, is what the device allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppLimits {
    /// Of each run.
    pub run: RunLimits,
    /// Pages of linear memory.
    pub memory_pages: Option<u32>,
    /// Elements of a table.
    pub table_elements: Option<u32>,
    /// Bytes of stack for operands, locals and frames.
    pub stack_size: Option<u32>,
    /// Bytes of the pool that are set aside for the app.
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

impl<'b> Read<'b> for AppLimits {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let mut limits = Self::default();
        for _ in 0..input.map()? {
            let (key, value) = (input.u64()?, input.u64()?);
            // A limit too high for its type is none.
            let small = u32::try_from(value).ok();
            match key {
                0 => limits.run.fuel = Some(value),
                1 => limits.run.millis = small,
                2 => limits.run.host_calls = small,
                3 => limits.run.host_millis = small,
                4 => limits.memory_pages = small,
                5 => limits.table_elements = small,
                6 => limits.stack_size = small,
                7 => limits.pool = small,
                _ => return None,
            }
        }
        Some(limits)
    }
}

impl<'b> Read<'b> for RunLimits {
    /// The limits of a run are those of an app of which a running one can be held to.
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let AppLimits { run, .. } = AppLimits::read(input).filter(|limits| *limits == limits.run.into())?;
        Some(run)
    }
}

impl From<RunLimits> for AppLimits {
    fn from(run: RunLimits) -> Self {
        Self { run, ..Self::default() }
    }
}

/// The limits that end a run. The numbers are the protocol's.
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
