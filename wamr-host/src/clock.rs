//! The interface `clock`.

use wamr::{Error, Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup};

use crate::abi::{self, App};

/// The clocks of a platform.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// Returns microseconds since the start.
    pub micros: fn() -> u64,
    /// Returns seconds since 1970-01-01 00:00:00 UTC, if they are known.
    pub unix_time: fn() -> Option<u64>,
}

/// The group `clock`.
#[derive(Debug)]
pub struct Clock {
    clocks: Clocks,
}

impl Clock {
    const METHODS: &[Method<Self, AppData>] =
        &[Method::new("now", Self::now), Method::new("unix-time", Self::unix_time)];

    /// The group with these clocks.
    pub const fn new(clocks: Clocks) -> Self {
        Self { clocks }
    }

    fn now(&self, _: App<'_>) -> u64 {
        (self.clocks.micros)()
    }

    fn unix_time(&self, mut app: App<'_>, ret: u32) -> Result<(), Trap> {
        abi::ret(&mut app, ret, (self.clocks.unix_time)())
    }
}

impl HostGroup for Clock {
    fn name(&self) -> &str {
        "clock"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        linker.interface("wamr:device/clock@0.1", self, Self::METHODS)
    }
}
