//! Receipts and events for the firmware.

use wamr_device::{Completion, Task};
use wamr_proto::Receipt;

/// Learns what apps do. All methods run on the thread that runs apps, so no app runs meanwhile. They must return within
/// `CONFIG_WAMR_ZEPHYR_WATCHDOG_MS`.
pub trait Observer: Sync {
    /// A call ended, of a client or of the app's entry.
    fn receipt(&self, _receipt: &Receipt) {}

    /// An app was loaded into a slot, or could not be.
    fn loaded(&self, _slot: u8, _is_loaded: bool) {}

    /// The app of a slot was unloaded.
    fn unloaded(&self, _slot: u8) {}
}

/// Observes nothing.
pub struct Nobody;

impl Observer for Nobody {}

/// Reports how a task ended.
#[inline(never)]
pub fn report(observer: &dyn Observer, task: &Task, done: &Completion) {
    match (task, done) {
        (Task::Load { slot, replaces, .. }, Completion::Loaded(result)) => {
            let is_replaced = result.as_ref().map_or_else(|error| error.displaced, |()| true);
            if let Some(replaced) = replaces.filter(|_| is_replaced) {
                observer.unloaded(replaced);
            }
            observer.loaded(*slot, result.is_ok());
        }
        (Task::Unload { slot }, _) => observer.unloaded(*slot),
        (_, Completion::Ran { result: Ok(receipt), .. }) => observer.receipt(receipt),
        _ => {}
    }
}
