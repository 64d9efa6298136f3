//! Copies that wait until their block is written.

use crate::{BLOCK, COPY_MIN, Run};

/// The copies in one block, a list in the order of their places.
///
/// The first [`COPY_MIN`] bytes of a copy's place contain its [description](Copy), and the other bytes the differences to those of the source.
///
/// Places are positions plus one, so that there are no copies in memory that is all zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    first: u16,
    last: u16,
}

/// The place that is none.
const NONE: u16 = 0;

/// The description of a copy.
#[derive(Clone, Copy)]
struct Copy {
    from: u32,
    len: u16,
    /// The place of the next copy in the block, or [`NONE`].
    next: u16,
}

impl Copy {
    fn at(block: &[u8; BLOCK], place: u16) -> Option<Self> {
        let position = usize::from(place).checked_sub(1)?;
        let [from @ .., l0, l1, n0, n1] = *block.get(position..)?.first_chunk::<COPY_MIN>()?;
        Some(Self {
            from: u32::from_le_bytes(from),
            len: u16::from_le_bytes([l0, l1]),
            next: u16::from_le_bytes([n0, n1]),
        })
    }

    fn put(&self, block: &mut [u8; BLOCK], place: u16) {
        let numbers = [&self.from.to_le_bytes()[..], &self.len.to_le_bytes(), &self.next.to_le_bytes()];
        let bytes = block[usize::from(place) - 1..].iter_mut();
        bytes.zip(numbers.into_iter().flatten()).for_each(|(byte, new)| *byte = *new);
    }
}

impl Copies {
    /// No copies.
    pub const NONE: Self = Self { first: NONE, last: NONE };

    /// Puts bytes into the block at `at`. Runs must be put one after the other, without gaps. Offsets in the source may be any numbers that
    /// [`perform`](Self::perform) understands.
    ///
    /// Returns `false` and changes nothing if this is not possible: if the bytes do not fit into the block, or if bytes from one place of the
    /// source do not start with [`COPY_MIN`] copied ones.
    #[must_use]
    pub fn put(&mut self, block: &mut [u8; BLOCK], at: usize, run: Run<'_>) -> bool {
        let Some(place) = block.get_mut(at..).and_then(|rest| rest.get_mut(..run.len() as usize)) else { return false };
        let from = match run {
            Run::Literal(bytes) => {
                place.copy_from_slice(bytes);
                return true;
            }
            Run::Copy { from, .. } | Run::Change { from, .. } => from,
        };
        let len = place.len() as u16; // at most that of a block
        let last = Copy::at(block, self.last);
        let continued = last.filter(|copy| {
            let end = u32::from(copy.len);
            u32::from(self.last) + end == at as u32 + 1 && copy.from.checked_add(end) == Some(from)
        });
        match (continued, run) {
            (Some(copy), _) => {
                let place = &mut block[at..at + usize::from(len)];
                match run {
                    Run::Change { by, .. } => place.copy_from_slice(by),
                    _ => place.fill(0),
                }
                Copy { len: copy.len + len, ..copy }.put(block, self.last);
            }
            (None, Run::Copy { .. }) if usize::from(len) >= COPY_MIN => {
                block[at..at + usize::from(len)].fill(0);
                let place = at as u16 + 1;
                Copy { from, len, next: NONE }.put(block, place);
                match last {
                    Some(before) => Copy { next: place, ..before }.put(block, self.last),
                    None => self.first = place,
                }
                self.last = place;
            }
            _ => return false,
        }
        true
    }

