//! The events of the apps of this process.

use crate::clock::milliseconds;
use tokio::sync::Notify;
use wamr_device::{AppEvents, EventHooks};

/// The events of the apps of this process, which has one twin at a time. A host group of a product posts its events here.
pub static EVENTS: AppEvents = AppEvents::new(EventHooks { now: milliseconds, wake, share: SHARE });

/// The percentage of the time that the events of one app may take: the default of a firmware.
const SHARE: u8 = 50;

static WOKEN: Notify = Notify::const_new();

/// Makes the twin look for events that are due.
pub(crate) fn wake() {
    WOKEN.notify_one();
}

/// Waits until an event was posted, or a timer started, since this was called last. One caller at a time.
pub async fn woken() {
    WOKEN.notified().await;
}
