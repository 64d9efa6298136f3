//! The group `wamr`, which every device offers.

use wamr::{Caller, Error, Trap};
use wamr_proto::LogLine;

use crate::app_data::AppData;
use crate::group::{GroupLinker, HostGroup};

/// The group `wamr`, which every device offers: `log`, `uptime_ms` and `confirm`. `guest/README.md` describes it for authors of apps.
#[derive(Debug)]
pub struct BaseGroup<L, U> {
    log: L,
    uptime_ms: U,
}

impl<L, U> BaseGroup<L, U>
where
    L: Fn(&LogLine<'_>) + Sync,
    U: Fn() -> i64 + Sync,
{
    /// `log` receives what apps log, which is safe to print. `uptime_ms` returns milliseconds since the device started.
    pub const fn new(log: L, uptime_ms: U) -> Self {
        Self { log, uptime_ms }
    }
}

impl<L, U> HostGroup for BaseGroup<L, U>
where
    L: Fn(&LogLine<'_>) + Sync,
    U: Fn() -> i64 + Sync,
{
    fn name(&self) -> &str {
        "wamr"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        linker.func_wrap("log", |caller: Caller<'_, AppData>, address: u32, length: u32| {
            let text =
                core::str::from_utf8(caller.bytes(address, length)?).map_err(|_| Trap::host("log: not UTF-8"))?;
            let app = caller.data();
            (self.log)(&LogLine { name: app.name(), app: app.slot, text });
            Ok::<(), Trap>(())
        })?;
        linker.func_wrap("uptime_ms", || (self.uptime_ms)())?;
        linker.func_wrap("confirm", |mut caller: Caller<'_, AppData>| caller.data_mut().confirmed = true)
    }
}
