//! Where apps lie in flash, and the records that say they are there.
//!
//! One partition holds all slots, which have the same size. A new version never overwrites the installed one: an upload goes
//! to a slot without an app, and what makes it the installed version is the record written last. Of two records for one app
//! the later generation counts.
//!
//! ```text
//! slot 0: | record, one page | module ...            |
//! slot 1: | record, one page | module ...            |
//! ...
//! ```

use core::cmp::Ordering;

use embedded_storage::nor_flash::ReadNorFlash;
use wamr_proto::{APPS_MAX, Digest};

use crate::digest::sha256;
use crate::flash::{BLOCK, Block};

/// Bytes of a record in flash.
const RECORD: usize = 64;
/// What a record begins with; the last byte is the layout's version.
const MAGIC: [u8; 8] = *b"WAMRAPP\x01";
/// Bytes of the check at the end of a record.
const CHECK: usize = 8;

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
    /// It has fewer than two pages for each slot: one for the record, one for a module.
    TooSmall,
    /// Its write size does not divide the device's block and record sizes, or its page size is no multiple of a block.
    Unsupported,
    /// Fewer than two slots, so that nothing could be replaced, or more than [`APPS_MAX`].
    Slots,
}

impl core::fmt::Display for GeometryError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooSmall => "the slots' partition has fewer than two erase pages for each: make it larger",
            Self::Unsupported => {
                "the slots' flash has a write size above 64 bytes or pages that are no multiple of 512"
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
        if page == 0 || write == 0 || !page.is_multiple_of(BLOCK as u32) || !(RECORD as u32).is_multiple_of(write) {
            return Err(GeometryError::Unsupported);
        }
        if slots < 2 || slots as usize > APPS_MAX {
            return Err(GeometryError::Slots);
        }
        let slot = size / page / slots as u32 * page;
        if slot < 2 * page { Err(GeometryError::TooSmall) } else { Ok(Self { slots, slot, page, write }) }
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

    pub(crate) fn record_at(&self, slot: u8) -> u32 {
        u32::from(slot) * self.slot
    }

    pub(crate) fn module_at(&self, slot: u8) -> u32 {
        self.record_at(slot) + self.page
    }

    /// `len` rounded up to what the flash can write.
    pub(crate) fn writable(&self, len: usize) -> usize {
        // The write size divides that of a record, so it is a power of two.
        let last = self.write as usize - 1;
        (len + last) & !last
    }
}

/// Says that a slot holds an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Counts the installs, so that the later of two records is known. Wraps after four billion of them.
    pub generation: u32,
    pub size: u32,
    pub digest: Digest,
}

impl Record {
    /// Writes the record to the front of a block and tells how many bytes it takes.
    pub(crate) fn encode(&self, block: &mut Block) -> usize {
        let record = &mut block.0[..RECORD];
        record.fill(0xff);
        record[0..8].copy_from_slice(&MAGIC);
        record[8..12].copy_from_slice(&self.generation.to_le_bytes());
        record[12..16].copy_from_slice(&self.size.to_le_bytes());
        record[16..48].copy_from_slice(&self.digest.0);
        let check = check(record);
        record[RECORD - CHECK..].copy_from_slice(&check);
        RECORD
    }

    /// The record in these bytes. `None` when there is none, a torn one, or one whose module can't fit.
    fn decode(record: &[u8; RECORD], geometry: &Geometry) -> Option<Self> {
        if record[0..8] != MAGIC || record[RECORD - CHECK..] != check(record) {
            return None;
        }
        let word = |at| u32::from_le_bytes(*record[at..].first_chunk().expect("inside the record"));
        let size = word(12);
        let digest = Digest(*record[16..].first_chunk().expect("inside the record"));
        (size <= geometry.capacity()).then_some(Self { generation: word(8), size, digest })
    }

    fn is_later_than(&self, other: &Self) -> bool {
        self.generation.wrapping_sub(other.generation) as i32 > 0
    }
}

/// The front of the SHA-256 of all that stands before it: a record is whole or it is none.
fn check(record: &[u8]) -> [u8; CHECK] {
    *sha256(&record[..RECORD - CHECK]).0.first_chunk().expect("a digest is longer")
}

/// The records of all slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records([Option<Record>; APPS_MAX]);

