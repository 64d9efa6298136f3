//! The interface `system`.

use wamr::{Error, Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup};

use crate::abi::{self, App};

/// Why the device started last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ResetReason {
    /// Unknown.
    Unknown,
    /// It got power.
    PowerOn,
    /// The reset pin.
    Pin,
    /// The firmware restarted it.
    Software,
    /// The watchdog.
    Watchdog,
    /// The voltage was too low.
    Brownout,
    /// It woke up from a state in which it lost its memory.
    WakeUp,
    /// A debugger.
    Debug,
}

/// What a platform knows of the device.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Returns the name of the device: at most 64 bytes.
    pub name: fn() -> &'static str,
    /// Returns why the device started last.
    pub reset_reason: fn() -> ResetReason,
    /// Returns the charge of the battery in percent, if it is known.
    pub battery: fn() -> Option<u8>,
}

/// The group `system`.
#[derive(Debug)]
pub struct System {
    about: About,
}

impl System {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("name", Self::name),
        Method::new("last-reset", Self::last_reset),
        Method::new("battery", Self::battery),
        Method::new("confirm", Self::confirm),
    ];

    /// The group of this device.
    pub const fn new(about: About) -> Self {
        Self { about }
    }

    fn name(&self, mut app: App<'_>, ret: u32) -> Result<(), Trap> {
        abi::ret(&mut app, ret, (self.about.name)())
    }

    fn last_reset(&self, _: App<'_>) -> u32 {
        (self.about.reset_reason)() as u32
    }

    fn battery(&self, mut app: App<'_>, ret: u32) -> Result<(), Trap> {
        abi::ret(&mut app, ret, (self.about.battery)())
    }

    fn confirm(&self, mut app: App<'_>) {
        app.data_mut().confirm();
    }
}

impl HostGroup for System {
    fn name(&self) -> &str {
        "system"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        linker.interface("wamr:device/system@0.1", self, Self::METHODS)
    }
}
