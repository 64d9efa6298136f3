//! The host group `sensor`, as a product would have one: two sensors that apps can read.
//!
//! It knows no platform, so that the same group runs under Zephyr, in the twin and in `wamrctl run`.
#![no_std]
#![forbid(unsafe_code)]

use wamr::{Caller, Error, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup, PerApp};

/// The sensors by their numbers.
const SENSORS: &[&str] = &["indoor", "outdoor"];

/// The group. Its function `read` takes the number of a sensor and returns 100 for the first and 200 for the second, plus the number of
/// readings of the app.
pub struct Sensors {
    readings: PerApp<i32>,
    gone: fn(app: &str, readings: i32),
}

impl Sensors {
    /// Calls `gone` when an app is gone, with its name and the number of its readings.
    pub const fn new(gone: fn(app: &str, readings: i32)) -> Self {
        Self { readings: PerApp::new(), gone }
    }
}

impl HostGroup for Sensors {
    fn name(&self) -> &str {
        "sensor"
    }

    fn resources(&self) -> &[&str] {
        SENSORS
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        let sensors = linker.group();
        linker.func_wrap("read", move |caller: Caller<'_, AppData>, sensor: u32| {
            let app = caller.data();
            app.require(sensors, sensor)?;
            let readings = self.readings.with(app.number(), |readings| {
                *readings += 1;
                *readings
            });
            Ok::<i32, Trap>(100 * (sensor as i32 + 1) + readings)
        })
    }

    fn unloaded(&self, app: &AppData) {
        (self.gone)(app.name(), self.readings.take(app.number()).unwrap_or(0));
    }
}
