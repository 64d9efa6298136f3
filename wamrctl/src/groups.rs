//! The host groups that `run`, `twin` and `inspect --board` offer to apps.

use wamr::{Error, Runtime};
use wamr_client::proto::LogLine;
use wamr_device::{BaseGroup, Host, HostGroup};
use wamr_twin::microseconds;

/// The groups of a product, besides `wamr`.
pub type Groups<'g> = &'g [&'static dyn HostGroup];

/// Does `work` with the group `wamr` and these groups.
///
/// # Errors
/// Those of [`Host::new`].
pub fn with_host<R>(
    runtime: &Runtime,
    groups: Groups<'_>,
    log: fn(&LogLine<'_>),
    work: impl FnOnce(&Host<'_>) -> R,
) -> Result<R, Error> {
    let base = BaseGroup::new(log, || (microseconds() / 1000) as i64);
    let mut all: Vec<&dyn HostGroup> = vec![&base];
    all.extend(groups);
    Ok(work(&Host::new(runtime, &all)?))
}
