//! The group `system`.

use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use wamr_host::system::{About, ResetReason, System};
use zephyr::kconfig;

pub static GROUP: System = System::new(About { name, reset_reason, battery });

const NAME: &str = kconfig::CONFIG_WAMR_ZEPHYR_HOST_SYSTEM_NAME;
const _: () = assert!(NAME.len() <= 64, "CONFIG_WAMR_ZEPHYR_HOST_SYSTEM_NAME has more than 64 bytes");

/// The charge of the battery in percent, and one more. 0 if it is unknown.
static BATTERY: AtomicU8 = AtomicU8::new(0);

/// Tells apps the charge of the battery in percent; `None` if it is unknown, as it is at first.
pub fn set_battery(percent: Option<u8>) {
    BATTERY.store(percent.map_or(0, |percent| percent.min(100) + 1), Relaxed);
}

fn battery() -> Option<u8> {
    BATTERY.load(Relaxed).checked_sub(1)
}

fn name() -> &'static str {
    NAME
}

#[cfg(CONFIG_HWINFO)]
fn reset_reason() -> ResetReason {
    use ResetReason::{Brownout, Debug, Pin, PowerOn, Software, Unknown, WakeUp, Watchdog};
    const REASONS: [ResetReason; 8] = [Unknown, PowerOn, Pin, Software, Watchdog, Brownout, WakeUp, Debug];

    unsafe extern "C" {
        // zephyr/host/system.c
        fn wamr_system_reset_reason() -> u8;
    }
    // SAFETY: the function has no preconditions.
    let reason = unsafe { wamr_system_reset_reason() };
    REASONS.get(usize::from(reason)).copied().unwrap_or(Unknown)
}

#[cfg(not(CONFIG_HWINFO))]
fn reset_reason() -> ResetReason {
    ResetReason::Unknown
}
