//! What a device offers to an app written in Rust, for `#[path = "sdk/wamr.rs"] mod wamr;`. `guest/README.md` says what each call
//! does. An app without the standard library needs a panic handler too: here it is a trap.
#![allow(dead_code, reason = "an app uses only a part")]

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

/// Milliseconds since the device started.
pub fn uptime_ms() -> i64 {
    imports::uptime_ms()
}

/// A new version of the app works: the device may let go of the version before it.
pub fn confirm() {
    imports::confirm();
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