impl Records {
    /// Reads the records from the flash that holds the partition at offset 0.
    ///
    /// # Errors
    /// That of the flash driver.
    pub fn read<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry) -> Result<Self, F::Error> {
        let mut records = Self::default();
        for slot in 0..geometry.slots() {
            let mut bytes = [0; RECORD];
            flash.read(geometry.record_at(slot), &mut bytes)?;
            records.set(slot, Record::decode(&bytes, geometry));
        }
        Ok(records)
    }

    pub(crate) fn get(&self, slot: u8) -> Option<&Record> {
        self.0.get(usize::from(slot))?.as_ref()
    }

    pub(crate) fn set(&mut self, slot: u8, record: Option<Record>) {
        if let Some(place) = self.0.get_mut(usize::from(slot)) {
            *place = record;
        }
    }

    /// Of the slots that `wanted` picks, the one that was recorded last.
    pub(crate) fn latest(&self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        let later = |a: &u8, b: &u8| match (self.get(*a), self.get(*b)) {
            (Some(a), Some(b)) if b.is_later_than(a) => Ordering::Less,
            _ => Ordering::Greater,
        };
        (0..APPS_MAX as u8).filter(|&slot| self.get(slot).is_some() && wanted(slot)).max_by(later)
    }

    /// The generation that the next install gets.
    pub(crate) fn next_generation(&self) -> u32 {
        self.latest(|_| true).and_then(|slot| self.get(slot)).map_or(1, |record| record.generation.wrapping_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GEOMETRY: Geometry = match Geometry::new(7 * 4096, 4096, 4, 3) {
        Ok(geometry) => geometry,
        Err(_) => panic!("slots"),
    };

    fn record(generation: u32) -> Record {
        Record { generation, size: 4096, digest: Digest([9; 32]) }
    }

    #[test]
    fn geometry_splits_the_partition() {
        assert_eq!((GEOMETRY.slots(), GEOMETRY.capacity()), (3, 4096));
        assert_eq!((GEOMETRY.record_at(1), GEOMETRY.module_at(2)), (8192, 5 * 4096));
        assert_eq!(GEOMETRY.writable(41), 44);
    }

    #[test]
    fn unfit_flash_is_refused() {
        assert_eq!(Geometry::new(5 * 4096, 4096, 4, 3), Err(GeometryError::TooSmall));
        for (page, write) in [(4096, 128), (100, 4), (0, 4), (4096, 0)] {
            assert_eq!(Geometry::new(8 * 4096, page, write, 2), Err(GeometryError::Unsupported));
        }
        for slots in [0, 1, APPS_MAX as u8 + 1] {
            assert_eq!(Geometry::new(1 << 20, 4096, 4, slots), Err(GeometryError::Slots));
        }
    }

    #[test]
    fn a_record_is_whole_or_none() {
        let mut block = Block([0; BLOCK]);
        let len = record(7).encode(&mut block);
        let mut bytes: [u8; RECORD] = block.0[..len].try_into().unwrap();
        assert_eq!(Record::decode(&bytes, &GEOMETRY), Some(record(7)));
        for at in 0..RECORD {
            bytes[at] ^= 0x10;
            assert_eq!(Record::decode(&bytes, &GEOMETRY), None, "flipped at {at}");
            bytes[at] ^= 0x10;
        }
        assert_eq!(Record::decode(&[0xff; RECORD], &GEOMETRY), None);
    }

    #[test]
    fn a_module_larger_than_the_slot_is_no_record() {
        let mut block = Block([0; BLOCK]);
        Record { size: 4097, ..record(1) }.encode(&mut block);
        assert_eq!(Record::decode(block.0.first_chunk().unwrap(), &GEOMETRY), None);
    }

    #[test]
    fn the_later_generation_counts_also_after_the_wrap() {
        let all = |_| true;
        let mut records = Records::default();
        assert_eq!((records.latest(all), records.next_generation()), (None, 1));
        records.set(3, Some(record(u32::MAX)));
        assert_eq!(records.next_generation(), 0);
        records.set(1, Some(record(0)));
        records.set(2, Some(record(u32::MAX - 1)));
        assert_eq!(
            (records.latest(all), records.latest(|slot| slot > 1), records.latest(|slot| slot == 2)),
            (Some(1), Some(3), Some(2))
        );
        assert_eq!(records.next_generation(), 1);
    }
}
