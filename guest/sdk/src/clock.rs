//! Time.

use crate::abi;
use core::time::Duration;

mod imports {
    use crate::abi::Area;

    #[link(wasm_import_module = "wamr:device/clock@0.1.0")]
    unsafe extern "C" {
        #[link_name = "now"]
        pub safe fn now() -> u64;
        #[link_name = "unix-time"]
        pub fn unix_time(result: *mut Area<u64>);
    }
}

/// Returns the time since the device started. Never goes back.
pub fn now() -> Duration {
    Duration::from_micros(micros())
}

/// Returns the time since the device started, in microseconds.
pub fn micros() -> u64 {
    imports::now()
}

/// Returns the time since 1970-01-01 00:00:00 UTC in whole seconds, if the device knows it.
pub fn unix_time() -> Option<Duration> {
    // SAFETY: the device writes the result to the area.
    let time = unsafe { abi::area(|result| imports::unix_time(result)) };
    // SAFETY: case 1 has a number.
    (time.tag != 0).then(|| Duration::from_secs(unsafe { time.payload() }))
}
