//! Digital pins by name.
//!
//! Whether a high level is active depends on the board. As in most boards' drivers, *high* in the traits of `embedded-hal` means active
//! here. A pin belongs to one app at a time, and returns to its idle state when it is dropped.

use crate::abi::{self, resource};
use crate::{Error, Result};
use embedded_hal::digital;

mod imports {
    use crate::abi::Area;

    #[link(wasm_import_module = "wamr:device/gpio@0.1.0")]
    unsafe extern "C" {
        #[link_name = "open-input"]
        pub fn open_input(name: *const u8, length: usize, pull: u32, result: *mut Area<u32>);
        #[link_name = "open-output"]
        pub fn open_output(name: *const u8, length: usize, active: u32, result: *mut Area<u32>);
        #[link_name = "[method]input-pin.is-active"]
        pub fn is_active(handle: u32, result: *mut Area<u8>);
        #[link_name = "[method]input-pin.watch"]
        pub fn watch(handle: u32, edge: u32, id: u32, result: *mut Area<u8>);
        #[link_name = "[method]input-pin.unwatch"]
        pub safe fn unwatch(handle: u32);
        #[link_name = "[method]output-pin.set"]
        pub fn set(handle: u32, active: u32, result: *mut Area<u8>);
        #[link_name = "[method]output-pin.is-set-active"]
        pub safe fn is_set_active(handle: u32) -> u32;
    }
}

/// The pull resistor of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pull {
    /// None.
    #[default]
    None,
    /// To the supply voltage.
    Up,
    /// To ground.
    Down,
}

/// A change of a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The pin becomes active.
    Rising,
    /// The pin becomes inactive.
    Falling,
    /// Either.
    Both,
}

resource! {
    /// An input.
    InputPin, "wamr:device/gpio@0.1.0", "[resource-drop]input-pin"
}

resource! {
    /// An output.
    OutputPin, "wamr:device/gpio@0.1.0", "[resource-drop]output-pin"
}

impl InputPin {
    /// Makes a pin an input.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Busy`], or [`Error::NotSupported`] if the pin has no such pull resistor.
    pub fn open(name: &str, pull: Pull) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open_input(name.as_ptr(), name.len(), pull as u32, result)) }
            .map(|handle| Self { handle })
    }

    /// Returns whether the pin is active.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn is_active(&self) -> Result<bool> {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::result(|result| imports::is_active(self.handle, result)) }.map(|active| active != 0)
    }

    /// Delivers [`Event::Pin`](crate::Event::Pin) with this id for each change. Replaces an earlier watch of the pin.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if the pin has no interrupt.
    pub fn watch(&self, edge: Edge, id: u32) -> Result {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::done(|result| imports::watch(self.handle, edge as u32, id, result)) }
    }

    /// Ends the watch.
    pub fn unwatch(&self) {
        imports::unwatch(self.handle);
    }
}

impl OutputPin {
    /// Makes a pin an output in this state.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Busy`].
    pub fn open(name: &str, active: bool) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open_output(name.as_ptr(), name.len(), active.into(), result)) }
            .map(|handle| Self { handle })
    }

    /// Makes the pin active or inactive.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn set(&mut self, active: bool) -> Result {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::done(|result| imports::set(self.handle, active.into(), result)) }
    }

    /// Returns whether the app has set the pin active.
    pub fn is_set_active(&self) -> bool {
        imports::is_set_active(self.handle) != 0
    }

    /// Makes an active pin inactive, and an inactive one active.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn toggle(&mut self) -> Result {
        self.set(!self.is_set_active())
    }
}

impl digital::ErrorType for InputPin {
    type Error = Error;
}

impl digital::InputPin for InputPin {
    fn is_high(&mut self) -> Result<bool> {
        self.is_active()
    }

    fn is_low(&mut self) -> Result<bool> {
        self.is_active().map(|active| !active)
    }
}

impl digital::ErrorType for OutputPin {
    type Error = Error;
}

impl digital::OutputPin for OutputPin {
    fn set_low(&mut self) -> Result {
        self.set(false)
    }

    fn set_high(&mut self) -> Result {
        self.set(true)
    }
}

impl digital::StatefulOutputPin for OutputPin {
    fn is_set_high(&mut self) -> Result<bool> {
        Ok(self.is_set_active())
    }

    fn is_set_low(&mut self) -> Result<bool> {
        Ok(!self.is_set_active())
    }
}