    /// Performs the copies: replaces their places by bytes of the source, which `read` reads from an offset. Afterwards, there are no
    /// copies.
    ///
    /// # Errors
    /// That of `read`. The content of the block is then unspecified.
    pub fn perform<E>(
        &mut self,
        block: &mut [u8; BLOCK],
        mut read: impl FnMut(u32, &mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut place = core::mem::replace(self, Self::NONE).first;
        while let Some(Copy { mut from, len, next }) = Copy::at(block, place) {
            let start = usize::from(place) - 1;
            let end = start + usize::from(len);
            block[start..start + COPY_MIN].fill(0);
            for part in block[start..end].chunks_mut(PART) {
                let mut source = [0; PART];
                let source = &mut source[..part.len()];
                read(from, source)?;
                part.iter_mut().zip(source).for_each(|(byte, source)| *byte = byte.wrapping_add(*source));
                // A copy may end where numbers end.
                from = from.wrapping_add(part.len() as u32);
            }
            place = next;
        }
        Ok(())
    }
}

/// Number of bytes that are read at once.
const PART: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn performed(runs: &[Run<'_>]) -> [u8; BLOCK] {
        let (mut block, mut copies, mut at) = ([0xee; BLOCK], Copies::NONE, 0);
        for run in runs {
            assert!(copies.put(&mut block, at, *run), "{run:?}");
            at += run.len() as usize;
        }
        // The source is a count.
        let read = |from: u32, bytes: &mut [u8]| {
            bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = (from as u8).wrapping_add(at as u8));
            Ok::<_, ()>(())
        };
        copies.perform(&mut block, read).unwrap();
        assert_eq!(copies, Copies::NONE);
        block
    }

    #[test]
    fn copies_are_performed_in_their_places() {
        let block = performed(&[
            Run::Literal(b"ab"),
            Run::Copy { from: 10, len: 8 },
            Run::Change { from: 18, by: &[1, 0xff] },
            Run::Copy { from: 20, len: 2 },
            Run::Literal(b"c"),
            Run::Copy { from: 100, len: 9 },
            Run::Copy { from: 30, len: 8 },
        ]);
        let expected = [
            &b"ab"[..],
            &[10, 11, 12, 13, 14, 15, 16, 17, 19, 18, 20, 21],
            b"c",
            &[100, 101, 102, 103, 104, 105, 106, 107, 108],
            &[30, 31, 32, 33, 34, 35, 36, 37, 0xee],
        ];
        assert_eq!(&block[..33], expected.concat());
    }

    extern crate std;

    #[test]
    fn a_copy_fills_a_block() {
        let block = performed(&[Run::Copy { from: 3, len: BLOCK as u32 }]);
        assert!(block.iter().enumerate().all(|(at, byte)| *byte == (at as u8).wrapping_add(3)));
        let block = performed(&[Run::Copy { from: 0, len: 8 }; BLOCK / 8]);
        assert_eq!(block, *[[0, 1, 2, 3, 4, 5, 6, 7]; BLOCK / 8].as_flattened());
    }

    #[test]
    fn what_has_no_place_is_refused() {
        let mut block = [0; BLOCK];
        let mut copies = Copies::NONE;
        assert!(!copies.put(&mut block, 0, Run::Copy { from: 0, len: 7 }), "too short");
        assert!(!copies.put(&mut block, 0, Run::Change { from: 0, by: &[1; 9] }), "starts with a change");
        assert!(!copies.put(&mut block, BLOCK - 8, Run::Copy { from: 0, len: 9 }), "too long");
        assert!(!copies.put(&mut block, BLOCK + 1, Run::Literal(b"")), "outside");
        assert!(copies.put(&mut block, 0, Run::Copy { from: u32::MAX - 8, len: 9 }));
        assert!(!copies.put(&mut block, 9, Run::Copy { from: 0, len: 1 }), "does not continue");
        assert!(copies.put(&mut block, 9, Run::Literal(b"x")));
        assert!(!copies.put(&mut block, 10, Run::Change { from: 1, by: &[1] }), "continues after a gap");
    }

    #[test]
    fn a_copy_ends_where_numbers_end() {
        let block = performed(&[Run::Copy { from: u32::MAX - 8, len: 9 }]);
        assert_eq!(block[..9], [0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff]);
    }

    #[test]
    fn a_source_that_cannot_be_read_is_reported() {
        let (mut block, mut copies) = ([0; BLOCK], Copies::NONE);
        assert!(copies.put(&mut block, 0, Run::Copy { from: 0, len: 8 }));
        assert_eq!(copies.perform(&mut block, |_, _| Err("gone")), Err("gone"));
    }
}
