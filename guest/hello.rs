//! Calls the functions that the device offers.
#![no_std]
#![no_main]

#[path = "sdk/wamr.rs"]
mod wamr;

/// Writes a greeting to the device's log.
#[unsafe(no_mangle)]
extern "C" fn hello() {
    wamr::log("Hello from WebAssembly");
}

/// Whole seconds since the device started.
#[unsafe(no_mangle)]
extern "C" fn uptime_s() -> i64 {
    wamr::uptime_ms() / 1000
}
