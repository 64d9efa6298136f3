//! Writes to flash in the pieces that its driver requires.

use embedded_storage::nor_flash::NorFlash;

use crate::Error;

/// Bytes that are read or written at once.
pub(super) const CHUNK: usize = 64;

/// Values of flash that is erased.
pub(super) const ERASED: u8 = 0xff;

/// Bytes, aligned for drivers that copy words.
#[repr(C, align(8))]
pub(super) struct Chunk(pub(super) [u8; CHUNK]);

impl Chunk {
    /// The first bytes, if there are so many, or all.
    pub(super) fn front(&mut self, len: u32) -> &mut [u8] {
        self.0.get_mut(..CHUNK.min(len as usize)).unwrap_or_default()
    }
}

/// Writes bytes to erased flash in aligned pieces.
pub(super) struct Writer {
    at: u32,
    chunk: Chunk,
    filled: usize,
}

impl Writer {
    pub(super) fn new(at: u32) -> Self {
        Self { at, chunk: Chunk([ERASED; CHUNK]), filled: 0 }
    }

    #[inline(never)]
    pub(super) fn add<F: NorFlash>(&mut self, flash: &mut F, bytes: &[u8]) -> Result<(), Error> {
        for byte in bytes {
            if let Some(place) = self.chunk.0.get_mut(self.filled) {
                *place = *byte;
            }
            self.filled += 1;
            if self.filled == CHUNK {
                self.flush(flash)?;
            }
        }
        Ok(())
    }

    pub(super) fn flush<F: NorFlash>(&mut self, flash: &mut F) -> Result<(), Error> {
        let len = padded::<F>(self.filled as u32);
        flash.write(self.at, self.chunk.0.get(..len as usize).unwrap_or_default()).map_err(|_| Error::Io)?;
        *self = Self::new(self.at + len);
        Ok(())
    }

    /// Writes what is left, and returns the offset behind it.
    pub(super) fn finish<F: NorFlash>(mut self, flash: &mut F) -> Result<u32, Error> {
        if self.filled > 0 {
            self.flush(flash)?;
        }
        Ok(self.at)
    }
}

/// A length with the padding that the flash requires.
pub(super) fn padded<F: NorFlash>(len: u32) -> u32 {
    len.next_multiple_of(F::WRITE_SIZE as u32)
}
