//! Which modules this build runs, from Kconfig.

use wamr_device::Signatures;
use wamr_proto::Key;

/// The keys of `CONFIG_WAMR_ZEPHYR_SIGNATURE_KEYS`.
#[cfg(not(CONFIG_WAMR_ZEPHYR_SIGNATURES_OFF))]
const KEYS: &[Key] = include!(concat!(env!("OUT_DIR"), "/keys.rs"));

/// Which modules this build runs.
#[cfg(CONFIG_WAMR_ZEPHYR_SIGNATURES_REQUIRED)]
pub const SIGNATURES: Signatures = Signatures::required(KEYS);
/// Which modules this build runs.
#[cfg(CONFIG_WAMR_ZEPHYR_SIGNATURES_OPTIONAL)]
pub const SIGNATURES: Signatures = Signatures::optional(KEYS);
/// Which modules this build runs.
#[cfg(CONFIG_WAMR_ZEPHYR_SIGNATURES_OFF)]
pub const SIGNATURES: Signatures = Signatures::OFF;
