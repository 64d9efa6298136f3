//! A product's `wamrctl`: its `run` and `twin` offer the group `sensor` to apps.
#![forbid(unsafe_code)]

use sensor_group::Sensors;
use std::process::ExitCode;

static SENSORS: Sensors = Sensors::new(|app, readings| println!("sensor: {app} is gone after {readings} readings"));

fn main() -> ExitCode {
    wamrctl::main_with(&[&SENSORS])
}
