//! The host groups that a computer offers to apps.

use crate::board::Board;
use crate::clock::microseconds;
use crate::system::Computer;
use crate::twin::FileGroup;
use std::sync::Arc;
use wamr::{Error, Runtime};
use wamr_device::{BaseGroup, Host, HostGroup};
use wamr_host::file::Store;
use wamr_host::log::{Level, Log};
use wamr_host::wasi::Wasi;
use wamr_proto::LogLine;

/// Receives the lines of apps. Lines without a level have [`Level::Info`].
pub type LogSink = Arc<dyn Fn(Level, &LogLine<'_>) + Send + Sync>;

/// The groups that a computer offers to apps besides those of its board.
#[derive(Clone, Copy, Default)]
pub struct Offer<'a> {
    /// Groups of any kind. One takes the place of another group with the same name.
    pub groups: &'a [&'static dyn HostGroup],
    /// The group `file`, whose files programs for WASI use, too.
    pub files: Option<&'static FileGroup>,
}

/// Does `work` with the group `wamr` and these groups, and if there is a board, with the groups of `wamr-host` on it. `log` receives what
/// apps log.
///
/// # Errors
/// Those of [`Host::new`].
pub fn with_host<R>(
    runtime: &Runtime,
    board: Option<Board>,
    Offer { groups, files }: Offer<'_>,
    log: LogSink,
    work: impl FnOnce(&Host<'_>) -> R,
) -> Result<R, Error> {
    let sink = log.clone();
    let base = BaseGroup::new(move |line: &LogLine<'_>| sink(Level::Info, line), || (microseconds() / 1000) as i64);
    let wasi = Wasi::new(Computer::new(log.clone()), files.map(|files| files as &dyn Store));
    let log = Log::new(move |level, line: &LogLine<'_>| log(level, line));
    let mut all: Vec<&dyn HostGroup> = vec![&base];
    all.extend(groups);
    let is_new = |group: &&dyn HostGroup| groups.iter().all(|other| other.name() != group.name());
    let portable = board.into_iter().flat_map(|board| board.groups()).map(|group| group as &dyn HostGroup);
    let others = board.map(|_| [&log as &dyn HostGroup, &wasi]);
    let files = files.map(|files| files as &dyn HostGroup);
    all.extend(portable.chain(others.into_iter().flatten()).chain(files).filter(is_new));
    Ok(work(&Host::new(runtime, &all)?))
}
