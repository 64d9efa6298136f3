//! Where apps lie in flash, and what says that they are there.
//!
//! One partition holds the ledger and all slots, which have the same size. A new version never overwrites the installed one: an
//! upload goes to a slot without an app. What becomes of it stands in the slot's first page, in cells and marks that are written one
//! after the other and only go when the page is erased, for the next upload to the slot:
//!
//! ```text
//! ledger: | page | page |
//! slot 0: | opened, installed, kept, a mark for each page, two for each start, gone | module ...  |
//! slot 1: | opened, installed, kept, a mark for each page, two for each start, gone | module ...  |
//! ...
//! ```

use embedded_storage::nor_flash::ReadNorFlash;
use wamr_proto::{APPS_MAX, Digest, Fingerprint};

use crate::cell::{CELL, Cell, Kind, number};
use crate::flash::BLOCK;
use crate::starts::{Mark, Starts};
use crate::task::InFlash;

/// An upload to this slot was begun: its generation, size and digest.
const OPENED: Kind = *b"WAMROPN\x01";
/// What was uploaded is an app: whether it is on trial.
const INSTALLED: Kind = *b"WAMRAPP\x02";
/// The app has passed its trial.
const KEPT: Kind = *b"WAMRKPT\x01";

/// Where the marks start in a slot: behind the cells.
const MARKS: u32 = 3 * CELL as u32;

/// The sizes of the partition and its slots, checked to fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    slots: u8,
    /// Bytes of a slot.
    slot: u32,
    page: u32,
    write: u32,
}

/// The flash partition can't serve as slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeometryError {
    /// It has fewer than two pages for the ledger and two for each slot: one that says what is in it, one for a module.
    TooSmall,
    /// Its write size does not divide that of a cell, its page size is no multiple of a block, or a page has no room for a mark for
    /// each page of a slot.
    Unsupported,
    /// Fewer than two slots, so that nothing could be replaced, or more than [`APPS_MAX`].
    Slots,
}

impl core::fmt::Display for GeometryError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooSmall => "the slots' partition has fewer than two erase pages, and two for each slot: make it larger",
            Self::Unsupported => {
                "the slots' flash has a write size above 64 bytes, pages that are no multiple of 512, or too many of them in a slot"
            }
            Self::Slots => "a device has 2 to 8 slots",
        })
    }
}

impl core::error::Error for GeometryError {}

impl Geometry {
    /// The geometry of a partition of `size` bytes whose flash is erased in pages of `page` bytes and written in units
    /// of `write` bytes. Pages at the end that make no whole slot stay unused.
    ///
    /// # Errors
    /// [`GeometryError`] when the slots do not fit.
    pub const fn new(size: u32, page: u32, write: u32, slots: u8) -> Result<Self, GeometryError> {
        if page == 0 || write == 0 || !page.is_multiple_of(BLOCK as u32) || !(CELL as u32).is_multiple_of(write) {
            return Err(GeometryError::Unsupported);
        }
        if slots < 2 || slots as usize > APPS_MAX {
            return Err(GeometryError::Slots);
        }
        let pages = (size / page).saturating_sub(2) / slots as u32;
        if pages < 2 {
            return Err(GeometryError::TooSmall);
        }
        // A mark for each page of the module, and one that it is gone.
        if pages * write > page - MARKS {
            return Err(GeometryError::Unsupported);
        }
        Ok(Self { slots, slot: pages * page, page, write })
    }

    /// The largest module that a slot can hold, in bytes.
    pub const fn capacity(&self) -> u32 {
        self.slot - self.page
    }

    /// How many slots there are.
    pub const fn slots(&self) -> u8 {
        self.slots
    }

    pub(crate) const fn page(&self) -> u32 {
        self.page
    }

    pub(crate) fn ledger(&self) -> InFlash {
        InFlash { at: 0, size: 2 * self.page }
    }

