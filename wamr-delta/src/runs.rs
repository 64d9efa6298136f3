//! The decoder: a frame as a sequence of runs.

/// Consecutive bytes of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run<'a> {
    /// These bytes.
    Literal(&'a [u8]),
    /// Bytes of the source.
    Copy {
        /// The offset of the first one in the source.
        from: u32,
        /// Their number, not 0.
        len: u32,
    },
    /// Bytes of the source that are changed.
    Change {
        /// The offset of the first one in the source.
        from: u32,
        /// The differences to the bytes of the source, modulo 256.
        by: &'a [u8],
    },
}

impl Run<'_> {
    /// Returns the number of bytes.
    pub fn len(&self) -> u32 {
        match self {
            Self::Literal(bytes) | Self::Change { by: bytes, .. } => bytes.len() as u32,
            Self::Copy { len, .. } => *len,
        }
    }

    /// Whether it has no bytes. Decoded runs always have some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes from another offset in the source on. A literal stays the same.
    pub fn at(self, from: u32) -> Self {
        match self {
            Self::Literal(_) => self,
            Self::Copy { len, .. } => Self::Copy { from, len },
            Self::Change { by, .. } => Self::Change { from, by },
        }
    }

    /// Returns the offset of the first byte in the source. `None` for a literal.
    pub fn from(&self) -> Option<u32> {
        match self {
            Self::Literal(_) => None,
            Self::Copy { from, .. } | Self::Change { from, .. } => Some(*from),
        }
    }

    /// Splits it after `at` bytes, or after its end if it has fewer.
    pub fn split(self, at: u32) -> (Self, Self) {
        let at = at.min(self.len());
        match self {
            Self::Literal(bytes) => {
                let (first, rest) = bytes.split_at(at as usize);
                (Self::Literal(first), Self::Literal(rest))
            }
            Self::Copy { from, len } => {
                (Self::Copy { from, len: at }, Self::Copy { from: from.wrapping_add(at), len: len - at })
            }
            Self::Change { from, by } => {
                let (first, rest) = by.split_at(at as usize);
                (Self::Change { from, by: first }, Self::Change { from: from.wrapping_add(at), by: rest })
            }
        }
    }
}

/// The frame is not in the format that this crate decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Decodes a frame.
#[derive(Clone, Debug)]
pub struct Runs<'a> {
    rest: &'a [u8],
    cursor: u32,
    /// The previous change. Empty before the first one.
    by: &'a [u8],
    /// Its copy has been returned, the change itself has not.
    is_due: bool,
}

impl<'a> Runs<'a> {
    /// Starts to decode the frame that produces bytes from this offset of the module on.
    pub fn new(offset: u32, frame: &'a [u8]) -> Self {
        Self { rest: frame, cursor: offset, by: &[], is_due: false }
    }

