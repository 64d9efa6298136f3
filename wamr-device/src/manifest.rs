//! The manifest inside a module, and what of it bounds the app.

use core::time::Duration;

use wamr::Limits;
use wamr_proto::{AppLimits, ErrorCode, MANIFEST_SECTION, Manifest, Refusal, RunLimits, decode};

/// The manifest of a module, the default where there is none.
pub(crate) fn of(module: &[u8]) -> Result<Manifest, Refusal> {
    match wamr::custom_sections(module).find(|(name, _)| *name == MANIFEST_SECTION) {
        Some((_, content)) => decode(content).map_err(|_| ErrorCode::BadManifest.into()),
        None => Ok(Manifest::default()),
    }
}

/// What an app asks for. Where it asks for nothing there is no limit but the device's.
pub(crate) fn limits(wanted: &AppLimits) -> Limits {
    Limits {
        memory_pages: wanted.memory_pages.unwrap_or(u32::MAX),
        table_elements: wanted.table_elements.unwrap_or(u32::MAX),
        stack_size: wanted.stack_size.unwrap_or(u32::MAX),
        pool: wanted.pool,
        ..run_limits(&wanted.run)
    }
}

/// What a run is held to.
pub(crate) fn run_limits(wanted: &RunLimits) -> Limits {
    let time = |millis: Option<u32>| millis.map(|millis| Duration::from_millis(millis.into()));
    Limits {
        fuel: wanted.fuel,
        deadline: time(wanted.millis),
        host_calls: wanted.host_calls.unwrap_or(u32::MAX),
        host_time: time(wanted.host_millis),
        stack_size: u32::MAX,
        ..Limits::DEFAULT
    }
}
