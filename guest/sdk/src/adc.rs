//! Analog inputs by name.

use crate::Result;
use crate::abi::{self, resource};

mod imports {
    use crate::abi::Area;

    #[link(wasm_import_module = "wamr:device/adc@0.1.0")]
    unsafe extern "C" {
        #[link_name = "open"]
        pub fn open(name: *const u8, length: usize, result: *mut Area<u32>);
        #[link_name = "[method]channel.read"]
        pub fn read(handle: u32, result: *mut Area<i32>);
    }
}

resource! {
    /// An input.
    Channel, "wamr:device/adc@0.1.0", "[resource-drop]channel"
}

impl Channel {
    /// Opens an input.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) or [`Error::Busy`](crate::Error::Busy).
    pub fn open(name: &str) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open(name.as_ptr(), name.len(), result)) }.map(|handle| Self { handle })
    }

    /// Measures the voltage, in microvolts.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) or [`Error::Timeout`](crate::Error::Timeout).
    pub fn read(&self) -> Result<i32> {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::result(|result| imports::read(self.handle, result)) }
    }
}
