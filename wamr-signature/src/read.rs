//! Reads numbers and lengths from bytes and tracks their offset in the module.

use crate::{Error, Fault};

/// The remaining bytes, and the offset of the first one.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub bytes: &'a [u8],
    pub offset: usize,
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    pub const fn fault(&self, fault: Fault) -> Error {
        Error::Malformed { offset: self.offset, fault }
    }

    /// Takes the next `size` bytes.
    pub fn take(&mut self, size: usize) -> Result<Self, Error> {
        let (taken, rest) = self.bytes.split_at_checked(size).ok_or(self.fault(Fault::Overrun))?;
        let taken = Self::new(taken, self.offset);
        *self = Self::new(rest, self.offset + size);
        Ok(taken)
    }

    pub fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?.bytes[0])
    }

    /// Reads an unsigned LEB128 number of up to 32 bits, which may be longer than necessary.
    pub fn number(&mut self) -> Result<u32, Error> {
        let start = *self;
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(number).map_err(|_| start.fault(Fault::Number));
            }
        }
        Err(start.fault(Fault::Number))
    }

    /// Takes as many bytes as the number before them says.
    pub fn sized(&mut self) -> Result<Self, Error> {
        let start = *self;
        let size = self.number()? as usize;
        self.take(size).map_err(|_| start.fault(Fault::Overrun))
    }

    /// Checks that nothing is left.
    pub fn end(&self) -> Result<(), Error> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.fault(Fault::Trailing)) }
    }
}
