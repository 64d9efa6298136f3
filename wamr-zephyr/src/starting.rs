//! Which app the device is starting, in RAM that survives a restart.
//!
//! An app that hangs in a host function ends with the watchdog. After the restart, [`take`] names it, and
//! [`Records::hung`](wamr_device::Records::hung) counts it. RAM survives a restart by the watchdog, by software or by a pin, and holds
//! anything after a loss of power.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The app's number in the lowest byte, and `MARK` above it; else nothing.
// Zephyr's linker script keeps what is in such a section out of what is cleared at the start.
#[unsafe(link_section = ".noinit.wamr_starting")]
static STARTING: AtomicU32 = AtomicU32::new(0);

/// What RAM is unlikely to hold by chance.
const MARK: u32 = 0x5741_4d00;

/// The device is about to do something of which this app may hang; `None` when it is done.
pub fn set(app: Option<u8>) {
    STARTING.store(app.map_or(0, |app| MARK | u32::from(app)), Relaxed);
}

/// The app that the device was starting when it was restarted. Only the first call since then answers that.
pub fn take() -> Option<u8> {
    let [app, mark @ ..] = STARTING.swap(0, Relaxed).to_le_bytes();
    (mark == MARK.to_le_bytes()[1..]).then_some(app)
}
