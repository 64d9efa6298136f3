//! What devices offer to apps.

use crate::executor::Confirmation;
use wamr::{Caller, Error, Linker, Trap};

/// The name of the module that apps import from.
const MODULE: &str = "wamr";

/// Defines what every device offers to apps, the imports of the module `wamr`. `guest/README.md` tells apps' authors.
///
/// `log` takes a line of text, `uptime_ms` gives milliseconds since the device started, and with `confirm` a new version of an app says
/// that it works.
///
/// # Errors
/// [`Error::OutOfMemory`]; [`Error::DuplicateDefinition`] when the linker defines them already.
// Not inlined: the caller's stack frame is there as long as apps run.
#[inline(never)]
pub fn define_host_functions<'rt>(
    linker: &mut Linker<'rt>,
    log: impl Fn(&str) + 'rt,
    uptime_ms: impl Fn() -> i64 + 'rt,
    confirmation: &'rt Confirmation,
) -> Result<(), Error> {
    linker.func(MODULE, "log", move |caller: Caller<'_, ()>, address: u32, length: u32| {
        let text = core::str::from_utf8(caller.bytes(address, length)?).map_err(|_| Trap::host("log: not UTF-8"))?;
        log(text);
        Ok::<(), Trap>(())
    })?;
    linker.func(MODULE, "uptime_ms", uptime_ms)?;
    linker.func(MODULE, "confirm", || confirmation.give())?;
    Ok(())
}
