//! Flash as this crate sees it: operations that it asks for, and blocks of bytes on their way to flash.

use crate::cell::Cell;
use crate::trust::Note;
use embedded_storage::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};

/// Bytes that are written to flash at once.
///
/// Flash page programming gets no faster with more on the boards in view, and the first acknowledgement comes sooner.
pub const BLOCK: usize = 512;

/// Blocks that hold received bytes until flash has them. Together with [`BLOCK`] this is the window of an upload.
pub const BLOCKS: usize = 8;

/// One block, aligned for drivers that copy words.
#[derive(Clone)]
#[repr(C, align(8))]
pub struct Block(pub(crate) [u8; BLOCK]);

/// The RAM between radio and flash: the only copy of a module's bytes on their way.
pub struct Buffers(pub(crate) [Block; BLOCKS]);

impl Buffers {
    /// Empty buffers, all zero so that a `static` of them takes no flash; it costs [`BLOCKS`] × [`BLOCK`] bytes of RAM.
    pub const fn new() -> Self {
        Self([const { Block([0; BLOCK]) }; BLOCKS])
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// An operation that the device wants done on its flash partition. Offsets are relative to the partition.
#[must_use = "the device waits until the operation is reported as done"]
pub enum FlashOp<'b> {
    /// Erase whole pages.
    Erase {
        /// First byte.
        from: u32,
        /// The byte behind the last.
        to: u32,
    },
    /// Write the front of a block to erased flash.
    Write {
        /// Offset of the first byte.
        at: u32,
        /// The block that holds the bytes.
        block: &'b mut Block,
        /// How many; a multiple of the flash's write size.
        len: usize,
    },
    /// Write the front of a cell to erased flash.
    Cell {
        /// Offset of the first byte.
        at: u32,
        /// What to write.
        cell: Cell,
        /// How many bytes of it; a multiple of the flash's write size.
        len: usize,
    },
    /// Append to the ledger.
    Note(Note),
}

/// What became of a [`FlashOp`]: reported back as [`Event::Flash`](crate::Event::Flash).
pub struct FlashDone<'b> {
    pub(crate) block: Option<&'b mut Block>,
    /// Whether a page of the ledger was erased.
    pub(crate) result: Result<bool, FlashError>,
}

/// Why something was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlashError {
    /// The driver reports an error.
    Driver,
    /// The ledger has no room for it.
    Full,
    /// The ledger has room once it is moved to its other page, and none may be erased.
    Budget,
}

impl From<NorFlashErrorKind> for FlashError {
    fn from(_: NorFlashErrorKind) -> Self {
        Self::Driver
    }
}

impl<'b> FlashOp<'b> {
    /// Does the operation on the flash that holds the partition at offset 0. Blocks as long as the driver does.
    pub fn perform(self, flash: &mut impl NorFlash) -> FlashDone<'b> {
        let done = |result: Result<(), _>| result.map(|()| false).map_err(|_| FlashError::Driver);
        match self {
            Self::Erase { from, to } => FlashDone { block: None, result: done(flash.erase(from, to)) },
            Self::Write { at, block, len } => {
                let result = done(flash.write(at, &block.0[..len]));
                FlashDone { block: Some(block), result }
            }
            Self::Cell { at, cell, len } => FlashDone { block: None, result: done(flash.write(at, &cell.0[..len])) },
            Self::Note(note) => FlashDone { block: None, result: note.trust.note(flash, &note) },
        }
    }
}

/// The flash behind a pointer: each kind of flash would have its own copy of what works on it.
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
