//! Cells: pieces of flash that are either complete or absent, whenever power is cut.

use crate::digest::sha256;

/// Size of a cell in flash, in bytes.
pub(crate) const CELL: usize = 64;
/// The kind of a cell. The last byte is the version of its layout.
pub(crate) type Kind = [u8; 8];
const KIND: usize = size_of::<Kind>();
/// Size of the checksum at the end of a cell, in bytes.
const CHECK: usize = 8;

/// A cell, aligned for drivers that copy words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct Cell(pub(crate) [u8; CELL]);

impl Cell {
    /// Erased flash.
    pub const ERASED: Self = Self([0xff; CELL]);
    /// Flash with all bits written.
    pub const WRITTEN: Self = Self([0; CELL]);

    /// A mark with a number. The number 255 is reserved for erased flash.
    pub fn mark(number: u8) -> Self {
        let mut mark = Self::WRITTEN;
        mark.0[0] = number;
        mark
    }

    /// Creates a cell of this kind that contains the fields, one after the other.
    pub fn new(kind: &Kind, fields: &[&[u8]]) -> Self {
        let mut cell = Self::ERASED;
        let mut rest = &mut cell.0[..];
        for field in [&kind[..]].iter().chain(fields) {
            let (place, behind) = rest.split_at_mut(field.len());
            place.copy_from_slice(field);
            rest = behind;
        }
        let check = cell.check();
        cell.0[CELL - CHECK..].copy_from_slice(&check);
        cell
    }

    /// Returns the cell at this offset, or an erased cell if there are too few bytes.
    pub fn at(bytes: &[u8], at: u32) -> Self {
        let cell = bytes.get(at as usize..).and_then(|bytes| bytes.first_chunk());
        cell.map_or(Self::ERASED, |cell| Self(*cell))
    }

    /// Returns the fields of a cell of this kind, followed by padding. `None` for another kind, a torn cell or no cell.
    pub fn fields(&self, kind: &Kind) -> Option<&[u8]> {
        (self.0.starts_with(kind) && self.0.ends_with(&self.check())).then(|| self.unchecked_fields())
    }

    /// Returns what the fields are if the cell is complete.
    pub fn unchecked_fields(&self) -> &[u8] {
        &self.0[KIND..CELL - CHECK]
    }

    /// The first bytes of the SHA-256 of everything before the checksum.
    fn check(&self) -> [u8; CHECK] {
        *sha256(&self.0[..CELL - CHECK]).0.first_chunk().expect("a digest is longer")
    }
}

/// Returns the number at the start of these fields, and the fields after it.
pub(crate) fn number(fields: &[u8]) -> Option<(u32, &[u8])> {
    fields.split_first_chunk().map(|(number, rest)| (u32::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_whole_or_none() {
        let mut cell = Cell::new(b"WAMRTEST", &[&7u32.to_le_bytes(), b"rest"]);
        let (seven, rest) = number(cell.fields(b"WAMRTEST").unwrap()).unwrap();
        assert_eq!((seven, &rest[..4]), (7, &b"rest"[..]));
        assert_eq!(cell.fields(b"WAMRREST"), None);
        for at in 0..CELL {
            cell.0[at] ^= 0x10;
            assert_eq!(cell.fields(b"WAMRTEST"), None, "flipped at {at}");
            cell.0[at] ^= 0x10;
        }
        for none in [Cell::ERASED, Cell::WRITTEN] {
            assert_eq!(none.fields(b"WAMRTEST"), None);
        }
    }
}
