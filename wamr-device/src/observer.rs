//! What a firmware can learn of its apps.

use wamr_proto::Receipt;

use crate::APPS_MAX;
use crate::task::Completion;

/// Learns what apps do. All methods run on the thread that runs apps, so no app runs meanwhile. Under Zephyr, they must return within
/// `CONFIG_WAMR_ZEPHYR_WATCHDOG_MS`.
pub trait Observer: Sync {
    /// A call ended, of a client or of the app's entry.
    fn receipt(&self, _receipt: &Receipt) {}

    /// An app was loaded into a slot, or could not be.
    fn loaded(&self, _slot: u8, _is_loaded: bool) {}

    /// The app of a slot was unloaded. If another one was loaded in its place, this comes first.
    fn unloaded(&self, _slot: u8) {}

    /// The device cannot run apps, or could not start. The console shows the reason.
    fn failed(&self) {}
}

/// Observes nothing.
impl Observer for () {}

impl Completion {
    /// Reports to an observer how the task ended.
    #[inline(never)]
    pub fn report(&self, observer: &dyn Observer) {
        if let Self::Loaded { unloaded, .. } | Self::Unloaded { unloaded } = self {
            (0..APPS_MAX as u8).filter(|slot| unloaded & 1 << slot != 0).for_each(|slot| observer.unloaded(slot));
        }
        match self {
            Self::Loaded { slot, result, .. } => observer.loaded(*slot, result.is_ok()),
            Self::Ran { result: Ok(receipt), .. } => observer.receipt(receipt),
            _ => {}
        }
    }
}