    fn start(&self, slot: u8) -> u32 {
        2 * self.page + u32::from(slot) * self.slot
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

    /// Where the mark of a page of the module is.
    pub(crate) fn mark_at(&self, slot: u8, page: u32) -> u32 {
        self.start(slot) + MARKS + page * self.write
    }

    /// Where the mark is that nothing in the slot counts any more.
    pub(crate) fn gone_at(&self, slot: u8) -> u32 {
        self.module_at(slot) - self.write
    }

    /// How many starts of an app can be marked: two marks for each, in what the other marks leave of the page.
    pub const fn starts(&self) -> u16 {
        let gone = 1;
        let left = (self.page - MARKS) / self.write - (self.slot / self.page - 1) - gone;
        if left / 2 > u16::MAX as u32 { u16::MAX } else { (left / 2) as u16 }
    }

    /// Where something is marked of a start.
    pub(crate) fn start_at(&self, slot: u8, start: u16, mark: Mark) -> u32 {
        let pages = self.slot / self.page - 1;
        self.mark_at(slot, pages + 2 * u32::from(start) + u32::from(mark == Mark::Ended))
    }

    pub(crate) fn module_at(&self, slot: u8) -> u32 {
        self.start(slot) + self.page
    }

    /// `len` rounded up to what the flash can write.
    pub(crate) fn writable(&self, len: usize) -> usize {
        // The write size divides that of a cell, so it is a power of two.
        let last = self.write as usize - 1;
        (len + last) & !last
    }
}

/// An upload that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Counts the uploads, so that the latest is known. Wraps after four billion of them.
    pub generation: u32,
    pub size: u32,
    pub digest: Digest,
}

impl Opened {
    pub fn encode(&self) -> Cell {
        Cell::new(&OPENED, &[&self.generation.to_le_bytes(), &self.size.to_le_bytes(), &self.digest.0])
    }

    pub fn decode(cell: &Cell) -> Option<Self> {
        let (generation, rest) = number(cell.fields(&OPENED)?)?;
        let (size, rest) = number(rest)?;
        Some(Self { generation, size, digest: Digest(*rest.first_chunk()?) })
    }
}

/// The cell that makes an upload an app.
pub(crate) fn installed(on_trial: bool) -> Cell {
    Cell::new(&INSTALLED, &[&[on_trial.into()]])
}

/// The cell that ends the trial of an app.
pub(crate) fn kept() -> Cell {
    Cell::new(&KEPT, &[])
}

/// Says that a slot holds an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub generation: u32,
    pub size: u32,
    pub fingerprint: Fingerprint,
    /// When the device started.
    pub starts: Starts,
}

impl From<&Opened> for Record {
    fn from(opened: &Opened) -> Self {
        let &Opened { generation, size, digest } = opened;
        Self { generation, size, fingerprint: (&digest).into(), starts: Starts::default() }
    }
}

/// An upload that was under way when the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfinished {
    pub slot: u8,
    pub opened: Opened,
    /// Bytes of the module that lie in flash for certain.
    pub durable: u32,
}

/// What the first pages of all slots say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records {
    apps: [Option<Record>; APPS_MAX],
    /// A bit for each slot whose content is to be marked as gone: the app in it was on trial when the power went.
    pub(crate) unwanted: u8,
    pub(crate) unfinished: Option<Unfinished>,
    /// The latest.
    generation: u32,
}

