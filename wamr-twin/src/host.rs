//! The host groups that a computer offers to apps.

use crate::clock::microseconds;
use wamr::{Error, Runtime};
use wamr_device::{BaseGroup, Host, HostGroup};
use wamr_proto::LogLine;

/// Does `work` with the group `wamr` and these groups. `log` receives what apps log.
///
/// # Errors
/// Those of [`Host::new`].
pub fn with_host<R>(
    runtime: &Runtime,
    groups: &[&'static dyn HostGroup],
    log: impl Fn(&LogLine<'_>) + Sync,
    work: impl FnOnce(&Host<'_>) -> R,
) -> Result<R, Error> {
    let base = BaseGroup::new(log, || (microseconds() / 1000) as i64);
    let mut all: Vec<&dyn HostGroup> = vec![&base];
    all.extend(groups);
    Ok(work(&Host::new(runtime, &all)?))
}
