//! Operations on flash that end early.

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use wamr_device::sim::SimFlash;

/// Flash that gives up when it has done a part of an operation.
pub struct Torn<'a> {
    pub flash: &'a mut SimFlash,
    pub part: u32,
    pub of: u32,
}

impl Torn<'_> {
    /// The part of so many units that it does.
    fn of(&self, units: u32) -> u32 {
        units * self.part / self.of
    }
}

impl ErrorType for Torn<'_> {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Torn<'_> {
    const READ_SIZE: usize = SimFlash::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.flash.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl NorFlash for Torn<'_> {
    const WRITE_SIZE: usize = SimFlash::WRITE_SIZE;
    const ERASE_SIZE: usize = SimFlash::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.flash.erase(from, from + self.of((to - from) / Self::ERASE_SIZE as u32) * Self::ERASE_SIZE as u32)?;
        Err(NorFlashErrorKind::Other)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        let units = (bytes.len() / Self::WRITE_SIZE) as u32;
        self.flash.write(offset, &bytes[..self.of(units) as usize * Self::WRITE_SIZE])?;
        Err(NorFlashErrorKind::Other)
    }
}
