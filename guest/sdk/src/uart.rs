//! Serial ports by name. A port belongs to one app at a time.

use crate::Result;
use crate::abi::{self, resource};

mod imports {
    use crate::abi::{Area, List};

    #[link(wasm_import_module = "wamr:device/uart@0.1.0")]
    unsafe extern "C" {
        #[link_name = "open"]
        pub fn open(name: *const u8, length: usize, result: *mut Area<u32>);
        #[link_name = "[method]port.read"]
        pub fn read(handle: u32, length: u32, result: *mut Area<List>);
        #[link_name = "[method]port.write"]
        pub fn write(handle: u32, data: *const u8, length: usize, result: *mut Area<u32>);
        #[link_name = "[method]port.watch"]
        pub safe fn watch(handle: u32, id: u32);
        #[link_name = "[method]port.unwatch"]
        pub safe fn unwatch(handle: u32);
    }
}

resource! {
    /// A port. The device buffers a few hundred received bytes.
    Port, "wamr:device/uart@0.1.0", "[resource-drop]port"
}

impl Port {
    /// Opens a port.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) or [`Error::Busy`](crate::Error::Busy).
    pub fn open(name: &str) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open(name.as_ptr(), name.len(), result)) }.map(|handle| Self { handle })
    }

    /// Returns the bytes that were received, as many as the buffer holds. Does not wait.
    ///
    /// # Errors
    /// [`Error::NoSpace`](crate::Error::NoSpace), once, if bytes were lost because the app was late.
    pub fn read<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b mut [u8]> {
        let length = abi::length(buffer);
        // SAFETY: the device writes the result to the area.
        unsafe { abi::bytes(buffer, |result| imports::read(self.handle, length, result)) }
    }

    /// Sends bytes, and returns how many were accepted.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn write(&self, data: &[u8]) -> Result<usize> {
        // SAFETY: the device reads the data and writes the result to the area.
        unsafe { abi::result(|result| imports::write(self.handle, data.as_ptr(), data.len(), result)) }
            .map(|accepted| accepted as usize)
    }

    /// Delivers [`Event::Uart`](crate::Event::Uart) with this id when bytes were received. Replaces an earlier watch.
    pub fn watch(&self, id: u32) {
        imports::watch(self.handle, id);
    }

    /// Ends the watch.
    pub fn unwatch(&self) {
        imports::unwatch(self.handle);
    }
}
