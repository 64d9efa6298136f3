//! The stacks of the device's two threads are large enough: a device verifies, loads and runs a signed app, and then reports how
//! much of the stacks it has used.
#![no_std]

mod flash;

use core::time::Duration;

use wamr_proto::Receipt;
use wamr_zephyr::slot::Slot;
use wamr_zephyr::{Device, Observer, POOL, clock};
use zephyr::printkln;
use zephyr::sync::Mutex;
use zephyr::sys::sync::Semaphore;
use zephyr::time::Forever;

unsafe extern "C" {
    // report.c
    fn note_apps_thread();
    fn report_stacks();
}

/// The flash, when an app is in it.
static FILLED: Mutex<Option<Slot>> = Mutex::new(None);
static IS_FILLED: Semaphore = Semaphore::new(0, 1);
/// The app has run.
static HAS_RUN: Semaphore = Semaphore::new(0, 1);

/// Its stack is larger than that of the thread that it prepares the flash for.
#[zephyr::thread(stack_size = 16384)]
fn prepare() {
    let mut slot = Slot::take().expect("the flash is ready");
    flash::install(&mut slot);
    let Ok(mut filled) = FILLED.lock();
    *filled = Some(slot);
    drop(filled);
    IS_FILLED.give();
    let _ = HAS_RUN.take(Forever);
    // The device has to note the app's signer.
    clock::sleep(Duration::from_secs(1));
    // SAFETY: a thread calls this, and there are no other preconditions.
    unsafe { report_stacks() };
}

struct Reporter;

impl Observer for Reporter {
    fn receipt(&self, receipt: &Receipt) {
        printkln!("{:?}", receipt.outcome);
        // SAFETY: a thread calls this, and there are no other preconditions.
        unsafe { note_apps_thread() };
        HAS_RUN.give();
    }

    fn failed(&self) {
        printkln!("the device cannot run apps");
    }
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    prepare().start();
    let _ = IS_FILLED.take(Forever);
    let Ok(mut filled) = FILLED.lock();
    let slot = filled.take().expect("it was filled");
    drop(filled);
    let pool = POOL.take().expect("nobody else takes the pool");
    let Err(error) = Device::new(pool, slot).observer(&Reporter).run();
    printkln!("{error}");
}
