//! The watchdog over the thread that runs apps.
//!
//! Limits stop apps. If limits cannot stop an app, for example in a host function that never returns, the watchdog restarts the
//! device. The thread must show that it is alive. It does this while it waits for work, at each task, and whenever a running
//! guest reads the clock.
//!
//! `Device::run` does all of this. An application that runs guests on its own thread calls [`start`] there, gives
//! [`Runtime::set_clock`](wamr::Runtime::set_clock) a clock that also calls [`feed_if_due`], and waits for work with [`wait`].

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};

use zephyr::kconfig;
use zephyr::printkln;
use zephyr::sys::sync::Semaphore;
use zephyr::time::Duration;

use crate::clock;

const PERIOD_MS: u32 = kconfig::CONFIG_WAMR_ZEPHYR_WATCHDOG_MS as u32;

const PAUSE_MS: u32 = PERIOD_MS / 4;

/// The maximum time that the thread waits for work before it feeds the watchdog again.
const PAUSE: Duration = Duration::millis_at_least(PAUSE_MS as u64);

// The last feed can be one pause old when a host function starts to wait for its deadline.
const _: () = assert!(
    PERIOD_MS - PAUSE_MS > kconfig::CONFIG_WAMR_ZEPHYR_DEADLINE_MS as u32,
    "CONFIG_WAMR_ZEPHYR_WATCHDOG_MS must be more than 4/3 of CONFIG_WAMR_ZEPHYR_DEADLINE_MS"
);

/// `struct device` of `zephyr/device.h`, as an opaque type.
#[repr(C)]
struct Device([u8; 0]);

type Callback = unsafe extern "C" fn(channel: c_int, data: *mut c_void);

unsafe extern "C" {
    // zephyr/supervision/watchdog.c
    fn wamr_watchdog_device() -> *const Device;

    // zephyr/task_wdt/task_wdt.h
    fn task_wdt_init(hardware: *const Device) -> c_int;
    fn task_wdt_add(period_ms: u32, callback: Option<Callback>, data: *mut c_void) -> c_int;
    fn task_wdt_feed(channel: c_int) -> c_int;

    // zephyr/sys/reboot.h
    fn sys_reboot(kind: c_int) -> !;
}

/// `SYS_REBOOT_COLD` of `zephyr/sys/reboot.h`.
const COLD: c_int = 1;

/// The channel of the task watchdog; negative before it is started.
static CHANNEL: AtomicI32 = AtomicI32::new(-1);
/// The time of the last feed, in milliseconds.
static FED: AtomicU32 = AtomicU32::new(0);

/// Starts to watch the calling thread. If this fails, it prints an error, and the device runs without a watchdog.
pub fn start() {
    // SAFETY: called once, by a thread. The device is one of the board's, or null.
    let channel = unsafe {
        match task_wdt_init(wamr_watchdog_device()) {
            0 => task_wdt_add(PERIOD_MS, Some(hung), null_mut()),
            error => error,
        }
    };
    if channel < 0 {
        printkln!("wamr: cannot start the watchdog, errno {}", channel.unsigned_abs());
    }
    CHANNEL.store(channel, Relaxed);
}

/// Waits until `ready` is given. Feeds the watchdog meanwhile, and again when there is work, however soon: the work may take
/// almost as long as the watchdog's timeout.
pub fn wait(ready: &Semaphore) {
    while ready.take(PAUSE).is_err() {
        feed();
    }
    feed();
}

/// Shows that the thread is alive.
pub fn feed() {
    FED.store(now(), Relaxed);
    if CHANNEL.load(Relaxed) >= 0 {
        // SAFETY: the channel was added.
        unsafe { task_wdt_feed(CHANNEL.load(Relaxed)) };
    }
}

/// Shows that the thread is alive, if it has not done so for a while. Feeding costs more than reading the clock.
pub fn feed_if_due() {
    if now().wrapping_sub(FED.load(Relaxed)) >= PAUSE_MS {
        feed();
    }
}

/// Milliseconds, which wrap.
fn now() -> u32 {
    clock::uptime_ms() as u32
}

/// Zephyr calls this in an interrupt.
unsafe extern "C" fn hung(_channel: c_int, _data: *mut c_void) {
    printkln!("wamr: the thread that runs apps hangs, restarting");
    // SAFETY: the function has no preconditions.
    unsafe { sys_reboot(COLD) }
}
