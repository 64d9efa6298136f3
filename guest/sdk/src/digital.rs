//! Digital pins by the interface `wasi:gpio/digital`, for apps that also run on other hosts. Devices may offer only [`gpio`](crate::gpio),
//! which has the same pins, and events.

use crate::Result;
use crate::abi::{self, Area, Buffer, List, resource};
use crate::gpio::Pull;
use core::fmt;
use core::mem::MaybeUninit;

mod imports {
    use super::{Lowered, Payload};
    use crate::abi::Area;

    #[link(wasm_import_module = "wamr:device/gpio@0.1.0")]
    unsafe extern "C" {
        #[link_name = "open-digital-in"]
        pub fn open_in(name: *const u8, length: usize, pull: u32, result: *mut Area<u32>);
        #[link_name = "open-digital-out"]
        pub fn open_out(name: *const u8, length: usize, active: u32, result: *mut Area<u32>);
    }

    #[link(wasm_import_module = "wasi:gpio/digital@0.2.0")]
    unsafe extern "C" {
        #[link_name = "[method]digital-out-pin.get-config"]
        pub fn config_of_output(handle: u32, result: *mut Lowered);
        #[link_name = "[method]digital-out-pin.set-state"]
        pub fn set_state(handle: u32, state: u32, result: *mut Area<Payload>);
        #[link_name = "[method]digital-out-pin.set-active"]
        pub fn set_active(handle: u32, result: *mut Area<Payload>);
        #[link_name = "[method]digital-out-pin.set-inactive"]
        pub fn set_inactive(handle: u32, result: *mut Area<Payload>);
        #[link_name = "[method]digital-out-pin.toggle"]
        pub fn toggle(handle: u32, result: *mut Area<Payload>);
        #[link_name = "[method]digital-in-pin.get-config"]
        pub fn config_of_input(handle: u32, result: *mut Lowered);
        #[link_name = "[method]digital-in-pin.read"]
        pub fn read(handle: u32, result: *mut Area<Payload>);
        #[link_name = "[method]digital-in-pin.is-active"]
        pub fn is_active(handle: u32, result: *mut Area<Payload>);
        #[link_name = "[method]digital-in-pin.is-inactive"]
        pub fn is_inactive(handle: u32, result: *mut Area<Payload>);
    }
}

/// A `wasi:gpio/digital.digital-config` in memory.
#[repr(C)]
struct Lowered {
    label: List,
    mode: u8,
    level: u8,
    has_pull: u8,
    pull: u8,
}

/// The payload of a `result`: a byte, or a `gpio-error` of 12 bytes.
type Payload = [u32; 3];

/// The longest name of a pin, in bytes.
pub const LABEL_MAX: usize = 48;

/// Why an operation failed: `gpio-error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GpioError {
    /// The pin cannot be accessed.
    HardwareFault,
    /// The pin is in use.
    AlreadyInUse,
    /// The pin must not be used.
    PinNotAllowed,
    /// The pin must not be used in this direction.
    PinModeNotAllowed,
    /// There is no pin of this name.
    UndefinedPinLabel,
    /// The pin does not have this direction.
    PinModeNotAvailable,
    /// The function would block.
    WouldBlock,
    /// The pin cannot do this.
    OperationNotSupported,
    /// Anything else.
    Other,
}

impl GpioError {
    fn lift(case: u8) -> Self {
        match case {
            0 => Self::HardwareFault,
            1 => Self::AlreadyInUse,
            2 => Self::PinNotAllowed,
            3 => Self::PinModeNotAllowed,
            4 => Self::UndefinedPinLabel,
            5 => Self::PinModeNotAvailable,
            6 => Self::WouldBlock,
            7 => Self::OperationNotSupported,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for GpioError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

impl core::error::Error for GpioError {}

/// The direction of a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// An input.
    In,
    /// An output.
    Out,
    /// Both.
    InOut,
}

/// How a pin is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config<'b> {
    /// Its name.
    pub label: &'b str,
    /// Its direction.
    pub mode: Mode,
    /// Whether a low level is active.
    pub is_active_low: bool,
    /// The resistor that the app has chosen.
    pub pull: Pull,
}

resource! {
    /// An input.
    InPin, "wasi:gpio/digital@0.2.0", "[resource-drop]digital-in-pin"
}

resource! {
    /// An output.
    OutPin, "wasi:gpio/digital@0.2.0", "[resource-drop]digital-out-pin"
}

/// Calls a function that returns a `result` with a `gpio-error`, and returns the byte of its success.
///
/// # Safety
/// The function has to do that. A byte that a success does not have is not used.
unsafe fn byte(call: impl FnOnce(*mut Area<Payload>)) -> Result<u8, GpioError> {
    // The text of an error, which nobody reads.
    let mut text = [0; 64];
    // SAFETY: by contract.
    let area = abi::into(&[Buffer::of(&mut text), Buffer::END], || unsafe { abi::area(call) });
    // SAFETY: the first byte of the payload is the case of the error or the value.
    let first: u8 = unsafe { area.start() };
    if area.tag == 0 { Ok(first) } else { Err(GpioError::lift(first)) }
}

/// Calls a function that returns a configuration.
///
/// # Safety
/// The function has to do that.
unsafe fn config(buffer: &mut [u8; LABEL_MAX], call: impl FnOnce(*mut Lowered)) -> Config<'_> {
    let mut lowered = MaybeUninit::uninit();
    abi::into(&[Buffer::of(buffer), Buffer::END], || call(lowered.as_mut_ptr()));
    // SAFETY: by contract.
    let Lowered { label: [_, length], mode, level, has_pull, pull } = unsafe { lowered.assume_init() };
    let label = buffer.get(..length).unwrap_or_default();
    // SAFETY: a whole string from the device. The Canonical ABI guarantees UTF-8.
    let label = unsafe { core::str::from_utf8_unchecked(label) };
    let mode = match mode {
        0 => Mode::In,
        1 => Mode::Out,
        _ => Mode::InOut,
    };
    let pull = match (has_pull, pull) {
        (0, _) => Pull::None,
        (_, 0) => Pull::Up,
        _ => Pull::Down,
    };
    Config { label, mode, is_active_low: level != 0, pull }
}

