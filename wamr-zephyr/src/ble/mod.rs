//! The Bluetooth LE transport: the GATT service of `docs/protocol.md`, and pairing.

mod ffi;

use wamr_device::{BondsOp, Characteristic};
use wamr_proto::{Bond, LogLine, Message};
use zephyr::kconfig::CONFIG_BT_DEVICE_NAME;
use zephyr::printkln;

#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
use crate::service::transport::NotSent;
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
        // It fails if no client has subscribed.
        drop(ffi::notify(characteristic, message));
    }

    #[cfg(CONFIG_WAMR_ZEPHYR_BLE_LOG)]
    fn log(&self, line: &LogLine<'_>) {
        ffi::log(line);
    }

    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
    fn message(&self, value: &Message) -> Result<(), NotSent> {
        ffi::message(value)
    }

    #[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
    fn perform(&self, op: BondsOp) -> Option<Bond> {
        ffi::perform(op)
    }
}

/// Opens pairing mode, in which unpaired clients can pair. Rejects a pending number. This is for applications that do not rely on
/// the button. Call it from any thread.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
pub fn pair() {
    ffi::pair();
}

/// Confirms that the client displays the same number as the device. Does nothing until the number was displayed for
/// `CONFIG_WAMR_ZEPHYR_BLE_COMPARE_MS` milliseconds. This is for applications that do not rely on the button. Call it from any
/// thread.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON)]
pub fn agree() {
    ffi::agree();
}

/// Removes the bonds of all clients. The next client that pairs owns the device. This is for applications with another way than
/// the button for a user to prove physical access. Call it from any thread, but not from an interrupt, after the device has
/// started.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
pub fn forget_clients() {
    ffi::forget_clients();
}
