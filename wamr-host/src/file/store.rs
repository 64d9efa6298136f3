//! The files of apps, for groups that offer them by another interface.

use wamr::Trap;
use wamr_device::AppData;

use super::{File, Files, Mode, Path};
use crate::Error;

/// The files of apps, with the rules, quotas and handles of the group `file`.
pub trait Store: Sync {
    /// Whether the manifest of an app grants it files.
    fn is_granted(&self, app: &AppData) -> bool;

    /// Returns the size of a file at the last sync, or `None` if there is none.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if no file can have this name, [`Error::NotSupported`] if the app has no name, [`Error::Io`].
    fn find(&self, app: &AppData, name: &str) -> Result<Option<u32>, Error>;

    /// Opens a file, and returns its handle, as `open` in `wit/file.wit` does.
    ///
    /// # Errors
    /// The inner error is for the app, the outer one a trap.
    fn open(&self, app: &AppData, name: &str, mode: Mode) -> Result<Result<u32, Error>, Trap>;

    /// Returns the number of the file of a handle.
    ///
    /// # Errors
    /// A trap if the app has no such handle.
    fn number(&self, app: &AppData, handle: u32) -> Result<u32, Trap>;

    /// Returns the size of an open file.
    fn size(&self, number: u32) -> u32;

    /// Reads as much as there is for the buffer, and returns how much that was.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn read(&self, number: u32, offset: u32, buffer: &mut [u8]) -> Result<u32, Error>;

    /// Writes at an offset.
    ///
    /// # Errors
    /// Those of `file.write` in `wit/file.wit`.
    fn write(&self, app: &AppData, number: u32, offset: u32, data: &[u8]) -> Result<(), Error>;

    /// Makes what was written permanent.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Io`].
    fn sync(&self, number: u32) -> Result<(), Error>;

    /// Closes a handle.
    ///
    /// # Errors
    /// A trap if the app has no such handle.
    fn close(&self, app: &AppData, handle: u32) -> Result<(), Trap>;

    /// Removes a file.
    ///
    /// # Errors
    /// Those of `remove` in `wit/file.wit`.
    fn remove(&self, app: &AppData, name: &str) -> Result<(), Error>;

    /// Renames a file.
    ///
    /// # Errors
    /// Those of `rename` in `wit/file.wit`.
    fn rename(&self, app: &AppData, from: &str, to: &str) -> Result<(), Error>;
}

impl<F: Files, const N: usize> Store for File<F, N> {
    fn is_granted(&self, app: &AppData) -> bool {
        self.opened.granted(app) != 0
    }

    fn find(&self, app: &AppData, name: &str) -> Result<Option<u32>, Error> {
        let path = Path::new(app, name)?;
        let synced = self.find(&path)?;
        Ok(self.with(|state| state.file(&path).map(|file| file.size)).or(synced))
    }

    fn open(&self, app: &AppData, name: &str, mode: Mode) -> Result<Result<u32, Error>, Trap> {
        match Path::new(app, name) {
            Ok(path) => self.open_path(app, path, mode),
            Err(error) => Ok(Err(error)),
        }
    }

    fn number(&self, app: &AppData, handle: u32) -> Result<u32, Trap> {
        self.opened.resource(app, handle)
    }

    fn size(&self, number: u32) -> u32 {
        self.of(number, |file| file.size)
    }

    fn read(&self, number: u32, offset: u32, buffer: &mut [u8]) -> Result<u32, Error> {
        let length = self.readable(number, offset, buffer.len() as u32)?;
        let buffer = buffer.get_mut(..length as usize).unwrap_or_default();
        self.read_data(number, offset, buffer).map(|()| length)
    }

    fn write(&self, app: &AppData, number: u32, offset: u32, data: &[u8]) -> Result<(), Error> {
        self.write_data(app, number, Some(offset), data)
    }

    fn sync(&self, number: u32) -> Result<(), Error> {
        self.sync_file(number)
    }

    fn close(&self, app: &AppData, handle: u32) -> Result<(), Trap> {
        self.close_file(app, handle)
    }

    fn remove(&self, app: &AppData, name: &str) -> Result<(), Error> {
        self.remove_path(&Path::new(app, name)?)
    }

    fn rename(&self, app: &AppData, from: &str, to: &str) -> Result<(), Error> {
        self.rename_path(&Path::new(app, from)?, &Path::new(app, to)?)
    }
}