    /// Returns the next run, or `None` after the last one.
    ///
    /// # Errors
    /// [`Malformed`]. The runs before it are valid.
    // Not an `Iterator`, which could not end with an error.
    #[expect(clippy::should_implement_trait, reason = "an iterator returns no errors")]
    pub fn next(&mut self) -> Result<Option<Run<'a>>, Malformed> {
        loop {
            if core::mem::take(&mut self.is_due) {
                return self.source(self.by.len() as u32).map(|from| Some(Run::Change { from, by: self.by }));
            }
            let Some((&first, rest)) = self.rest.split_first() else { return Ok(None) };
            self.rest = rest;
            let copied = match first {
                0..0x40 => {
                    let len = self.length(first, 0x3f)?;
                    let bytes = self.bytes(len as usize)?;
                    // Past the end of the source there is nothing to copy, but the cursor may come back.
                    self.cursor = self.cursor.wrapping_add(len);
                    return Ok(Some(Run::Literal(bytes)));
                }
                0x40..0x60 => self.length(first, 0x1f)?,
                0x60 => {
                    let number = self.number()?;
                    let distance = (number >> 1) ^ 0u32.wrapping_sub(number & 1);
                    self.cursor = self.cursor.wrapping_add(distance);
                    continue;
                }
                0x61..0x80 => return Err(Malformed),
                0x80.. => {
                    let copied = self.count(first >> 2 & 0x1f, 0x1f)?;
                    let changed = usize::from(first & 3);
                    if changed != 0 {
                        self.by = self.bytes(changed)?;
                    }
                    if self.by.is_empty() {
                        return Err(Malformed);
                    }
                    self.is_due = true;
                    copied
                }
            };
            if copied != 0 {
                return self.source(copied).map(|from| Some(Run::Copy { from, len: copied }));
            }
        }
    }

    /// Takes the next bytes of the source, and returns their offset.
    fn source(&mut self, len: u32) -> Result<u32, Malformed> {
        let from = self.cursor;
        self.cursor = from.checked_add(len).ok_or(Malformed)?;
        Ok(from)
    }

    /// Returns the length in a first byte.
    fn length(&mut self, first: u8, largest: u8) -> Result<u32, Malformed> {
        self.count(first & largest, largest)?.checked_add(1).ok_or(Malformed)
    }

    /// Returns a number in a first byte. After the largest one, an integer follows, and is added.
    fn count(&mut self, number: u8, largest: u8) -> Result<u32, Malformed> {
        let more = if number == largest { self.number()? } else { 0 };
        u32::from(number).checked_add(more).ok_or(Malformed)
    }

    fn bytes(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32, Malformed> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.bytes(1)?[0];
            let bits = u32::from(byte & 0x7f);
            if shift > 28 || bits << shift >> shift != bits {
                return Err(Malformed);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;
    use std::vec::Vec;

    fn runs(offset: u32, frame: &[u8]) -> Result<Vec<Run<'_>>, Malformed> {
        let mut decoder = Runs::new(offset, frame);
        let mut all = Vec::new();
        while let Some(run) = decoder.next()? {
            all.push(run);
        }
        Ok(all)
    }

    /// The frame in `docs/protocol.md`.
    #[test]
    fn the_documented_frame_is_decoded() {
        let frame = [0x5f, 0x40, 0x01, b'h', b'i', 0x60, 0x05, 0x92, 0xff, 0x01, 0x84];
        assert_eq!(
            runs(512, &frame).unwrap(),
            [
                Run::Copy { from: 512, len: 96 },
                Run::Literal(b"hi"),
                Run::Copy { from: 607, len: 4 },
                Run::Change { from: 611, by: &[0xff, 0x01] },
                Run::Copy { from: 613, len: 1 },
                Run::Change { from: 614, by: &[0xff, 0x01] },
            ]
        );
    }

    #[test]
    fn lengths_have_no_gaps() {
        for len in [1, 31, 32, 33, 159, 160, 5000] {
            let frame = if len < 32 {
                std::vec![0x3f + len as u8]
            } else {
                let more = len - 32;
                let low =
                    if more < 128 { std::vec![more as u8] } else { std::vec![more as u8 | 0x80, (more >> 7) as u8] };
                [&[0x5f], &low[..]].concat()
            };
            assert_eq!(runs(0, &frame).unwrap(), [Run::Copy { from: 0, len }]);
        }
        let long = [&[0x3f, 1][..], &[7; 65]].concat();
        assert_eq!(runs(0, &long).unwrap(), [Run::Literal(&[7; 65])]);
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let cases: [(&[u8], &str); 10] = [
            (&[0x01, b'h'], "a literal that ends early"),
            (&[0x5f], "a number that is missing"),
            (&[0x5f, 0x80], "a number that does not end"),
            (&[0x5f, 0xff, 0xff, 0xff, 0xff, 0x1f], "a number with more than 32 bits"),
            (&[0x5f, 0xff, 0xff, 0xff, 0xff, 0x8f, 0], "a number with more than five bytes"),
            (&[0x5f, 0xff, 0xff, 0xff, 0xff, 0x0f], "a length with more than 32 bits"),
            (&[0x60, 0x01, 0x41], "a copy across the end of the numbers"),
            (&[0x61], "an unknown operation"),
            (&[0x80], "a change like none before"),
            (&[0x82, 1], "a change that ends early"),
        ];
        for (frame, why) in cases {
            assert_eq!(runs(0, frame), Err(Malformed), "{why}");
        }
    }

    #[test]
    fn runs_are_split() {
        for run in [Run::Literal(b"abc"), Run::Copy { from: 7, len: 3 }, Run::Change { from: 7, by: b"abc" }] {
            let (first, rest) = run.split(1);
            assert_eq!((first.len(), rest.len()), (1, 2));
            assert!(rest.split(9).1.is_empty());
        }
        assert_eq!(Run::Copy { from: 7, len: 3 }.split(1).1, Run::Copy { from: 8, len: 2 });
        assert_eq!(Run::Change { from: 7, by: b"abc" }.split(1).1, Run::Change { from: 8, by: b"bc" });
    }
}
