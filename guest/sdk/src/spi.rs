//! Devices on an SPI bus by name: `wasi:spi`.

use crate::abi::{self, Area, Buffer, List, resource};
use crate::{Error as DeviceError, Result};
use core::fmt;
use embedded_hal::spi::{self, ErrorKind, Operation};

mod imports {
    use super::{Lowered, Payload};
    use crate::abi::Area;

    #[link(wasm_import_module = "wasi:spi/spi")]
    unsafe extern "C" {
        #[link_name = "open"]
        pub fn open(name: *const u8, length: usize, result: *mut Area<Payload>);
        #[link_name = "[method]spi-device.read"]
        pub fn read(handle: u32, length: u64, result: *mut Area<Payload>);
        #[link_name = "[method]spi-device.write"]
        pub fn write(handle: u32, data: *const u8, length: usize, result: *mut Area<Payload>);
        #[link_name = "[method]spi-device.transfer"]
        pub fn transfer(handle: u32, data: *const u8, length: usize, result: *mut Area<Payload>);
        #[link_name = "[method]spi-device.transaction"]
        pub fn transaction(handle: u32, operations: *const Lowered, count: usize, result: *mut Area<Payload>);
    }
}

/// The most operations of one [`transaction`](spi::SpiDevice::transaction): they are passed on as one, on the stack. A
/// [`Operation::Transfer`] of two lengths counts as two.
pub const OPERATIONS_MAX: usize = 8;

/// A handle, a list, or an error: a discriminant and a string.
type Payload = [usize; 3];

/// A `wasi:spi/spi.operation-result` in memory: a discriminant and a list.
type Lifted = [usize; 3];

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error(ErrorKind);

impl Error {
    /// Lifts a `wasi:spi/spi.error` from its discriminant.
    fn lift(code: u8) -> Self {
        Self(match code {
            0 => ErrorKind::Overrun,
            1 => ErrorKind::ModeFault,
            2 => ErrorKind::FrameFormat,
            3 => ErrorKind::ChipSelectFault,
            _ => ErrorKind::Other,
        })
    }
}

impl spi::Error for Error {
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
    /// A device with its chip select.
    ///
    /// Implements [`embedded_hal::spi::SpiDevice`].
    SpiDevice, "wasi:spi/spi", "[resource-drop]spi-device"
}

impl SpiDevice {
    /// Opens a device.
    ///
    /// # Errors
    /// [`ErrorKind::Other`] if there is none of this name, or another app uses it.
    pub fn open(name: &str) -> Result<Self, Error> {
        // SAFETY: the device reads the name and writes the result, a handle or an error, to the area.
        let handle = unsafe { lifted(&abi::area(|result| imports::open(name.as_ptr(), name.len(), result)))? };
        Ok(Self { handle })
    }
}

/// Reads the area as a `result<T, error>`.
///
/// # Safety
/// It has to be one.
unsafe fn lifted<T: Copy>(area: &Area<Payload>) -> Result<T, Error> {
    // SAFETY: by contract.
    unsafe { if area.tag == 0 { Ok(area.start()) } else { Err(Error::lift(area.start())) } }
}

/// Calls a function that returns a `result<list<u8>, error>`, with a list that must fill the buffer.
///
/// # Safety
/// The function has to do that.
unsafe fn fill(buffer: &mut [u8], call: impl FnOnce(*mut Area<Payload>)) -> Result<(), Error> {
    // SAFETY: by contract.
    let [_, length]: List = unsafe { lifted(&abi::into(&[Buffer::of(buffer), Buffer::END], || abi::area(call)))? };
    if length == buffer.len() { Ok(()) } else { Err(Error(ErrorKind::Other)) }
}

impl spi::ErrorType for SpiDevice {
    type Error = Error;
}

impl spi::SpiDevice for SpiDevice {
    fn read(&mut self, buf: &mut [u8]) -> Result<(), Error> {
        let length = buf.len() as u64;
        // SAFETY: the device writes the result to the area.
        unsafe { fill(buf, |result| imports::read(self.handle, length, result)) }
    }

    fn write(&mut self, buf: &[u8]) -> Result<(), Error> {
        // SAFETY: the device reads the data and writes the result to the area.
        unsafe { lifted::<()>(&abi::area(|result| imports::write(self.handle, buf.as_ptr(), buf.len(), result))) }
    }

