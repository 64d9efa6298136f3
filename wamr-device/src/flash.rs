//! The flash operations that this crate requests, and the blocks of bytes that they write.

use crate::cell::Cell;
use crate::pages::FlashError;
use crate::task::Task;
use crate::trust::Note;
use embedded_storage::nor_flash::NorFlash;

/// Number of bytes that are written to flash at once.
///
/// Larger writes are not faster on the supported boards, and small ones give an earlier first acknowledgment.
pub const BLOCK: usize = wamr_delta::BLOCK;

/// Number of blocks that hold received bytes until they are in flash. `BLOCKS` × [`BLOCK`] is the window of an upload.
pub const BLOCKS: usize = 8;

/// A block, aligned for drivers that copy words.
#[derive(Clone)]
#[repr(C, align(8))]
pub struct Block {
    pub(crate) bytes: [u8; BLOCK],
    /// Bytes that are copied from elsewhere in flash before the block is written.
    #[cfg(wamr_delta)]
    pub(crate) copies: wamr_delta::Copies,
}

impl Block {
    const EMPTY: Self = Self {
        bytes: [0; BLOCK],
        #[cfg(wamr_delta)]
        copies: wamr_delta::Copies::NONE,
    };
}

/// The RAM that a device lends out: the blocks between radio and flash, which hold the only copy of a module's bytes on their way,
/// and the task of the executor.
pub struct Buffers {
    pub(crate) blocks: [Block; BLOCKS],
    pub(crate) task: Task,
}

impl Buffers {
    /// Empty buffers. They are all zero, so a `static` takes no flash. They cost [`BLOCKS`] × [`BLOCK`] bytes of RAM and the size
    /// of a [`Task`].
    pub const fn new() -> Self {
        Self { blocks: [const { Block::EMPTY }; BLOCKS], task: Task::NONE }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// An operation that the device requests on its flash partition. Offsets are relative to the partition.
#[must_use = "the device waits until the operation is reported as done"]
pub enum FlashOp<'b> {
    /// Erase whole pages.
    Erase {
        /// First byte.
        from: u32,
        /// The offset after the last byte.
        to: u32,
    },
    /// Write the start of a block to erased flash.
    Write {
        /// Offset of the first byte.
        at: u32,
        /// The block that holds the bytes.
        block: &'b mut Block,
        /// Number of bytes, a multiple of the flash's write size.
        len: usize,
    },
    /// Write the start of a cell to erased flash.
    Cell {
        /// Offset of the first byte.
        at: u32,
        /// The cell to write.
        cell: Cell,
        /// Number of bytes of the cell, a multiple of the flash's write size.
        len: usize,
    },
    /// Append to the ledger.
    Note(Note),
}

/// The result of a [`FlashOp`], reported as [`Event::Flash`](crate::Event::Flash).
pub struct FlashDone<'b> {
    pub(crate) block: Option<&'b mut Block>,
    /// Whether a page of the ledger was erased.
    pub(crate) result: Result<bool, FlashError>,
}

impl<'b> FlashOp<'b> {
    /// Performs the operation on the flash that holds the partition at offset 0. Blocks as long as the driver does.
    #[inline(never)]
    pub fn perform(self, flash: &mut impl NorFlash) -> FlashDone<'b> {
        let done = |result: Result<(), _>| result.map(|()| false).map_err(|_| FlashError::Driver);
        match self {
            Self::Erase { from, to } => FlashDone { block: None, result: done(flash.erase(from, to)) },
            Self::Write { at, block, len } => {
                #[cfg(wamr_delta)]
                let copied = block.copies.perform(&mut block.bytes, |from, bytes| flash.read(from, bytes));
                #[cfg(not(wamr_delta))]
                let copied = Ok(());
                let result = done(copied.and_then(|()| flash.write(at, &block.bytes[..len])));
                FlashDone { block: Some(block), result }
            }
            Self::Cell { at, cell, len } => FlashDone { block: None, result: done(flash.write(at, &cell.0[..len])) },
            Self::Note(note) => FlashDone { block: None, result: note.trust.note(flash, &note) },
        }
    }
}
