//! The manifest inside a module, and how the manifest and a request lower the limits of an app.

use core::time::Duration;

use wamr::Limits;
use wamr_proto::{AppLimits, ErrorCode, MANIFEST_SECTION, Malformed, Manifest, Refusal, RunLimits, read};

/// Returns the manifest of a module, if it has one.
///
/// # Errors
/// A one-line description of the error.
pub fn of(module: &[u8]) -> Result<Option<Manifest<'_>>, Malformed> {
    section(module).map(read).transpose()
}

/// Returns the manifest that applies to a module: the default if it has none.
pub(crate) fn or_default(module: &[u8]) -> Result<Manifest<'_>, Refusal> {
    let mut manifest = match section(module) {
        Some(content) => read::<Manifest<'_>>(content).map_err(|_| Refusal::from(ErrorCode::BadManifest))?,
        None => Manifest::default(),
    };
    // Runs only when the app is loaded.
    manifest.entry = manifest.entry.filter(|entry| entry.as_str() != "_initialize");
    Ok(manifest)
}

fn section(module: &[u8]) -> Option<&[u8]> {
    wamr::custom_sections(module).find(|(name, _)| *name == MANIFEST_SECTION).map(|(_, content)| content)
}

/// Lowers the limits to the limits of an app.
pub fn lower(limits: &mut Limits, wanted: &AppLimits) {
    lower_run(limits, &wanted.run);
    lower_number(&mut limits.memory_pages, wanted.memory_pages);
    lower_number(&mut limits.table_elements, wanted.table_elements);
    lower_number(&mut limits.stack_size, wanted.stack_size);
    lower_option(&mut limits.pool, wanted.pool);
}

/// Lowers the limits to the limits of a run.
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

/// `None` means no limit.
fn lower_option<T: Ord + Copy>(limit: &mut Option<T>, wanted: Option<T>) {
    if wanted.is_some_and(|wanted| limit.is_none_or(|limit| wanted < limit)) {
        *limit = wanted;
    }
}
