//! Runs what waits for Bluetooth.

use std::future::Future;

/// Runs something that uses Bluetooth, and the tasks that it starts, to its end.
///
/// All of it stays on this thread, on a `LocalSet`, as `wamr_client::hci` demands.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, work)
}
