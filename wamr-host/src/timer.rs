//! The interface `timer`. It needs no driver: timers are part of the events of apps.

use wamr::{Method, Trap};
use wamr_device::{AppData, AppEvents, GroupLinker, HostGroup};

use crate::Error;
use crate::abi::{self, App};

/// The group `timer`.
#[derive(Debug)]
pub struct Timer {
    events: &'static AppEvents,
}

/// The longest time in milliseconds, about 12 days: times of the device wrap, and must not be further away than half of their range.
const LONGEST: u32 = 1 << 30;

impl Timer {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("start", Self::start),
        Method::new("start-periodic", Self::start_periodic),
        Method::new("cancel", Self::cancel),
    ];

    /// The group whose timers are events of these.
    pub const fn new(events: &'static AppEvents) -> Self {
        Self { events }
    }

    fn start(&self, mut app: App<'_>, id: u32, delay: u32, ret: u32) -> Result<(), Trap> {
        let started = self.try_start(&app, id, delay, None);
        abi::ret(&mut app, ret, started)
    }

    fn start_periodic(&self, mut app: App<'_>, id: u32, period: u32, ret: u32) -> Result<(), Trap> {
        let started =
            if period == 0 { Err(Error::InvalidArgument) } else { self.try_start(&app, id, period, Some(period)) };
        abi::ret(&mut app, ret, started)
    }

    fn try_start(&self, app: &App<'_>, id: u32, delay: u32, period: Option<u32>) -> Result<(), Error> {
        if delay > LONGEST {
            return Err(Error::InvalidArgument);
        }
        self.events.start_timer(app.data().number(), id, delay, period).map_err(|_| Error::NoSpace)
    }

    fn cancel(&self, app: App<'_>, id: u32) -> u32 {
        self.events.cancel_timer(app.data().number(), id).into()
    }
}

impl HostGroup for Timer {
    fn name(&self) -> &str {
        "timer"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        linker.interface("wamr:device/timer@0.1", self, Self::METHODS)
    }
}
