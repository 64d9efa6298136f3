//! NOR flash in RAM, as strict as the real one: bits are only cleared by writing, only set by erasing, and addresses
//! must be aligned.

use alloc::{vec, vec::Vec};
use core::ops::Range;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_write};

/// Simulated NOR flash.
#[derive(Clone, Debug)]
pub struct SimFlash {
    bytes: Vec<u8>,
    /// Operations that still succeed before one fails.
    healthy: Option<u32>,
}

impl SimFlash {
    /// Erased flash of `size` bytes, rounded up to whole pages.
    pub fn new(size: usize) -> Self {
        Self::from_bytes(vec![0xff; size])
    }

    /// Flash with this content, filled up to whole pages.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        bytes.resize(bytes.len().next_multiple_of(Self::ERASE_SIZE), 0xff);
        Self { bytes, healthy: None }
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Lets `operations` more writes and erases succeed and the one behind them fail.
    pub fn fail_after(&mut self, operations: u32) {
        self.healthy = Some(operations);
    }

    fn begin(&mut self, checked: Result<(), NorFlashErrorKind>) -> Result<(), NorFlashErrorKind> {
        checked?;
        match &mut self.healthy {
            Some(0) => {
                self.healthy = None;
                Err(NorFlashErrorKind::Other)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn range(at: u32, len: usize) -> Range<usize> {
    at as usize..at as usize + len
}

impl ErrorType for SimFlash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for SimFlash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.copy_from_slice(self.bytes.get(range(offset, bytes.len())).ok_or(NorFlashErrorKind::OutOfBounds)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for SimFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.begin(check_erase(self, from, to))?;
        self.bytes[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.begin(check_write(self, offset, bytes.len()))?;
        for (cell, byte) in self.bytes[range(offset, bytes.len())].iter_mut().zip(bytes) {
            *cell &= byte;
        }
        Ok(())
    }
}
