//! The group `log`: lines go to the console and to the client.

use wamr_host::log::Level;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_LOG)]
use wamr_host::log::Log;
use wamr_proto::LogLine;
use zephyr::printkln;

use crate::service::transport;

#[cfg(CONFIG_WAMR_ZEPHYR_HOST_LOG)]
pub static GROUP: Log<fn(Level, &LogLine<'_>)> = Log::new(log);

/// As for apps that use the group `wamr`, with a level between `app` and the name. It looks like those of Zephyr's log.
pub(super) fn log(level: Level, line: &LogLine<'_>) {
    let level = match level {
        Level::Error => "<err>",
        Level::Warn => "<wrn>",
        Level::Info => "<inf>",
        Level::Debug | Level::Trace => "<dbg>",
    };
    printkln!("app {level} {line}");
    transport::log(line);
}
