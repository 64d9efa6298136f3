//! The interface `log`.

use core::fmt;

use wamr::{Error, Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup, LogLine};

use crate::abi::{self, App};

/// The importance of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A failure.
    Error,
    /// Something unexpected.
    Warn,
    /// Something worth knowing.
    Info,
    /// For the author of the app.
    Debug,
    /// In every detail.
    Trace,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        })
    }
}

const LEVELS: [Level; 5] = [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];

/// The group `log`.
#[derive(Debug)]
pub struct Log<L> {
    log: L,
}

impl<L: Fn(Level, &LogLine<'_>) + Sync + 'static> Log<L> {
    const METHODS: &[Method<Self, AppData>] = &[Method::new("log", Self::log)];

    /// `log` receives the lines of apps. They are safe to print.
    pub const fn new(log: L) -> Self {
        Self { log }
    }

    fn log(&self, app: App<'_>, level: u32, address: u32, length: u32) -> Result<(), Trap> {
        let level = abi::case(&LEVELS, level)?;
        let text = abi::string(&app, address, length)?;
        let AppInfo { name, number } = AppInfo::of(&app);
        (self.log)(level, &LogLine { name, app: number, text });
        Ok(())
    }
}

struct AppInfo<'a> {
    name: &'a str,
    number: u8,
}

impl<'a> AppInfo<'a> {
    fn of(app: &'a App<'_>) -> Self {
        Self { name: app.data().name(), number: app.data().number() }
    }
}

impl<L: Fn(Level, &LogLine<'_>) + Sync + 'static> HostGroup for Log<L> {
    fn name(&self) -> &str {
        "log"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        linker.interface("wamr:device/log@0.1", self, Self::METHODS)
    }
}
