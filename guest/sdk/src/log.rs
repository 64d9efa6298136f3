//! The device's log.
//!
//! [`write()`] passes a finished line on. With the feature `log`, the macros of the crate `log` do the same with formatted text, at most
//! 128 bytes of each line. They need no setup.

mod imports {
    #[link(wasm_import_module = "wamr:device/log@0.1.0")]
    unsafe extern "C" {
        #[link_name = "log"]
        pub fn log(level: u32, message: *const u8, length: usize);
    }
}

/// The importance of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something may fail.
    Warn,
    /// Something that a user wants to know.
    Info,
    /// Something that a developer wants to know.
    Debug,
    /// All else.
    Trace,
}

/// Writes one line. The device prefixes it with the name of the app, and escapes control characters.
pub fn write(level: Level, message: &str) {
    // SAFETY: the device reads the message.
    unsafe { imports::log(level as u32, message.as_ptr(), message.len()) }
}

/// Writes one line of [`Level::Error`].
pub fn error(message: &str) {
    write(Level::Error, message);
}

/// Writes one line of [`Level::Warn`].
pub fn warn(message: &str) {
    write(Level::Warn, message);
}

/// Writes one line of [`Level::Info`].
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// Writes one line of [`Level::Debug`].
pub fn debug(message: &str) {
    write(Level::Debug, message);
}

#[cfg(feature = "log")]
pub(crate) use backend::install;

#[cfg(feature = "log")]
mod backend {
    use super::{Level, write};
    use crate::text::Line;
    use core::fmt::Write;
    use log::{LevelFilter, Log, Metadata, Record};

    struct Backend;

    impl Log for Backend {
        fn enabled(&self, _: &Metadata) -> bool {
            true
        }

        fn log(&self, record: &Record) {
            let level = match record.level() {
                log::Level::Error => Level::Error,
                log::Level::Warn => Level::Warn,
                log::Level::Info => Level::Info,
                log::Level::Debug => Level::Debug,
                log::Level::Trace => Level::Trace,
            };
            let mut line = Line::<128>::new();
            // What does not fit is cut.
            let _ = line.write_fmt(*record.args());
            write(level, line.as_str());
        }

        fn flush(&self) {}
    }

    /// Makes the macros of the crate `log` write to the device's log.
    pub(crate) fn install() {
        // Fails only if the app has installed another one.
        if log::set_logger(&Backend).is_ok() {
            log::set_max_level(LevelFilter::Trace);
        }
    }
}