impl InPin {
    /// Makes a pin an input.
    ///
    /// # Errors
    /// Those of [`InputPin::open`](crate::gpio::InputPin::open).
    pub fn open(name: &str, pull: Pull) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open_in(name.as_ptr(), name.len(), pull as u32, result)) }
            .map(|handle| Self { handle })
    }

    /// Returns the configuration, with the name in the buffer.
    pub fn config<'b>(&self, buffer: &'b mut [u8; LABEL_MAX]) -> Config<'b> {
        // SAFETY: the function does that.
        unsafe { config(buffer, |result| imports::config_of_input(self.handle, result)) }
    }

    /// Returns whether the pin is active, by the function `read`.
    ///
    /// # Errors
    /// [`GpioError`].
    pub fn read(&self) -> Result<bool, GpioError> {
        // SAFETY: the success is a `pin-state`, whose first case is active.
        unsafe { byte(|result| imports::read(self.handle, result)) }.map(|state| state == 0)
    }

    /// Returns whether the pin is active.
    ///
    /// # Errors
    /// [`GpioError`].
    pub fn is_active(&self) -> Result<bool, GpioError> {
        // SAFETY: the success is a boolean.
        unsafe { byte(|result| imports::is_active(self.handle, result)) }.map(|active| active != 0)
    }

    /// Returns whether the pin is inactive.
    ///
    /// # Errors
    /// [`GpioError`].
    pub fn is_inactive(&self) -> Result<bool, GpioError> {
        // SAFETY: the success is a boolean.
        unsafe { byte(|result| imports::is_inactive(self.handle, result)) }.map(|inactive| inactive != 0)
    }
}

impl OutPin {
    /// Makes a pin an output in this state.
    ///
    /// # Errors
    /// Those of [`OutputPin::open`](crate::gpio::OutputPin::open).
    pub fn open(name: &str, active: bool) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open_out(name.as_ptr(), name.len(), active.into(), result)) }
            .map(|handle| Self { handle })
    }

    /// Returns the configuration, with the name in the buffer.
    pub fn config<'b>(&self, buffer: &'b mut [u8; LABEL_MAX]) -> Config<'b> {
        // SAFETY: the function does that.
        unsafe { config(buffer, |result| imports::config_of_output(self.handle, result)) }
    }

    /// Makes the pin active or inactive, by the function `set-state`.
    ///
    /// # Errors
    /// [`GpioError`].
    pub fn set(&mut self, active: bool) -> Result<(), GpioError> {
        // SAFETY: a success has no value. The first case of `pin-state` is active.
        unsafe { byte(|result| imports::set_state(self.handle, (!active).into(), result)) }.map(drop)
    }

    /// Makes the pin active.
    ///
    /// # Errors
    /// [`GpioError`].
    pub fn set_active(&mut self) -> Result<(), GpioError> {
        // SAFETY: a success has no value.
        unsafe { byte(|result| imports::set_active(self.handle, result)) }.map(drop)
    }

    /// Makes the pin inactive.
    ///
    /// # Errors
    /// [`GpioError`].
    pub fn set_inactive(&mut self) -> Result<(), GpioError> {
        // SAFETY: a success has no value.
        unsafe { byte(|result| imports::set_inactive(self.handle, result)) }.map(drop)
    }

    /// Makes an active pin inactive, and an inactive one active.
    ///
    /// # Errors
    /// [`GpioError`].
    pub fn toggle(&mut self) -> Result<(), GpioError> {
        // SAFETY: a success has no value.
        unsafe { byte(|result| imports::toggle(self.handle, result)) }.map(drop)
    }
}
