//! The events of apps.

use wamr_device::{AppEvents, EventHooks};
use zephyr::kconfig;

use super::shared;

/// The events of the device's apps. Host groups of the firmware post to it.
pub static EVENTS: AppEvents = AppEvents::new(EventHooks {
    now: shared::now,
    wake: shared::wake,
    share: kconfig::CONFIG_WAMR_ZEPHYR_EVENT_SHARE as u8,
});
