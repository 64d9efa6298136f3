//! The device.

use crate::abi::{self, Buffer, List};

mod imports {
    use crate::abi::{Area, List};

    #[link(wasm_import_module = "wamr:device/system@0.1.0")]
    unsafe extern "C" {
        #[link_name = "name"]
        pub fn name(result: *mut List);
        #[link_name = "last-reset"]
        pub safe fn last_reset() -> u32;
        #[link_name = "battery"]
        pub fn battery(result: *mut Area<u8>);
        #[link_name = "confirm"]
        pub safe fn confirm();
    }
}

/// The longest name of a device, in bytes.
pub const NAME_MAX: usize = 64;

/// Why the device started last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResetReason {
    /// The device does not know.
    Unknown,
    /// It was turned on.
    PowerOn,
    /// Its reset pin was used.
    Pin,
    /// Its software restarted it.
    Software,
    /// Its watchdog restarted it.
    Watchdog,
    /// The supply voltage was too low.
    Brownout,
    /// It woke up from a state in which it lost its memory.
    WakeUp,
    /// A debugger restarted it.
    Debug,
}

/// Returns the name of the device, in the buffer.
pub fn name(buffer: &mut [u8; NAME_MAX]) -> &str {
    let mut list = List::default();
    // SAFETY: the device writes the name to the buffer, and its address and length to `list`.
    abi::into(&[Buffer::of(buffer), Buffer::END], || unsafe { imports::name(&raw mut list) });
    let bytes = buffer.get(..list[1]).unwrap_or_default();
    // SAFETY: the device has written a whole string here. The Canonical ABI guarantees UTF-8.
    unsafe { core::str::from_utf8_unchecked(bytes) }
}

/// Returns why the device started last.
pub fn last_reset() -> ResetReason {
    match imports::last_reset() {
        1 => ResetReason::PowerOn,
        2 => ResetReason::Pin,
        3 => ResetReason::Software,
        4 => ResetReason::Watchdog,
        5 => ResetReason::Brownout,
        6 => ResetReason::WakeUp,
        7 => ResetReason::Debug,
        _ => ResetReason::Unknown,
    }
}

/// Returns the charge of the battery in percent, if the device has one and knows it.
pub fn battery() -> Option<u8> {
    // SAFETY: the device writes the result to the area.
    let charge = unsafe { abi::area(|result| imports::battery(result)) };
    // SAFETY: case 1 has a number.
    (charge.tag != 0).then(|| unsafe { charge.payload() })
}

/// Confirms that this version of the app works: the device may drop the previous version.
pub fn confirm() {
    imports::confirm();
}
