//! The interface `adc`.

use wamr::{Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup};

use crate::abi::{self, App};
use crate::{Error, Opened, Sharing};

/// The analog inputs of a platform, by their numbers.
pub trait Inputs: Sync + 'static {
    /// Returns the names of the inputs, at most 32. The position is the number.
    fn names(&self) -> &[&str];

    /// Measures the voltage of an input, in microvolts.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Busy`], [`Error::Timeout`].
    fn read(&self, input: u32) -> Result<i32, Error>;
}

/// The group `adc`. Several apps can use an input.
#[derive(Debug)]
pub struct Adc<I> {
    inputs: I,
    opened: Opened,
}

impl<I: Inputs> Adc<I> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("open", Self::open),
        Method::new("[method]channel.read", Self::read),
        Method::new("[resource-drop]channel", Self::close),
        Method::new("channel_drop", Self::close),
    ];

    /// The group with these inputs.
    pub const fn new(inputs: I) -> Self {
        Self { inputs, opened: Opened::new() }
    }

    /// Returns the inputs.
    pub fn inputs(&self) -> &I {
        &self.inputs
    }

    fn open(&self, mut app: App<'_>, name: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let opened = self.opened.open(self, &app, (name, length), Sharing::Shared)?;
        abi::ret(&mut app, ret, opened)
    }

    fn close(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        self.opened.close(app.data(), handle).map(drop)
    }

    fn read(&self, mut app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        let input = self.opened.resource(app.data(), handle)?;
        abi::ret(&mut app, ret, self.inputs.read(input))
    }
}

impl<I: Inputs> HostGroup for Adc<I> {
    fn name(&self) -> &str {
        "adc"
    }

    fn resources(&self) -> &[&str] {
        self.inputs.names()
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        self.opened.bind(linker.group());
        linker.interface("wamr:device/adc@0.1", self, Self::METHODS)
    }

    fn unloaded(&self, app: &AppData) {
        self.opened.close_all(app).for_each(drop);
    }
}
