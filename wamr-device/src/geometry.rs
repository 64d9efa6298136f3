//! The layout of the flash partition: which offsets hold the ledger, and what is where in a slot. See [`slot`](crate::slot).

use core::num::NonZeroU32;

use crate::APPS_MAX;
use crate::cell::CELL;
use crate::flash::BLOCK;
use crate::task::InFlash;

/// The offset of the marks in a slot, after the cells.
const MARKS: u32 = 3 * CELL as u32;

/// The sizes of the partition and its slots, checked to be consistent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    slots: u8,
    /// Size of a slot in bytes.
    slot: u32,
    /// Not 0, so that no division by it can panic.
    page: NonZeroU32,
    write: u32,
    /// How many bytes the flash also erases at once, or 0.
    block: u32,
    /// The offset of the partition in the flash, to which blocks are aligned.
    offset: u32,
    // These follow from the others, but each use would repeat the divisions.
    /// Offset of the marks of starts from the beginning of a slot.
    start_marks: u32,
    /// How many starts have marks.
    starts: u16,
}

/// Why a flash partition cannot hold slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeometryError {
    /// It has fewer than two pages for the ledger and two for each slot: one for its state and one for a module.
    TooSmall,
    /// Its write size does not divide the size of a cell, its page size is not a multiple of the block size, or a page has no
    /// space for one mark for each page of a slot.
    Unsupported,
    /// Fewer than two slots, so that no app could be replaced, or more than [`APPS_MAX`].
    Slots,
}

impl core::fmt::Display for GeometryError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooSmall => "the partition for the slots is too small: it needs two erase pages, and two more for each slot",
            Self::Unsupported => {
                "the flash of the slots is not supported: its write size exceeds 64 bytes, its page size is not a multiple of 512 bytes, or a slot has too many pages"
            }
            Self::Slots => "a device must have at least 2 slots, and no more than its build has room for",
        })
    }
}

impl core::error::Error for GeometryError {}

impl Geometry {
    /// Creates the geometry of a partition of `size` bytes whose flash is erased in pages of `page` bytes and written in units of
    /// `write` bytes. Pages at the end that are not enough for a whole slot stay unused.
    ///
    /// # Errors
    /// [`GeometryError`] if the slots do not fit.
    pub const fn new(size: u32, page: u32, write: u32, slots: u8) -> Result<Self, GeometryError> {
        let Some(nonzero_page) = NonZeroU32::new(page) else { return Err(GeometryError::Unsupported) };
        if write == 0 || !page.is_multiple_of(BLOCK as u32) || !(CELL as u32).is_multiple_of(write) {
            return Err(GeometryError::Unsupported);
        }
        if slots < 2 || slots as usize > APPS_MAX {
            return Err(GeometryError::Slots);
        }
        let pages = (size / page).saturating_sub(2) / slots as u32;
        if pages < 2 {
            return Err(GeometryError::TooSmall);
        }
        // One mark for each page of the module, one for the erased slot, and one to mark the slot as invalid.
        if (pages + 1) * write > page - MARKS {
            return Err(GeometryError::Unsupported);
        }
        let start_marks = MARKS + (pages - 1) * write;
        let erased_and_gone = 2;
        let left = (page - start_marks) / write - erased_and_gone;
        let starts = if left / 2 > u16::MAX as u32 { u16::MAX } else { (left / 2) as u16 };
        Ok(Self { slots, slot: pages * page, page: nonzero_page, write, block: 0, offset: 0, start_marks, starts })
    }

    /// The flash erases blocks of `block` bytes in less time than their pages one by one. `block` is a power of two. The partition starts
    /// at `offset` in the flash.
    #[must_use]
    pub const fn with_blocks(self, block: u32, offset: u32) -> Self {
        Self { block, offset, ..self }
    }

    /// Returns the size of the largest module that fits into a slot, in bytes.
    pub const fn capacity(&self) -> u32 {
        self.slot - self.page()
    }

    /// Returns `size` rounded up to whole pages.
    pub(crate) fn whole_pages(&self, size: u32) -> u32 {
        size.next_multiple_of(self.page())
    }

    #[cfg(wamr_erase_ahead)]
    /// Returns the end of what is erased at once from an offset on: of a block if it ends before `end`, or of a page.
    pub(crate) fn erase_to(&self, from: u32, end: u32) -> u32 {
        let is_aligned = (self.offset + from) & self.block.wrapping_sub(1) == 0;
        from + if is_aligned && self.block != 0 && self.block <= end - from { self.block } else { self.page() }
    }

    /// Returns the number of slots.
    pub const fn slots(&self) -> u8 {
        self.slots
    }

    pub(crate) const fn page(&self) -> u32 {
        self.page.get()
    }

    pub(crate) fn ledger(&self) -> InFlash {
        InFlash { at: 0, size: 2 * self.page() }
    }

    #[inline(never)]
    fn start(&self, slot: u8) -> u32 {
        2 * self.page() + u32::from(slot) * self.slot
    }

    pub(crate) fn opened_at(&self, slot: u8) -> u32 {
        self.start(slot)
    }

