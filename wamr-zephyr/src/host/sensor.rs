//! The group `sensor`: the sensors of the devicetree node `wamr,grants`, with Zephyr's drivers.

use core::ffi::c_int;

use wamr_host::Error;
use wamr_host::sensor::{Channel, Sensor, Sensors};

use super::errno::done;
use super::grants;
use crate::EVENTS;

pub static GROUP: Sensor<Granted, { grants::SENSOR.len() }> = Sensor::new(Granted, &EVENTS);

unsafe extern "C" {
    // zephyr/host/sensor.c
    fn wamr_sensor_read(sensor: u32, channel: u8, micros: *mut i64) -> c_int;
    fn wamr_sensor_watch(sensor: u32, on: bool) -> c_int;
}

/// A sensor that an app watches has a new measurement.
#[unsafe(no_mangle)]
extern "C" fn wamr_sensor_measured(sensor: u32) {
    GROUP.measured(sensor);
}

pub struct Granted;

// SAFETY of the calls: the group passes only numbers of its names, and the C code has a sensor for each name.
impl Sensors for Granted {
    fn names(&self) -> &[&str] {
        grants::SENSOR
    }

    fn read(&self, sensor: u32, channel: Channel) -> Result<i64, Error> {
        let mut micros = 0;
        // SAFETY: see above.
        done(unsafe { wamr_sensor_read(sensor, channel.number(), &raw mut micros) }).map(|_| micros)
    }

    fn watch(&self, sensor: u32, on: bool) -> Result<(), Error> {
        // SAFETY: see above.
        done(unsafe { wamr_sensor_watch(sensor, on) }).map(drop)
    }
}
