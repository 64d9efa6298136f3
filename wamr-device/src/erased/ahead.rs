//! Firmware that erases ahead knows which flash of a slot is erased.
//!
//! A page whose erase was cut by a loss of power can read as erased, and lose what is written to it later. The contents of a page
//! therefore prove nothing, and the device does not look at them. It counts a page as erased in two cases only: it has seen the erase
//! complete since it started, or flash says so. Flash says so with a mark in the first page of the slot, which is written after
//! every page of the slot was erased. The mark stays when an upload uses the slot. From then on it means that the pages behind the
//! module are still erased, so they need not be erased again.
//!
//! The first page is erased last, and marked as invalid before. If that erase is cut, the mark of the erased slot could be left.
//! It does not count, unless the cell of the upload before it and the mark of the invalid slot behind it are both erased. To leave
//! it alone, an erase that was cut would have to change all bits on both sides of it and none of its own.

use embedded_storage::nor_flash::ReadNorFlash;

use crate::cell::Cell;
use crate::flash::FlashOp;
use crate::geometry::Geometry;

/// The number in the mark of an erased slot. Marks of starts, which earlier firmware wrote there, have smaller ones.
const ERASED: u8 = 0x80;

/// Which flash of a slot is erased. Offsets are relative to the start of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Erased {
    /// The first page of the slot, or it holds the upload that uses the slot.
    first: bool,
    /// The pages before this offset.
    before: u32,
    /// The pages from this offset on. It may be beyond the end of the slot.
    from: u32,
}

/// A step towards an erased slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The module's pages before this offset are erased.
    Module(u32),
    /// The first page of the slot is erased.
    First,
    /// It is recorded that the whole slot is erased.
    Mark,
}

impl Default for Erased {
    fn default() -> Self {
        Self { first: false, before: 0, from: u32::MAX }
    }
}

impl Erased {
    /// The whole slot.
    const ALL: Self = Self { first: true, before: 0, from: 0 };

    /// Whether flash says that the whole slot is erased.
    pub fn is_all(self) -> bool {
        self == Self::ALL
    }

    /// What is still erased when the slot was used for a module of this size.
    #[must_use]
    pub fn used_for(self, size: u32, geometry: &Geometry) -> Self {
        Self { from: self.from.max(geometry.whole_pages(size)), ..Self::default() }
    }

    /// A step has completed.
    pub fn complete(&mut self, step: Step) {
        match step {
            Step::Module(before) => self.before = before,
            Step::First => self.first = true,
            Step::Mark => *self = Self::ALL,
        }
    }

    /// Erases the first page.
    fn first<'b>(slot: u8, geometry: &Geometry) -> (FlashOp<'b>, Step) {
        let from = geometry.opened_at(slot);
        (FlashOp::Erase { from, to: from + geometry.page() }, Step::First)
    }

    /// The flash of an upload that was interrupted: what follows its durable bytes is erased again.
    pub fn resumed(durable: u32, geometry: &Geometry) -> Self {
        Self { first: true, before: geometry.whole_pages(durable), ..Self::default() }
    }

    /// Whether the first page of the slot is erased, or holds the upload.
    pub fn has_first(self) -> bool {
        self.first
    }

    /// Whether the page of the module with this offset is erased.
    pub fn has(self, offset: u32, _: &Geometry) -> bool {
        offset < self.before || offset >= self.from
    }

    /// The next step for an upload of this size that may send up to `granted`.
    pub fn for_upload<'b>(self, slot: u8, granted: u32, size: u32, geometry: &Geometry) -> Option<(FlashOp<'b>, Step)> {
        if !self.first && self.before > 0 {
            // From now on, the slot holds no app. A page of the module is erased before, for the reason in `next`.
            Some(Self::first(slot, geometry))
        } else {
            self.lacks(granted).then(|| self.more(slot, geometry.whole_pages(size), geometry))
        }
    }

    /// Whether a page of the module before this offset must be erased.
    fn lacks(self, end: u32) -> bool {
        self.before < end.min(self.from)
    }

    /// Erases more of the module's pages: one, or more before `end`.
    fn more<'b>(self, slot: u8, end: u32, geometry: &Geometry) -> (FlashOp<'b>, Step) {
        let module = geometry.module_at(slot);
        let from = module + self.before;
        let to = geometry.erase_to(from, module + end.min(self.from));
        (FlashOp::Erase { from, to }, Step::Module(to - module))
    }

    /// The next step towards an erased slot, of one page: apps may have to wait for it. The module comes first: if the power is cut in
    /// the middle of the first page, whatever is left there describes a module that is damaged.
    pub fn next<'b>(self, slot: u8, geometry: &Geometry) -> (FlashOp<'b>, Step) {
        if self.lacks(geometry.capacity()) {
            self.more(slot, self.before + geometry.page(), geometry)
        } else if !self.first {
            Self::first(slot, geometry)
        } else {
            let (at, len) = (geometry.erased_at(slot), geometry.writable(1));
            (FlashOp::Cell { at, cell: Cell::mark(ERASED), len }, Step::Mark)
        }
    }

    /// Returns what flash says about a slot with this first cell. `size` is the size of the module that uses the slot, if any does.
    ///
    /// # Errors
    /// The error of the flash driver.
    pub fn read<F: ReadNorFlash>(
        flash: &mut F,
        geometry: &Geometry,
        slot: u8,
        size: Option<u32>,
    ) -> Result<Self, F::Error> {
        let mut mark = Cell::WRITTEN;
        flash.read(geometry.erased_at(slot), &mut mark.0[..geometry.writable(1)])?;
        Ok(match size {
            _ if mark != Cell::mark(ERASED) => Self::default(),
            None => Self::ALL,
            Some(size) => Self::ALL.used_for(size, geometry),
        })
    }
}
