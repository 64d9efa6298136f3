//! I2C buses and devices by name, with the operations of `wasi:i2c`.

use crate::abi::{self, Area, Buffer, List, resource};
use crate::{Error as DeviceError, Result};
use core::fmt;
use embedded_hal::i2c::{self, ErrorKind, NoAcknowledgeSource, Operation, SevenBitAddress};

mod imports {
    use super::Lowered;
    use crate::abi::{Area, List};

    #[link(wasm_import_module = "wamr:device/i2c@0.1.0")]
    unsafe extern "C" {
        #[link_name = "open"]
        pub fn open(name: *const u8, length: usize, result: *mut Area<u32>);
    }

    #[link(wasm_import_module = "wasi:i2c/i2c@0.2.0-draft")]
    unsafe extern "C" {
        #[link_name = "[method]i2c.transaction"]
        pub fn transaction(
            handle: u32,
            address: u32,
            operations: *const Lowered,
            count: usize,
            result: *mut Area<List>,
        );
        #[link_name = "[method]i2c.read"]
        pub fn read(handle: u32, address: u32, length: u64, result: *mut Area<List>);
        #[link_name = "[method]i2c.write"]
        pub fn write(handle: u32, address: u32, data: *const u8, length: usize, result: *mut Area<[u8; 2]>);
        #[link_name = "[method]i2c.write-read"]
        pub fn write_read(
            handle: u32,
            address: u32,
            data: *const u8,
            length: usize,
            read: u64,
            result: *mut Area<List>,
        );
    }
}

/// The most operations of one [`transaction`](i2c::I2c::transaction): they are passed on as one, on the stack.
pub const OPERATIONS_MAX: usize = 8;

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error(ErrorKind);

impl Error {
    /// Lifts a `wasi:i2c/i2c.error-code`.
    ///
    /// # Safety
    /// It has to be in this area.
    unsafe fn lift<T>(area: &Area<T>) -> Self {
        // SAFETY: by contract. Case 2 has a payload after the discriminant.
        let (code, source) = unsafe { (area.start::<u8>(), || area.start::<[u8; 2]>()[1]) };
        Self(match code {
            0 => ErrorKind::Bus,
            1 => ErrorKind::ArbitrationLoss,
            2 => ErrorKind::NoAcknowledge(match source() {
                0 => NoAcknowledgeSource::Address,
                1 => NoAcknowledgeSource::Data,
                _ => NoAcknowledgeSource::Unknown,
            }),
            3 => ErrorKind::Overrun,
            _ => ErrorKind::Other,
        })
    }
}

impl i2c::Error for Error {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl core::error::Error for Error {}

impl From<Error> for DeviceError {
    fn from(_: Error) -> Self {
        Self::Io
    }
}

resource! {
    /// A bus, or a device on a bus.
    ///
    /// Implements [`embedded_hal::i2c::I2c`] with 7-bit addresses.
    I2c, "wasi:i2c/i2c@0.2.0-draft", "[resource-drop]i2c"
}

impl I2c {
    /// Opens a bus, or a device on a bus. With a device, only its address is permitted; other addresses are not acknowledged.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`] or [`DeviceError::Busy`].
    pub fn open(name: &str) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open(name.as_ptr(), name.len(), result)) }.map(|handle| Self { handle })
    }
}

/// Calls a function that returns a `result<list<u8>, error-code>`, with a list that must fill the buffer.
///
/// # Safety
/// The function has to do that.
unsafe fn fill(buffer: &mut [u8], call: impl FnOnce(*mut Area<List>)) -> Result<(), Error> {
    // SAFETY: by contract.
    let [_, length] = unsafe { lifted(abi::into(&[Buffer::of(buffer), Buffer::END], || abi::area(call)))? };
    if length == buffer.len() { Ok(()) } else { Err(Error(ErrorKind::Other)) }
}

/// Reads the area as a `result<T, error-code>`.
///
/// # Safety
/// It has to be one.
unsafe fn lifted<T>(area: Area<T>) -> Result<T, Error> {
    // SAFETY: by contract.
    unsafe { if area.tag == 0 { Ok(area.payload()) } else { Err(Error::lift(&area)) } }
}

impl i2c::ErrorType for I2c {
    type Error = Error;
}

impl i2c::I2c<SevenBitAddress> for I2c {
    fn read(&mut self, address: u8, read: &mut [u8]) -> Result<(), Error> {
        let length = read.len() as u64;
        // SAFETY: the device writes the result to the area.
        unsafe { fill(read, |result| imports::read(self.handle, address.into(), length, result)) }
    }

    fn write(&mut self, address: u8, write: &[u8]) -> Result<(), Error> {
        // SAFETY: the device reads the data and writes the result to the area.
        let area = unsafe {
            abi::area(|result| imports::write(self.handle, address.into(), write.as_ptr(), write.len(), result))
        };
        // SAFETY: case 1 is an error.
        if area.tag == 0 { Ok(()) } else { Err(unsafe { Error::lift(&area) }) }
    }

    fn write_read(&mut self, address: u8, write: &[u8], read: &mut [u8]) -> Result<(), Error> {
        let length = read.len() as u64;
        // SAFETY: the device reads the data and writes the result to the area.
        unsafe {
            fill(read, |result| {
                imports::write_read(self.handle, address.into(), write.as_ptr(), write.len(), length, result)
            })
        }
    }

    /// Performs the operations as one transaction. Fails with [`ErrorKind::Other`] if there are more than [`OPERATIONS_MAX`].
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), Error> {
        let other = Error(ErrorKind::Other);
        let mut lowered = [Lowered::READ_NOTHING; OPERATIONS_MAX];
        // The memory for the list of results comes first, then that for each result.
        let mut results = [List::default(); OPERATIONS_MAX];
        let mut buffers = [Buffer::END; OPERATIONS_MAX + 2];
        buffers[0] = Buffer::of(&mut results);

        let lowered = lowered.get_mut(..operations.len()).ok_or(other)?;
        let mut next = buffers.iter_mut().skip(1);
        for (operation, lowered) in operations.iter_mut().zip(lowered.iter_mut()) {
            *lowered = match operation {
                Operation::Read(buffer) => {
                    if let Some(next) = next.next() {
                        *next = Buffer::of(buffer);
                    }
                    Lowered::read(buffer.len())
                }
                Operation::Write(data) => Lowered::write(data),
            };
        }

        let area = abi::into(&buffers, || {
            // SAFETY: the device reads the operations and the data, and writes the result to the area.
            unsafe {
                abi::area(|result| {
                    imports::transaction(self.handle, address.into(), lowered.as_ptr(), lowered.len(), result)
                })
            }
        });
        // SAFETY: it is a list or an error.
        unsafe { lifted(area)? };
        let reads = operations.iter().filter_map(|operation| match operation {
            Operation::Read(buffer) => Some(buffer.len()),
            Operation::Write(_) => None,
        });
        let complete = reads.zip(&results).all(|(wanted, [_, length])| wanted == *length);
        if complete { Ok(()) } else { Err(other) }
    }
}

/// A `wasi:i2c/i2c.operation` in memory.
#[derive(Clone, Copy)]
#[repr(C)]
struct Lowered {
    tag: u8,
    /// A number of bytes to read, or an address with a length in the upper half.
    payload: u64,
}

impl Lowered {
    const READ_NOTHING: Self = Self { tag: 0, payload: 0 };

    fn read(length: usize) -> Self {
        Self { tag: 0, payload: length as u64 }
    }

    fn write(data: &[u8]) -> Self {
        Self { tag: 1, payload: data.as_ptr().expose_provenance() as u64 | (data.len() as u64) << 32 }
    }
}
