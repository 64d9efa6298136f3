//! Sensors by name, with the drivers of the firmware.

use crate::Result;
use crate::abi::{self, resource};

mod imports {
    use crate::abi::Area;

    #[link(wasm_import_module = "wamr:device/sensor@0.1.0")]
    unsafe extern "C" {
        #[link_name = "open"]
        pub fn open(name: *const u8, length: usize, result: *mut Area<u32>);
        #[link_name = "[method]sensor.read"]
        pub fn read(handle: u32, channel: *const u8, length: usize, result: *mut Area<i64>);
        #[link_name = "[method]sensor.watch"]
        pub fn watch(handle: u32, id: u32, result: *mut Area<u8>);
        #[link_name = "[method]sensor.unwatch"]
        pub safe fn unwatch(handle: u32);
    }
}

resource! {
    /// A sensor. Several apps can use it.
    Sensor, "wamr:device/sensor@0.1.0", "[resource-drop]sensor"
}

impl Sensor {
    /// Opens a sensor.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound).
    pub fn open(name: &str) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open(name.as_ptr(), name.len(), result)) }.map(|handle| Self { handle })
    }

    /// Measures one channel, and returns the value in millionths of the channel's unit. The names of channels and their units are
    /// Zephyr's: `ambient-temp` in degrees Celsius, `humidity` in percent, `press` in kilopascals, and so on.
    ///
    /// # Errors
    /// [`Error::NotSupported`](crate::Error::NotSupported) if the sensor does not have the channel, or
    /// [`Error::Io`](crate::Error::Io).
    pub fn read(&self, channel: &str) -> Result<i64> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::read(self.handle, channel.as_ptr(), channel.len(), result)) }
    }

    /// Delivers [`Event::Sensor`](crate::Event::Sensor) with this id for each new measurement. Replaces an earlier watch by this app.
    ///
    /// # Errors
    /// [`Error::NotSupported`](crate::Error::NotSupported) if the sensor does not announce measurements.
    pub fn watch(&self, id: u32) -> Result {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::done(|result| imports::watch(self.handle, id, result)) }
    }

    /// Ends the watch.
    pub fn unwatch(&self) {
        imports::unwatch(self.handle);
    }
}
