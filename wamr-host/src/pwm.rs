//! The interface `pwm`.

use wamr::{Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup};

use crate::abi::{self, App};
use crate::{Error, Opened, Sharing};

/// The pulse-width modulated outputs of a platform, by their numbers.
pub trait Outputs: Sync + 'static {
    /// Returns the names of the outputs, at most 32. The position is the number.
    fn names(&self) -> &[&str];

    /// Sets the period and the part of it for which the output is active, both in nanoseconds. The period is not 0, and the pulse is not
    /// longer.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the period is not possible, [`Error::Io`].
    fn set(&self, output: u32, period: u32, pulse: u32) -> Result<(), Error>;

    /// Switches an output off.
    fn release(&self, output: u32);
}

/// The group `pwm`. An output belongs to one app at a time.
#[derive(Debug)]
pub struct Pwm<O> {
    outputs: O,
    opened: Opened,
}

impl<O: Outputs> Pwm<O> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("open", Self::open),
        Method::new("[method]channel.set", Self::set),
        Method::new("[resource-drop]channel", Self::close),
        Method::new("channel_drop", Self::close),
    ];

    /// The group with these outputs.
    pub const fn new(outputs: O) -> Self {
        Self { outputs, opened: Opened::new() }
    }

    fn open(&self, mut app: App<'_>, name: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let opened = self.opened.open(self, &app, (name, length), Sharing::Exclusive)?;
        abi::ret(&mut app, ret, opened)
    }

    fn close(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        // Not free for others before it is off.
        self.outputs.release(self.opened.resource(app.data(), handle)?);
        self.opened.close(app.data(), handle).map(drop)
    }

    fn set(&self, mut app: App<'_>, handle: u32, period: u32, pulse: u32, ret: u32) -> Result<(), Trap> {
        let output = self.opened.resource(app.data(), handle)?;
        let possible = period > 0 && pulse <= period;
        let set = if possible { self.outputs.set(output, period, pulse) } else { Err(Error::InvalidArgument) };
        abi::ret(&mut app, ret, set)
    }
}

impl<O: Outputs> HostGroup for Pwm<O> {
    fn name(&self) -> &str {
        "pwm"
    }

    fn resources(&self) -> &[&str] {
        self.outputs.names()
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        self.opened.bind(linker.group());
        linker.interface("wamr:device/pwm@0.1", self, Self::METHODS)
    }

    fn unloaded(&self, app: &AppData) {
        self.opened.close_all(app).for_each(|output| self.outputs.release(output));
    }
}
