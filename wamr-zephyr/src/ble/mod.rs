//! The Bluetooth LE transport: the GATT service of `docs/protocol.md`, and how clients are paired.

mod ffi;

use wamr_device::{BondsOp, Characteristic};
use wamr_proto::{Bond, LogLine, Message};
use zephyr::kconfig::CONFIG_BT_DEVICE_NAME;
use zephyr::printkln;

use crate::service::transport::Transport;

/// Zephyr's Bluetooth host with the GATT service.
pub(crate) struct Bluetooth;

impl Transport for Bluetooth {
    fn name(&self) -> &'static str {
        "Bluetooth"
    }

    fn start(&self) -> zephyr::error::Result<()> {
        ffi::start()?;
        printkln!("wamr: ready for uploads as {CONFIG_BT_DEVICE_NAME}");
        Ok(())
    }

    fn notify(&self, characteristic: Characteristic, message: &Message) {
        // It fails without a client that has subscribed.
        drop(ffi::notify(characteristic, message));
    }

    #[cfg(CONFIG_WAMR_ZEPHYR_BLE_LOG)]
    fn log(&self, line: &LogLine<'_>) {
        ffi::log(line);
    }

    #[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
    fn perform(&self, op: BondsOp) -> Option<Bond> {
        ffi::perform(op)
    }
}

/// Opens pairing mode, in which a client that is not paired yet can pair. Refuses a number that waits to be compared. For
/// applications that have more than a button; from any thread.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
pub fn pair() {
    ffi::pair();
}

/// Confirms that the client shows the same number as the device. Does nothing before the number was shown for
/// `CONFIG_WAMR_ZEPHYR_BLE_COMPARE_MS` milliseconds. For applications that have more than a button; from any thread.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON)]
pub fn agree() {
    ffi::agree();
}

/// Removes the bonds of all clients, so that the next one that pairs owns the device. For applications that let a user who holds the
/// device say so by other means than a button that is held at the start; from any thread but that of an interrupt, once the device runs.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
pub fn forget_clients() {
    ffi::forget_clients();
}
