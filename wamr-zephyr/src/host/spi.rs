//! The group `spi`: the devices of the devicetree node `wamr,grants`.

use core::ffi::c_int;
use core::ptr::null;
use core::time::Duration;

use wamr_host::spi::{Devices, Operation, Spi, TransferError};
use zephyr::raw;

use super::grants;
use crate::clock;

pub static GROUP: Spi<Granted> = Spi::new(Granted);

unsafe extern "C" {
    // zephyr/host/spi.c
    fn wamr_spi_transfer(device: u32, write: *const u8, read: *mut u8, length: usize) -> c_int;
    fn wamr_spi_release(device: u32);
}

pub struct Granted;

impl Devices for Granted {
    fn names(&self) -> &[&str] {
        grants::SPI
    }

    fn transact(&self, device: u32, operations: &mut [Operation<'_>]) -> Result<(), TransferError> {
        let done = operations.iter_mut().try_for_each(|operation| {
            let (write, read, length) = match operation {
                Operation::Read(bytes) => (null(), bytes.as_mut_ptr(), bytes.len()),
                Operation::Write(bytes) => (bytes.as_ptr(), core::ptr::null_mut(), bytes.len()),
                Operation::Transfer(write, read) => (write.as_ptr(), read.as_mut_ptr(), write.len().min(read.len())),
                Operation::Delay(nanos) => {
                    clock::sleep(Duration::from_nanos((*nanos).into()));
                    return Ok(());
                }
            };
            // SAFETY: the group passes only numbers of its names, and the C code has a device for each name. The buffers have this
            // length.
            match unsafe { wamr_spi_transfer(device, write, read, length) }.unsigned_abs() {
                0 => Ok(()),
                raw::ENODEV => Err(TransferError::ChipSelectFault),
                _ => Err(TransferError::Other),
            }
        });
        // SAFETY: as above.
        unsafe { wamr_spi_release(device) };
        done
    }
}
