//! The group `i2c`: the buses and devices of the devicetree node `wamr,grants`.

use core::ffi::c_int;

use wamr_host::Error;
use wamr_host::i2c::{Buses, I2c, NoAcknowledge, OPERATIONS_MAX, Operation, TransferError};
use zephyr::raw;

use super::errno::error;
use super::grants;

pub static GROUP: I2c<Granted> = I2c::new(Granted);

/// `struct i2c_msg` of `zephyr/drivers/i2c.h`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Message {
    buffer: *mut u8,
    length: u32,
    flags: u8,
}

/// `I2C_MSG_…` of `zephyr/drivers/i2c.h`.
const READ: u8 = 1 << 0;
const STOP: u8 = 1 << 1;
const RESTART: u8 = 1 << 2;
const ADDRESS_OF_10_BITS: u8 = 1 << 3;

/// No device has a longer address, and drivers do not look at the bits above.
const ADDRESS_MAX: u16 = 0x3ff;

unsafe extern "C" {
    // zephyr/host/i2c.c
    fn wamr_i2c_address(bus: u32) -> c_int;
    fn wamr_i2c_transfer(bus: u32, address: u16, messages: *mut Message, count: u8) -> c_int;
}

pub struct Granted;

impl Buses for Granted {
    fn names(&self) -> &[&str] {
        grants::I2C
    }

    fn address(&self, bus: u32) -> Option<u16> {
        // SAFETY: the group passes only numbers of its names, and the C code has a bus for each name.
        unsafe { wamr_i2c_address(bus) }.try_into().ok()
    }

    fn transfer(&self, bus: u32, address: u16, operations: &mut [Operation<'_>]) -> Result<(), TransferError> {
        if address > ADDRESS_MAX {
            return Err(TransferError::NoAcknowledge(NoAcknowledge::Address));
        }
        let mut messages = [const { Message { buffer: core::ptr::null_mut(), length: 0, flags: 0 } }; OPERATIONS_MAX];
        let last = operations.len().wrapping_sub(1);
        let mut direction = None;
        for (at, (operation, message)) in operations.iter_mut().zip(&mut messages).enumerate() {
            let (buffer, length, flag) = match operation {
                Operation::Read(bytes) => (bytes.as_mut_ptr(), bytes.len(), READ),
                // Zephyr's type is not constant, but drivers only read what they send.
                Operation::Write(bytes) => (bytes.as_ptr().cast_mut(), bytes.len(), 0),
            };
            let mut flags = flag;
            if direction.replace(flag).is_some_and(|before| before != flag) {
                flags |= RESTART;
            }
            if at == last {
                flags |= STOP;
            }
            if address > 0x7f {
                flags |= ADDRESS_OF_10_BITS;
            }
            *message = Message { buffer, length: length as u32, flags };
        }
        let count = operations.len().min(OPERATIONS_MAX) as u8;
        // SAFETY: the number of the bus is valid as above. The buffers live until the call returns, and those that are read into are
        // exclusive.
        done(unsafe { wamr_i2c_transfer(bus, address, messages.as_mut_ptr(), count) })
    }
}

fn done(result: c_int) -> Result<(), TransferError> {
    match result.unsigned_abs() {
        0 => Ok(()),
        // Drivers report that nobody acknowledged as `EIO`, like a few rarer faults.
        raw::EIO | raw::ENXIO => Err(TransferError::NoAcknowledge(NoAcknowledge::Unknown)),
        raw::EAGAIN => Err(TransferError::ArbitrationLoss),
        raw::EBUSY | raw::ENODEV => Err(TransferError::Bus),
        _ if error(result) == Error::Timeout => Err(TransferError::Bus),
        _ => Err(TransferError::Other),
    }
}
