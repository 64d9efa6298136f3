//! A file or memory as flash, with the rules of NOR flash.

use crate::Error;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wamr_device::Image;
use wamr_device::sim::SimFlash;

/// NOR flash in memory, which a file may mirror. The file is at any time what flash would be after a loss of power.
pub struct Flash {
    image: SimFlash,
    file: Option<File>,
}

impl Flash {
    /// Erased flash of `size` bytes, rounded up to whole pages of 4096 bytes. It is gone with the twin.
    pub fn memory(size: usize) -> Self {
        Self { image: SimFlash::new(size), file: None }
    }

    /// Flash of `size` bytes in a file, which is made if there is none.
    ///
    /// # Errors
    /// [`Error::FlashFile`] when the file cannot be used, or has another size.
    pub fn file(path: &Path, size: usize) -> Result<Self, Error> {
        let open = || {
            let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                bytes = vec![0xff; size];
                file.write_all(&bytes)?;
            } else if bytes.len() != size {
                let why = format!("it has {} bytes instead of {size}", bytes.len());
                return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
            }
            Ok(Self { image: SimFlash::from_bytes(bytes), file: Some(file) })
        };
        open().map_err(|why| Error::FlashFile { path: path.to_owned(), why })
    }

    /// Brings a changed part of the image to the file.
    fn save(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let bytes = &self.image.bytes()[from as usize..to as usize];
        file.seek(SeekFrom::Start(from.into())).and_then(|_| file.write_all(bytes)).map_err(|error| {
            log::error!("cannot write to the flash file: {error}");
            NorFlashErrorKind::Other
        })
    }
}

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = SimFlash::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.image.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.image.capacity()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = SimFlash::WRITE_SIZE;
    const ERASE_SIZE: usize = SimFlash::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.image.erase(from, to)?;
        self.save(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.image.write(offset, bytes)?;
        self.save(offset, offset + bytes.len() as u32)
    }
}

/// The flash, for the device's logic and the executor at once.
#[derive(Clone)]
pub(crate) struct SharedFlash(Arc<Mutex<Flash>>);

impl SharedFlash {
    /// Shares the flash.
    pub fn new(flash: Flash) -> Self {
        Self(Arc::new(Mutex::new(flash)))
    }

    /// The flash, for one operation.
    pub fn lock(&self) -> MutexGuard<'_, Flash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // its content is whole between any two writes
    }
}

impl Image for SharedFlash {
    /// Reads from a copy: an app may take long to load, and the radio must not wait for it.
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        let bytes = self.lock().image.bytes()[range.start as usize..range.end as usize].to_vec();
        read(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_survives() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("flash.bin");
        let mut flash = Flash::file(&path, 8192).unwrap();
        flash.write(4096, b"wasm").unwrap();
        flash.write(0, b"gone").unwrap();
        flash.erase(0, 4096).unwrap();
        drop(flash);

        let mut flash = Flash::file(&path, 8192).unwrap();
        let mut bytes = [0; 8];
        flash.read(4096, &mut bytes).unwrap();
        assert_eq!(bytes, *b"wasm\xff\xff\xff\xff");
        flash.read(0, &mut bytes).unwrap();
        assert_eq!(bytes, [0xff; 8]);

        let refused = Flash::file(&path, 4096).err().unwrap();
        assert!(refused.to_string().ends_with("it has 8192 bytes instead of 4096"), "{refused}");
    }
}
