//! The functions that a device offers to an app in Rust, for `#[path = "sdk/wamr.rs"] mod wamr;`. `guest/README.md` describes them.
//! An app without the standard library also needs a panic handler. The one in this file traps.
#![allow(dead_code, reason = "an app may use only some of them")]

mod imports {
    #[link(wasm_import_module = "wamr")]
    unsafe extern "C" {
        pub fn log(text: *const u8, length: usize);
        pub safe fn uptime_ms() -> i64;
        pub safe fn confirm();
    }
}

/// Writes one line, without a newline, to the device's log.
pub fn log(text: &str) {
    // SAFETY: pointer and length come from one live string, and the device only reads it.
    unsafe { imports::log(text.as_ptr(), text.len()) }
}

/// Returns the milliseconds since the device started.
pub fn uptime_ms() -> i64 {
    imports::uptime_ms()
}

/// Confirms that a new version of the app works. The device can then drop the previous version.
pub fn confirm() {
    imports::confirm();
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
