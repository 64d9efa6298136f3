//! The group `wamr`, which every device offers.

use wamr::{Caller, Error, Method, Trap};
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
    L: Fn(&LogLine<'_>) + Sync + 'static,
    U: Fn() -> i64 + Sync + 'static,
{
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("log", Self::log),
        Method::new("uptime_ms", Self::uptime_ms),
        Method::new("confirm", Self::confirm),
    ];

    /// `log` receives what apps log, which is safe to print. `uptime_ms` returns milliseconds since the device started.
    pub const fn new(log: L, uptime_ms: U) -> Self {
        Self { log, uptime_ms }
    }

    fn log(&self, caller: Caller<'_, AppData>, address: u32, length: u32) -> Result<(), Trap> {
        let text = core::str::from_utf8(caller.bytes(address, length)?).map_err(|_| Trap::host("log: not UTF-8"))?;
        let app = caller.data();
        (self.log)(&LogLine { name: app.name(), app: app.slot, text });
        Ok(())
    }

    fn uptime_ms(&self, _: Caller<'_, AppData>) -> i64 {
        (self.uptime_ms)()
    }

    fn confirm(&self, mut caller: Caller<'_, AppData>) {
        caller.data_mut().confirm();
    }
}

impl<L, U> HostGroup for BaseGroup<L, U>
where
    L: Fn(&LogLine<'_>) + Sync + 'static,
    U: Fn() -> i64 + Sync + 'static,
{
    fn name(&self) -> &str {
        "wamr"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        linker.interface("wamr", self, Self::METHODS)
    }
}