    fn transfer_in_place(&mut self, buf: &mut [u8]) -> Result<(), Error> {
        let (data, length) = (buf.as_ptr(), buf.len());
        // SAFETY: the device reads the data before it writes the result to the same memory.
        unsafe { fill(buf, |result| imports::transfer(self.handle, data, length, result)) }
    }

    /// Performs the operations as one transaction. Fails with [`ErrorKind::Other`] if there are more than [`OPERATIONS_MAX`].
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Error> {
        let other = Error(ErrorKind::Other);
        // The memory for the list of results comes first, then that for each result.
        let mut results = [Lifted::default(); OPERATIONS_MAX];
        let mut plan = Plan::new(Buffer::of(&mut results));
        for operation in operations {
            match operation {
                Operation::Read(buffer) => plan.read(buffer),
                Operation::Write(data) => plan.write(data),
                Operation::Transfer(read, write) => plan.transfer(read, write),
                Operation::TransferInPlace(buffer) => {
                    let lowered = Lowered::transfer(buffer);
                    plan.push(lowered, Buffer::of(buffer), buffer.len())
                }
                Operation::DelayNs(ns) => plan.push(Lowered { tag: 3, payload: u64::from(*ns) }, Buffer::EMPTY, 0),
            }
            .ok_or(other)?;
        }
        let area = abi::into(&plan.buffers, || {
            // SAFETY: the device reads the operations and the data, and writes the result to the area.
            unsafe {
                abi::area(|result| imports::transaction(self.handle, plan.operations.as_ptr(), plan.count, result))
            }
        });
        // SAFETY: it is a list or an error.
        unsafe { lifted::<List>(&area)? };
        let complete = plan.lengths.iter().zip(&results).all(|(wanted, [_, _, length])| wanted == length);
        if complete { Ok(()) } else { Err(other) }
    }
}

/// The operations of a transaction, and what they will return.
struct Plan {
    operations: [Lowered; OPERATIONS_MAX],
    lengths: [usize; OPERATIONS_MAX],
    buffers: [Buffer; OPERATIONS_MAX + 2],
    count: usize,
}

impl Plan {
    fn new(results: Buffer) -> Self {
        let mut buffers = [Buffer::END; OPERATIONS_MAX + 2];
        buffers[0] = results;
        let operations = [Lowered { tag: 0, payload: 0 }; OPERATIONS_MAX];
        Self { operations, lengths: [0; OPERATIONS_MAX], buffers, count: 0 }
    }

    /// Adds an operation with the memory for its result. Returns nothing if there are too many.
    fn push(&mut self, operation: Lowered, buffer: Buffer, length: usize) -> Option<()> {
        *self.operations.get_mut(self.count)? = operation;
        *self.lengths.get_mut(self.count)? = length;
        self.count += 1;
        *self.buffers.get_mut(self.count)? = buffer;
        Some(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Option<()> {
        self.push(Lowered { tag: 0, payload: buffer.len() as u64 }, Buffer::of(buffer), buffer.len())
    }

    fn write(&mut self, data: &[u8]) -> Option<()> {
        self.push(Lowered::list(1, data), Buffer::EMPTY, 0)
    }

    /// If one of them is longer, its rest is read or written after the transfer.
    fn transfer(&mut self, read: &mut [u8], write: &[u8]) -> Option<()> {
        let both = read.len().min(write.len());
        let ((read, more_read), (write, more_write)) = (read.split_at_mut(both), write.split_at(both));
        self.push(Lowered::transfer(write), Buffer::of(read), both)?;
        if !more_read.is_empty() {
            self.read(more_read)?;
        }
        if !more_write.is_empty() {
            self.write(more_write)?;
        }
        Some(())
    }
}

/// A `wasi:spi/spi.operation` in memory.
#[derive(Clone, Copy)]
#[repr(C)]
struct Lowered {
    tag: u8,
    /// A number, or an address with a length in the upper half.
    payload: u64,
}

impl Lowered {
    fn transfer(data: &[u8]) -> Self {
        Self::list(2, data)
    }

    fn list(tag: u8, data: &[u8]) -> Self {
        Self { tag, payload: data.as_ptr().expose_provenance() as u64 | (data.len() as u64) << 32 }
    }
}
