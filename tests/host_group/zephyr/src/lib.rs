//! A firmware whose apps can read its sensors, and hang. On native_sim, it has a second transport.
#![no_std]

mod fault;
#[cfg(CONFIG_ARCH_POSIX)]
mod second;

use fault::Fault;
use sensor_group::Sensors;
use wamr_zephyr::slot::Slot;
use wamr_zephyr::{Device, POOL};
use zephyr::printkln;

static SENSORS: Sensors = Sensors::new(|app, readings| printkln!("sensor: {app} is gone after {readings} readings"));

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    let pool = POOL.take().expect("nobody else takes the pool");
    let Some(slot) = Slot::take() else {
        printkln!("the flash of the partition wamr,slots is not ready");
        return;
    };
    let device = Device::new(pool, slot).host(&SENSORS).host(&Fault);
    #[cfg(CONFIG_ARCH_POSIX)]
    let device = device.transports(&[&second::Second]);
    let Err(error) = device.run();
    printkln!("{error}");
}
