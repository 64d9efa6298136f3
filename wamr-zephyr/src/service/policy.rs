//! What the device permits and how it treats apps, from Kconfig.

use wamr_device::{FlashBudget, Permissions, SignaturePolicy, Supervision};
#[cfg(not(CONFIG_WAMR_ZEPHYR_SIGNATURES_OFF))]
use wamr_proto::Key;
use zephyr::kconfig;

/// The keys of `CONFIG_WAMR_ZEPHYR_SIGNATURE_KEYS`.
#[cfg(not(CONFIG_WAMR_ZEPHYR_SIGNATURES_OFF))]
const KEYS: &[Key] = include!(concat!(env!("OUT_DIR"), "/keys.rs"));

/// Which modules the device accepts, without native code.
#[cfg(CONFIG_WAMR_ZEPHYR_SIGNATURES_REQUIRED)]
const WEBASSEMBLY: SignaturePolicy = SignaturePolicy::required(KEYS).with_progress(progress);
/// Which modules the device accepts, without native code.
#[cfg(CONFIG_WAMR_ZEPHYR_SIGNATURES_OPTIONAL)]
const WEBASSEMBLY: SignaturePolicy = SignaturePolicy::optional(KEYS).with_progress(progress);
/// Which modules the device accepts, without native code.
#[cfg(CONFIG_WAMR_ZEPHYR_SIGNATURES_OFF)]
const WEBASSEMBLY: SignaturePolicy = SignaturePolicy::OFF;

/// Which modules the device accepts.
#[cfg(not(CONFIG_WAMR_ZEPHYR_NATIVE))]
pub const SIGNATURES: SignaturePolicy = WEBASSEMBLY;
/// Which modules the device accepts, with the keys of `CONFIG_WAMR_ZEPHYR_NATIVE_KEYS`.
#[cfg(CONFIG_WAMR_ZEPHYR_NATIVE)]
pub const SIGNATURES: SignaturePolicy =
    WEBASSEMBLY.with_native_keys(include!(concat!(env!("OUT_DIR"), "/native_keys.rs")));

/// Shows the watchdog that a check with many keys goes on.
#[cfg(not(CONFIG_WAMR_ZEPHYR_SIGNATURES_OFF))]
fn progress() {
    #[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
    crate::watchdog::feed_if_due();
}

/// How the device treats apps that fail.
pub const SUPERVISION: Supervision = Supervision {
    failures: kconfig::CONFIG_WAMR_ZEPHYR_FAILURES as u8,
    pause: kconfig::CONFIG_WAMR_ZEPHYR_RESTART_MS as u32,
    pause_max: kconfig::CONFIG_WAMR_ZEPHYR_RESTART_MAX_MS as u32,
    resets: kconfig::CONFIG_WAMR_ZEPHYR_RESETS as u8,
    clients_first: kconfig::CONFIG_WAMR_ZEPHYR_CLIENTS_FIRST_MS as u32,
};

/// What operators may do.
pub const PERMISSIONS: Permissions = Permissions {
    trust: cfg!(CONFIG_WAMR_ZEPHYR_BLE_OPERATORS_TRUST),
    revoke: cfg!(CONFIG_WAMR_ZEPHYR_BLE_OPERATORS_REVOKE),
    unpair: cfg!(CONFIG_WAMR_ZEPHYR_BLE_OPERATORS_UNPAIR),
    memory: cfg!(CONFIG_WAMR_ZEPHYR_BLE_OPERATORS_MEMORY),
};

/// How many bytes the arguments and results of a call can have.
pub const CALL_BYTES: u32 = kconfig::CONFIG_WAMR_ZEPHYR_CALL_BYTES as u32;

/// How often clients can cause an erase.
pub const FLASH_BUDGET: FlashBudget = FlashBudget {
    per_hour: kconfig::CONFIG_WAMR_ZEPHYR_ERASE_CYCLES_PER_HOUR as u16,
    per_connection: kconfig::CONFIG_WAMR_ZEPHYR_ERASE_CYCLES_PER_CONNECTION as u16,
};