    pub(crate) fn installed_at(&self, slot: u8) -> u32 {
        self.start(slot) + CELL as u32
    }

    pub(crate) fn kept_at(&self, slot: u8) -> u32 {
        self.start(slot) + 2 * CELL as u32
    }

    /// Returns the offset of the mark for a page of the module.
    pub(crate) fn mark_at(&self, slot: u8, page: u32) -> u32 {
        self.start(slot) + MARKS + page * self.write
    }

    #[cfg(wamr_erase_ahead)]
    /// Returns the offset of the mark that says that the whole slot was erased.
    pub(crate) fn erased_at(&self, slot: u8) -> u32 {
        self.gone_at(slot) - self.write
    }

    /// Returns the offset of the mark that makes the slot invalid.
    pub(crate) fn gone_at(&self, slot: u8) -> u32 {
        self.module_at(slot) - self.write
    }

    /// Returns how many starts of an app can be recorded: two marks for each, in the rest of the page.
    pub const fn starts(&self) -> u16 {
        self.starts
    }

    /// Returns the offset of a mark of a start.
    pub(crate) fn start_at(&self, slot: u8, start: u16, mark: Mark) -> u32 {
        let index = 2 * u32::from(start) + u32::from(mark == Mark::Second);
        self.start(slot) + self.start_marks + index * self.write
    }

    pub(crate) fn module_at(&self, slot: u8) -> u32 {
        self.start(slot) + self.page()
    }

    /// Returns `len` rounded up to the flash's write size.
    pub(crate) fn writable(&self, len: usize) -> usize {
        // The write size divides the size of a cell, so it is a power of two.
        let last = self.write as usize - 1;
        (len + last) & !last
    }
}

/// One of the two marks of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    First,
    Second,
}

#[cfg(test)]
mod tests {
    use super::*;

    const GEOMETRY: Geometry = match Geometry::new(9 * 4096, 4096, 4, 3) {
        Ok(geometry) => geometry,
        Err(_) => panic!("slots"),
    };

    #[test]
    fn geometry_splits_the_partition() {
        assert_eq!((GEOMETRY.slots(), GEOMETRY.capacity()), (3, 4096));
        assert_eq!((GEOMETRY.opened_at(1), GEOMETRY.module_at(2)), (4 * 4096, 7 * 4096));
        assert_eq!((GEOMETRY.installed_at(1), GEOMETRY.kept_at(1)), (4 * 4096 + 64, 4 * 4096 + 128));
        assert_eq!((GEOMETRY.ledger(), GEOMETRY.mark_at(0, 2)), (InFlash { at: 0, size: 8192 }, 8192 + 192 + 8));
        assert_eq!(GEOMETRY.gone_at(0), 8192 + 4096 - 4);
        assert_eq!(GEOMETRY.writable(41), 44);
        assert_eq!((GEOMETRY.starts(), GEOMETRY.start_at(1, 0, Mark::First)), (486, 4 * 4096 + 192 + 4));
        assert_eq!(GEOMETRY.erased_at(0), 3 * 4096 - 2 * 4);
        assert_eq!(GEOMETRY.start_at(0, 485, Mark::Second), 3 * 4096 - 4 * 4, "before the last marks");
    }

    #[test]
    fn blocks_are_erased_where_they_are_aligned_and_free() {
        let (page, block) = (4096, 1 << 16);
        assert_eq!(GEOMETRY.erase_to(block, 4 * block), block + page, "no blocks");
        let geometry = GEOMETRY.with_blocks(block, 3 * page);
        let aligned = block - 3 * page;
        assert_eq!(geometry.erase_to(aligned, aligned + block), aligned + block);
        assert_eq!(geometry.erase_to(aligned, aligned + block - page), aligned + page, "it is not free");
        assert_eq!(geometry.erase_to(aligned + page, 4 * block), aligned + 2 * page, "it is not aligned");
    }

    #[test]
    fn large_pages_have_room_for_many_starts() {
        let starts = |page| Geometry::new(6 * page, page, 1, 2).map(|geometry| geometry.starts());
        // Two marks each, after the cells and the mark of a page of the module, and before the last two marks.
        assert_eq!(starts(64 * 1024), Ok(32_670));
        assert_eq!(starts(256 * 1024), Ok(u16::MAX), "more than can be counted");
    }

    #[test]
    fn unfit_flash_is_refused() {
        assert_eq!(Geometry::new(7 * 4096, 4096, 4, 3), Err(GeometryError::TooSmall));
        for (page, write) in [(4096, 128), (100, 4), (0, 4), (4096, 0)] {
            assert_eq!(Geometry::new(10 * 4096, page, write, 2), Err(GeometryError::Unsupported));
        }
        assert_eq!(Geometry::new(1 << 20, 512, 4, 2), Err(GeometryError::Unsupported), "no room for the marks");
        for slots in [0, 1, APPS_MAX as u8 + 1] {
            assert_eq!(Geometry::new(1 << 20, 4096, 4, slots), Err(GeometryError::Slots));
        }
    }
}
