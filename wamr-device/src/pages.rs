//! Access to the flash that holds the ledger.

use embedded_storage::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};

use crate::cell::Cell;

/// Type-erased flash: otherwise each kind of flash would have its own copy of the code that uses it.
pub(crate) trait Pages {
    fn read(&mut self, at: u32, cell: &mut Cell) -> Result<(), NorFlashErrorKind>;
    fn write(&mut self, at: u32, cell: &Cell) -> Result<(), NorFlashErrorKind>;
    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind>;
}

impl<F: NorFlash> Pages for F {
    fn read(&mut self, at: u32, cell: &mut Cell) -> Result<(), NorFlashErrorKind> {
        ReadNorFlash::read(self, at, &mut cell.0).map_err(|error| error.kind())
    }

    fn write(&mut self, at: u32, cell: &Cell) -> Result<(), NorFlashErrorKind> {
        NorFlash::write(self, at, &cell.0).map_err(|error| error.kind())
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        NorFlash::erase(self, from, to).map_err(|error| error.kind())
    }
}

/// Why the ledger was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlashError {
    /// The driver reported an error.
    Driver,
    /// The ledger has no space for the entry.
    Full,
    /// The ledger has space after it is moved to its other page, but no erase is allowed now.
    Budget,
}

impl From<NorFlashErrorKind> for FlashError {
    fn from(_: NorFlashErrorKind) -> Self {
        Self::Driver
    }
}