impl Records {
    /// Reads what the flash says that holds the partition at offset 0.
    ///
    /// # Errors
    /// That of the flash driver.
    pub fn read<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry) -> Result<Self, F::Error> {
        let mut records = Self::default();
        for slot in 0..geometry.slots() {
            records.read_slot(flash, geometry, slot)?;
        }
        Ok(records)
    }

    fn read_slot<F: ReadNorFlash>(&mut self, flash: &mut F, geometry: &Geometry, slot: u8) -> Result<(), F::Error> {
        let Some(opened) = Opened::decode(&cell(flash, geometry.opened_at(slot))?) else { return Ok(()) };
        if opened.size > geometry.capacity() {
            return Ok(());
        }
        let latest = self.generation == 0 || is_later(opened.generation, self.generation);
        if latest {
            self.generation = opened.generation;
            self.unfinished = None;
        }
        if is_marked(flash, geometry, geometry.gone_at(slot))? {
            return Ok(());
        }
        if let Some(on_trial) =
            cell(flash, geometry.installed_at(slot))?.fields(&INSTALLED).map(|it| it.first() == Some(&1))
        {
            if on_trial && cell(flash, geometry.kept_at(slot))?.fields(&KEPT).is_none() {
                self.unwanted |= 1 << slot;
            } else {
                let starts = Starts::read(flash, geometry, slot)?;
                self.set(slot, Some(Record { starts, ..(&opened).into() }));
            }
        } else if latest {
            let durable = durable(flash, geometry, slot, opened.size)?;
            self.unfinished = Some(Unfinished { slot, opened, durable });
        }
        Ok(())
    }

    pub(crate) fn get(&self, slot: u8) -> Option<&Record> {
        self.apps.get(usize::from(slot))?.as_ref()
    }

    pub(crate) fn set(&mut self, slot: u8, record: Option<Record>) {
        if let Some(place) = self.apps.get_mut(usize::from(slot)) {
            *place = record;
        }
    }

    /// Of the slots that `wanted` picks, the one with the latest app.
    pub(crate) fn latest(&self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        let mut latest: Option<(u8, u32)> = None;
        for slot in 0..APPS_MAX as u8 {
            if let Some(record) = self.get(slot)
                && wanted(slot)
                && latest.is_none_or(|(_, generation)| is_later(record.generation, generation))
            {
                latest = Some((slot, record.generation));
            }
        }
        latest.map(|(slot, _)| slot)
    }

    /// The generation of the next upload.
    pub(crate) fn next_generation(&mut self) -> u32 {
        self.generation = self.generation.wrapping_add(1);
        self.generation
    }
}

/// Bytes of a module that lie in flash: whole pages, each with its mark, or all.
fn durable<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry, slot: u8, size: u32) -> Result<u32, F::Error> {
    let mut durable = 0;
    // A torn mark was begun when its page was in flash.
    while durable < size && is_marked(flash, geometry, geometry.mark_at(slot, durable / geometry.page()))? {
        durable = size.min(durable + geometry.page());
    }
    Ok(durable)
}

/// Whether there is a mark, be it a torn one: it was begun when what it says was so.
fn is_marked<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry, at: u32) -> Result<bool, F::Error> {
    let mut mark = [0xff; CELL];
    flash.read(at, &mut mark[..geometry.writable(1)])?;
    Ok(mark != [0xff; CELL])
}

fn cell<F: ReadNorFlash>(flash: &mut F, at: u32) -> Result<Cell, F::Error> {
    let mut cell = Cell::ERASED;
    flash.read(at, &mut cell.0).map(|()| cell)
}

fn is_later(generation: u32, other: u32) -> bool {
    generation.wrapping_sub(other).cast_signed() > 0
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
        assert_eq!((GEOMETRY.ledger(), GEOMETRY.mark_at(0, 2)), (InFlash { at: 0, size: 8192 }, 8192 + 192 + 8));
        assert_eq!(GEOMETRY.gone_at(0), 8192 + 4096 - 4);
        assert_eq!(GEOMETRY.writable(41), 44);
        assert_eq!((GEOMETRY.starts(), GEOMETRY.start_at(1, 0, Mark::Begun)), (487, 4 * 4096 + 192 + 4));
        assert_eq!(GEOMETRY.start_at(0, 486, Mark::Ended), 3 * 4096 - 4 - 4, "inside of the page");
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

    #[test]
    fn what_was_opened_comes_back() {
        let opened = Opened { generation: 7, size: 9, digest: Digest([9; 32]) };
        assert_eq!(Opened::decode(&opened.encode()), Some(opened));
        assert_eq!(Opened::decode(&kept()), None);
    }

    #[test]
    fn the_latest_counts_even_when_generations_wrap() {
        let record = |generation| {
            Some(Record { generation, size: 1, fingerprint: Fingerprint([0; 8]), starts: Starts::default() })
        };
        let mut records = Records::default();
        assert_eq!(records.latest(|_| true), None);
        records.set(2, record(u32::MAX));
        records.set(0, record(1));
        assert_eq!(records.latest(|_| true), Some(0));
        assert_eq!(records.latest(|slot| slot != 0), Some(2));
    }
}
