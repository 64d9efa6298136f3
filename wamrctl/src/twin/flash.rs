//! A file as flash: what is written survives the twin, with the manners of NOR flash.

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wamr_device::Image;
use wamr_device::sim::SimFlash;

/// Flash whose content is that of a file. The file is at any time what flash would be after a loss of power.
pub struct FileFlash {
    image: SimFlash,
    file: File,
}

impl FileFlash {
    /// Opens the file, or makes one of erased flash of `size` bytes.
    ///
    /// # Errors
    /// What the operating system reports, and [`io::ErrorKind::InvalidInput`] for a file of another size.
    pub fn open(path: &Path, size: usize) -> io::Result<Self> {
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
        Ok(Self { image: SimFlash::from_bytes(bytes), file })
    }

    /// Brings a changed part of the image to the file.
    fn save(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        let bytes = &self.image.bytes()[from as usize..to as usize];
        self.file.seek(SeekFrom::Start(from.into())).and_then(|_| self.file.write_all(bytes)).map_err(|error| {
            log::error!("cannot write to the flash file: {error}");
            NorFlashErrorKind::Other
        })
    }
}

impl ErrorType for FileFlash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = SimFlash::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.image.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.image.capacity()
    }
}

impl NorFlash for FileFlash {
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
pub struct SharedFlash(Arc<Mutex<FileFlash>>);

impl SharedFlash {
    /// Shares the flash.
    pub fn new(flash: FileFlash) -> Self {
        Self(Arc::new(Mutex::new(flash)))
    }

    /// The flash, for one operation.
    pub fn lock(&self) -> MutexGuard<'_, FileFlash> {
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
        let directory = std::env::temp_dir().join(format!("wamrctl-flash-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("flash.bin");
        let mut flash = FileFlash::open(&path, 8192).unwrap();
        flash.write(4096, b"wasm").unwrap();
        flash.write(0, b"gone").unwrap();
        flash.erase(0, 4096).unwrap();
        drop(flash);

        let mut flash = FileFlash::open(&path, 8192).unwrap();
        let mut bytes = [0; 8];
        flash.read(4096, &mut bytes).unwrap();
        assert_eq!(bytes, *b"wasm\xff\xff\xff\xff");
        flash.read(0, &mut bytes).unwrap();
        assert_eq!(bytes, [0xff; 8]);

        let refused = FileFlash::open(&path, 4096).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
        std::fs::remove_dir_all(directory).unwrap();
    }
}
