//! The manifest inside a module, and how what it and a request ask for lowers the limits of an app.

use core::time::Duration;

use wamr::Limits;
use wamr_proto::{AppLimits, ErrorCode, MANIFEST_SECTION, Malformed, Manifest, Refusal, RunLimits, read};

/// The manifest of a module, if it has one.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn of(module: &[u8]) -> Result<Option<Manifest<'_>>, Malformed> {
    section(module).map(read).transpose()
}

/// The manifest that a device goes by: the default where a module has none.
pub(crate) fn or_default(module: &[u8]) -> Result<Manifest<'_>, Refusal> {
    let mut manifest = match section(module) {
        Some(content) => read::<Manifest<'_>>(content).map_err(|_| Refusal::from(ErrorCode::BadManifest))?,
        None => Manifest::default(),
    };
    // Runs whenever the app is loaded, and only then.
    manifest.entry = manifest.entry.filter(|entry| entry.as_str() != "_initialize");
    Ok(manifest)
}

fn section(module: &[u8]) -> Option<&[u8]> {
    wamr::custom_sections(module).find(|(name, _)| *name == MANIFEST_SECTION).map(|(_, content)| content)
}

/// Lowers the limits to those that an app asks for.
pub fn lower(limits: &mut Limits, wanted: &AppLimits) {
    lower_run(limits, &wanted.run);
    lower_number(&mut limits.memory_pages, wanted.memory_pages);
    lower_number(&mut limits.table_elements, wanted.table_elements);
    lower_number(&mut limits.stack_size, wanted.stack_size);
    lower_option(&mut limits.pool, wanted.pool);
}

/// Lowers the limits to those that a run is held to.
pub(crate) fn lower_run(limits: &mut Limits, wanted: &RunLimits) {
    let time = |millis: Option<u32>| millis.map(|millis| Duration::from_millis(millis.into()));
    lower_option(&mut limits.fuel, wanted.fuel);
    lower_option(&mut limits.deadline, time(wanted.millis));
    lower_number(&mut limits.host_calls, wanted.host_calls);
    lower_option(&mut limits.host_time, time(wanted.host_millis));
}

fn lower_number(limit: &mut u32, wanted: Option<u32>) {
    *limit = (*limit).min(wanted.unwrap_or(u32::MAX));
}

/// `None` is no limit.
fn lower_option<T: Ord + Copy>(limit: &mut Option<T>, wanted: Option<T>) {
    if wanted.is_some_and(|wanted| limit.is_none_or(|limit| wanted < limit)) {
        *limit = wanted;
    }
}
