//! WebAssembly apps on Zephyr.
//!
//! | item | requires | purpose |
//! |---|---|---|
//! | [`POOL`] | `CONFIG_WAMR_ZEPHYR` | the memory of a [`wamr::Runtime`] |
//! | [`LIMITS`] | `CONFIG_WAMR_ZEPHYR` | the limits of every app |
//! | [`clock`] | `CONFIG_WAMR_ZEPHYR` | the time, for deadlines and host functions |
//! | `slot` | `CONFIG_WAMR_ZEPHYR_SLOT` | the flash partition of the installed apps |
//! | `Device` | `CONFIG_WAMR_ZEPHYR_SLOT` | a device that runs the installed apps and serves clients |
//! | `HostGroup` | `CONFIG_WAMR_ZEPHYR_SLOT` | functions that the firmware offers to apps |
//! | `EVENTS` | `CONFIG_WAMR_ZEPHYR_EVENTS` | the events of apps, for groups of the firmware's own |
//! | `set_unix_time` | `CONFIG_WAMR_ZEPHYR_HOST_CLOCK` | tells apps the time of day |
//! | `set_battery` | `CONFIG_WAMR_ZEPHYR_HOST_SYSTEM` | tells apps the charge of the battery |
//! | `import_key`, `set_key` | `CONFIG_WAMR_ZEPHYR_HOST_CRYPTO` | gives apps the use of a key |
//! | `transport` | `CONFIG_WAMR_ZEPHYR_SLOT` | transports of the firmware's own |
//! | `starting` | `CONFIG_WAMR_ZEPHYR_WATCHDOG` | the app that the device was starting when the watchdog restarted it |
//! | `watchdog` | `CONFIG_WAMR_ZEPHYR_WATCHDOG` | restarts the device if the thread that runs apps hangs |
//! | `ble` | `CONFIG_WAMR_ZEPHYR_BLE` | uploads over Bluetooth LE, and pairing |
//!
//! Sizes and limits are Kconfig options of the Zephyr module in this repository. `menuconfig` describes the cost of each option.
//!
//! Enable the feature `classic-interp` for builds with `CONFIG_WAMR_ZEPHYR_CLASSIC_INTERP`.
#![no_std]

#[cfg(CONFIG_WAMR_ZEPHYR_BLE)]
pub mod ble;
pub mod clock;
#[cfg(CONFIG_WAMR_ZEPHYR_SLOT)]
mod host;
#[cfg(any(CONFIG_WAMR_ZEPHYR_BLE, CONFIG_WAMR_ZEPHYR_SMP))]
mod raw;
#[cfg(CONFIG_WAMR_ZEPHYR_SERIAL)]
mod serial;
#[cfg(CONFIG_WAMR_ZEPHYR_SLOT)]
mod service;
#[cfg(CONFIG_WAMR_ZEPHYR_SLOT)]
pub mod slot;
#[cfg(CONFIG_WAMR_ZEPHYR_SMP)]
mod smp;
#[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
pub mod starting;
#[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
pub mod watchdog;

#[cfg(CONFIG_WAMR_ZEPHYR_HOST_SYSTEM)]
pub use host::set_battery;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_CLOCK)]
pub use host::set_unix_time;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_CRYPTO)]
pub use host::{KeyUse, import_key, set_key};
#[cfg(CONFIG_WAMR_ZEPHYR_EVENTS)]
pub use service::EVENTS;
#[cfg(CONFIG_WAMR_ZEPHYR_SLOT)]
pub use service::{APP_PRIORITY, Device, OWN_GROUPS_MAX, StartError, transport};
pub use wamr;
#[cfg(CONFIG_WAMR_ZEPHYR_SLOT)]
pub use wamr_device::{AppData, AppEvent, AppEvents, EventKind, Group, GroupLinker, HostGroup, Observer, PerApp};
#[cfg(CONFIG_WAMR_ZEPHYR_SLOT)]
pub use wamr_host;

use core::time::Duration;

use wamr::Limits;
use zephyr::kconfig;

/// The pool of this build's only runtime, `CONFIG_WAMR_ZEPHYR_POOL_SIZE` bytes.
pub static POOL: wamr::Pool<{ kconfig::CONFIG_WAMR_ZEPHYR_POOL_SIZE as usize }> = wamr::Pool::new();

/// The upper limits of every app of this build, from the Kconfig options under "Limits of an app".
pub const LIMITS: Limits = Limits {
    module_size: kconfig::CONFIG_WAMR_ZEPHYR_MODULE_SIZE as u32,
    functions: kconfig::CONFIG_WAMR_ZEPHYR_FUNCTIONS as u32,
    function_size: kconfig::CONFIG_WAMR_ZEPHYR_FUNCTION_SIZE as u32,
    table_elements: kconfig::CONFIG_WAMR_ZEPHYR_TABLE_ELEMENTS as u32,
    pool: positive(kconfig::CONFIG_WAMR_ZEPHYR_APP_POOL_SIZE as u32),
    instances: kconfig::CONFIG_WAMR_ZEPHYR_INSTANCES as u32,
    memory_pages: kconfig::CONFIG_WAMR_ZEPHYR_MEMORY_PAGES as u32,
    stack_size: kconfig::CONFIG_WAMR_ZEPHYR_WASM_STACK_SIZE as u32,
    // On native_sim, threads run on stacks of the host that Zephyr does not know.
    native_stack: if cfg!(CONFIG_ARCH_POSIX) {
        Some(kconfig::CONFIG_WAMR_ZEPHYR_THREAD_STACK_SIZE as u32)
    } else {
        None
    },
    fuel: Some(kconfig::CONFIG_WAMR_ZEPHYR_FUEL as u64),
    deadline: Some(Duration::from_millis(kconfig::CONFIG_WAMR_ZEPHYR_DEADLINE_MS as u64)),
    host_calls: kconfig::CONFIG_WAMR_ZEPHYR_HOST_CALLS as u32,
    host_time: match positive(kconfig::CONFIG_WAMR_ZEPHYR_HOST_MS as u32) {
        Some(millis) => Some(Duration::from_millis(millis as u64)),
        None => None,
    },
};

/// In Kconfig, 0 means no limit.
const fn positive(limit: u32) -> Option<u32> {
    if limit == 0 { None } else { Some(limit) }
}

/// The bytes of a module from a file, like [`include_bytes!`], aligned for [`wamr::Module::new`].
///
/// ```ignore
/// static APP: &[u8] = wamr_zephyr::include_wasm!("app.wasm");
/// ```
#[macro_export]
macro_rules! include_wasm {
    ($path:expr) => {{
        #[repr(C, align(4))]
        struct Aligned<T>(T);
        const MODULE: &[u8] = &Aligned(*include_bytes!($path)).0;
        MODULE
    }};
}
