//! Receipts and events for the firmware.

use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use wamr_device::{Completion, Task};
use wamr_proto::{APPS_MAX, Receipt};

/// Learns what apps do. All methods run on the thread that runs apps, so no app runs meanwhile. They must return within
/// `CONFIG_WAMR_ZEPHYR_WATCHDOG_MS`.
pub trait Observer: Sync {
    /// A call ended, of a client or of the app's entry.
    fn receipt(&self, _receipt: &Receipt) {}

    /// An app was loaded into a slot, or could not be.
    fn loaded(&self, _slot: u8, _is_loaded: bool) {}

    /// The app of a slot was unloaded.
    fn unloaded(&self, _slot: u8) {}

    /// The device cannot run apps, or could not start. The console shows the reason.
    fn failed(&self) {}
}

/// Observes nothing.
pub struct Nobody;

impl Observer for Nobody {}

/// The slots with a loaded app, a bit for each.
static LOADED: AtomicU8 = AtomicU8::new(0);

const _: () = assert!(APPS_MAX <= 8);

/// Reports that a slot has no loaded app any more, if it had one.
fn unloaded(observer: &dyn Observer, slot: u8) {
    if LOADED.fetch_and(!(1 << slot), Relaxed) & 1 << slot != 0 {
        observer.unloaded(slot);
    }
}

/// Reports how a task ended.
#[inline(never)]
pub fn report(observer: &dyn Observer, task: &Task, done: &Completion) {
    match (task, done) {
        (Task::Load { slot, replaces, .. }, Completion::Loaded(result)) => {
            let is_replaced = result.as_ref().map_or_else(|error| error.displaced, |()| true);
            // The executor unloads what is in the slot before it loads.
            unloaded(observer, *slot);
            if let Some(replaced) = replaces.filter(|_| is_replaced) {
                unloaded(observer, replaced);
            }
            if result.is_ok() {
                LOADED.fetch_or(1 << slot, Relaxed);
            }
            observer.loaded(*slot, result.is_ok());
        }
        (Task::Unload { slot }, _) => unloaded(observer, *slot),
        (_, Completion::Ran { result: Ok(receipt), .. }) => observer.receipt(receipt),
        _ => {}
    }
}
