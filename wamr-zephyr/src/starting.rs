//! The app that the device is starting, in RAM that survives a restart.
//!
//! If an app hangs in a host function, the watchdog restarts the device. After the restart, [`take`] returns the app, and
//! [`Records::hung`](wamr_device::Records::hung) counts the hang. The RAM survives a restart by the watchdog, by software or by a
//! pin. After a loss of power, its contents are arbitrary.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The app's number in the lowest byte, and `MARK` above it. Anything else means no app.
// Zephyr's linker script excludes such a section from the memory that is cleared at the start.
#[unsafe(link_section = ".noinit.wamr_starting")]
static STARTING: AtomicU32 = AtomicU32::new(0);

/// A value that RAM is unlikely to contain by chance.
const MARK: u32 = 0x5741_4d00;

/// Sets the app whose code the device is about to run, or `None` when it is done.
pub fn set(app: Option<u8>) {
    STARTING.store(app.map_or(0, |app| MARK | u32::from(app)), Relaxed);
}

/// Returns the app that the device was starting before the restart. Only the first call after a restart returns it.
pub fn take() -> Option<u8> {
    let [app, mark @ ..] = STARTING.swap(0, Relaxed).to_le_bytes();
    (mark == MARK.to_le_bytes()[1..]).then_some(app)
}
