//! Where an app lies in flash, and the record that says it is there.
//!
//! A slot is one flash partition. It consists of two banks of the same size, so that a new version never overwrites the
//! installed one: an upload goes to the bank that is not in use, and what makes it the installed app is the record
//! written last. Of two records the later generation counts.
//!
//! ```text
//! bank A: | record, one page | module ...            |
//! bank B: | record, one page | module ...            |
//! ```

use embedded_storage::nor_flash::ReadNorFlash;
use wamr_proto::Digest;

use crate::digest::sha256;
use crate::flash::{BLOCK, Block};

/// Bytes of a record in flash.
const RECORD: usize = 64;
/// What a record begins with; the last byte is the layout's version.
const MAGIC: [u8; 8] = *b"WAMRAPP\x01";
/// Bytes of the check at the end of a record.
const CHECK: usize = 8;

/// The sizes of a slot's flash, checked to fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    bank: u32,
    page: u32,
    write: u32,
}

/// The flash partition can't serve as a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeometryError {
    /// It has fewer than four pages: a record and a module need one each, twice.
    TooSmall,
    /// Its write size does not divide the device's block and record sizes, or its page size is no multiple of a block.
    Unsupported,
}

impl core::fmt::Display for GeometryError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooSmall => "the slot's partition has fewer than four erase pages: make it larger",
            Self::Unsupported => {
                "the slot's flash has a write size above 64 bytes or pages that are no multiple of 512"
            }
        })
    }
}

impl core::error::Error for GeometryError {}

/// One of the two halves of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bank {
    A,
    B,
}

impl Bank {
    pub(crate) const ALL: [Self; 2] = [Self::A, Self::B];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl Geometry {
    /// The geometry of a partition of `size` bytes whose flash is erased in pages of `page` bytes and written in units
    /// of `write` bytes. An odd page at the end stays unused.
    ///
    /// # Errors
    /// [`GeometryError`] when no slot fits.
    pub const fn new(size: u32, page: u32, write: u32) -> Result<Self, GeometryError> {
        if page == 0 || write == 0 || !page.is_multiple_of(BLOCK as u32) || !(RECORD as u32).is_multiple_of(write) {
            return Err(GeometryError::Unsupported);
        }
        let bank = size / page / 2 * page;
        if bank < 2 * page { Err(GeometryError::TooSmall) } else { Ok(Self { bank, page, write }) }
    }

    /// The largest module the slot can hold, in bytes.
    pub const fn capacity(&self) -> u32 {
        self.bank - self.page
    }

    pub(crate) const fn page(&self) -> u32 {
        self.page
    }

    pub(crate) fn record_at(&self, bank: Bank) -> u32 {
        match bank {
            Bank::A => 0,
            Bank::B => self.bank,
        }
    }

    pub(crate) fn module_at(&self, bank: Bank) -> u32 {
        self.record_at(bank) + self.page
    }

    /// `len` rounded up to what the flash can write.
    pub(crate) fn writable(&self, len: usize) -> usize {
        len.next_multiple_of(self.write as usize)
    }
}

/// Says that a bank holds an app.
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

/// The records of a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records([Option<Record>; 2]);

impl Records {
    /// Reads the records of both banks from the flash that holds the partition at offset 0.
    ///
    /// # Errors
    /// That of the flash driver.
    pub fn read<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry) -> Result<Self, F::Error> {
        let mut records = Self::default();
        for bank in Bank::ALL {
            let mut bytes = [0; RECORD];
            flash.read(geometry.record_at(bank), &mut bytes)?;
            records.0[bank as usize] = Record::decode(&bytes, geometry);
        }
        Ok(records)
    }

    pub(crate) fn get(&self, bank: Bank) -> Option<&Record> {
        self.0[bank as usize].as_ref()
    }

    pub(crate) fn set(&mut self, bank: Bank, record: Option<Record>) {
        self.0[bank as usize] = record;
    }

    /// The bank that was recorded last.
    pub(crate) fn latest(&self) -> Option<Bank> {
        match (self.get(Bank::A), self.get(Bank::B)) {
            (Some(a), Some(b)) => Some(if b.is_later_than(a) { Bank::B } else { Bank::A }),
            (Some(_), None) => Some(Bank::A),
            (None, Some(_)) => Some(Bank::B),
            (None, None) => None,
        }
    }

    /// The generation that the next install gets.
    pub(crate) fn next_generation(&self) -> u32 {
        self.latest().and_then(|bank| self.get(bank)).map_or(1, |record| record.generation.wrapping_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GEOMETRY: Geometry = match Geometry::new(5 * 4096, 4096, 4) {
        Ok(geometry) => geometry,
        Err(_) => panic!("a slot"),
    };

    fn record(generation: u32) -> Record {
        Record { generation, size: 4096, digest: Digest([9; 32]) }
    }

    #[test]
    fn geometry_splits_the_partition_in_two() {
        assert_eq!(GEOMETRY.capacity(), 4096);
        assert_eq!((GEOMETRY.record_at(Bank::B), GEOMETRY.module_at(Bank::B)), (8192, 12288));
        assert_eq!(GEOMETRY.writable(41), 44);
    }

    #[test]
    fn unfit_flash_is_refused() {
        assert_eq!(Geometry::new(3 * 4096, 4096, 4), Err(GeometryError::TooSmall));
        assert_eq!(Geometry::new(8 * 4096, 4096, 128), Err(GeometryError::Unsupported));
        assert_eq!(Geometry::new(8 * 4096, 100, 4), Err(GeometryError::Unsupported));
        assert_eq!(Geometry::new(8 * 4096, 0, 4), Err(GeometryError::Unsupported));
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
    fn a_module_larger_than_the_bank_is_no_record() {
        let mut block = Block([0; BLOCK]);
        Record { size: 4097, ..record(1) }.encode(&mut block);
        assert_eq!(Record::decode(block.0.first_chunk().unwrap(), &GEOMETRY), None);
    }

    #[test]
    fn the_later_generation_counts_also_after_the_wrap() {
        let mut records = Records::default();
        assert_eq!((records.latest(), records.next_generation()), (None, 1));
        records.set(Bank::A, Some(record(u32::MAX)));
        assert_eq!(records.next_generation(), 0);
        records.set(Bank::B, Some(record(0)));
        assert_eq!(records.latest(), Some(Bank::B));
        records.set(Bank::B, Some(record(u32::MAX - 1)));
        assert_eq!(records.latest(), Some(Bank::A));
    }
}
