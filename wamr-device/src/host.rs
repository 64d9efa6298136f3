//! What devices offer to apps.

use crate::executor::Confirmation;
use wamr::{Caller, Error, Linker, Trap};
use wamr_proto::{AppName, LogLine, Name};

/// The name of the module that apps import from.
const MODULE: &str = "wamr";

/// What the host knows of a loaded app, for host functions: [`Caller::data`] of the calls that it makes.
#[derive(Clone, Debug, Default)]
pub struct AppData {
    pub(crate) slot: u8,
    pub(crate) name: AppName,
    /// The export that its manifest names, as it was when the module was verified.
    pub(crate) entry: Option<Name>,
}

impl AppData {
    /// The app's number, that of its slot.
    pub fn number(&self) -> u8 {
        self.slot
    }

    /// The name in its manifest, empty without one. Its author has chosen it: show it [escaped](wamr_proto::Escaped).
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
}

/// Defines what every device offers to apps, the imports of the module `wamr`. `guest/README.md` tells apps' authors.
///
/// `log` takes a line of text, which shows safely, `uptime_ms` gives milliseconds since the device started, and with `confirm` a new
/// version of an app says that it works.
///
/// # Errors
/// [`Error::OutOfMemory`]; [`Error::DuplicateDefinition`] when the linker defines them already.
// Not inlined: the caller's stack frame is there as long as apps run.
#[inline(never)]
pub fn define_host_functions<'rt>(
    linker: &mut Linker<'rt, AppData>,
    log: impl Fn(&LogLine<'_>) + 'rt,
    uptime_ms: impl Fn() -> i64 + 'rt,
    confirmation: &'rt Confirmation,
) -> Result<(), Error> {
    linker.func_wrap(MODULE, "log", move |caller: Caller<'_, AppData>, address: u32, length: u32| {
        let text = core::str::from_utf8(caller.bytes(address, length)?).map_err(|_| Trap::host("log: not UTF-8"))?;
        let app = caller.data();
        log(&LogLine { name: app.name(), app: app.slot, text });
        Ok::<(), Trap>(())
    })?;
    linker.func_wrap(MODULE, "uptime_ms", uptime_ms)?;
    linker.func_wrap(MODULE, "confirm", || confirmation.give())?;
    Ok(())
}
