//! The file system of a platform.

use super::Path;
use crate::Error;

/// What a file is opened for: `mode` in `wit/file.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// To read what exists.
    Read,
    /// To read and write what exists, or an empty file.
    Update,
    /// To write and read an empty file, which takes the place of the old content when it is synced.
    Replace,
}

/// The file system of a platform. The files that are open have numbers of the group's choice, below the group's `N`.
///
/// What is written to a file becomes permanent when the file is synced or closed, all of it or nothing. [`open`](Self::open),
/// [`remove`](Self::remove) and [`rename`](Self::rename) do all or nothing, too. Only the thread that runs apps calls these functions.
pub trait Files: Sync + 'static {
    /// Opens a file, and makes it and its directory if the mode is not [`Mode::Read`].
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Io`].
    fn open(&self, number: u32, path: &Path, mode: Mode) -> Result<(), Error>;

    /// Reads bytes that exist.
    ///
    /// # Errors
    /// [`Error::Io`], also if the file ends before the buffer is full.
    fn read(&self, number: u32, offset: u32, buffer: &mut [u8]) -> Result<(), Error>;

    /// Writes bytes in the file or at its end. After an error, the file is only closed, and then has the content of the last sync.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Io`].
    fn write(&self, number: u32, offset: u32, data: &[u8]) -> Result<(), Error>;

    /// Makes what was written permanent. After an error, as [`write`](Self::write).
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Io`].
    fn sync(&self, number: u32) -> Result<(), Error>;

    /// Syncs and closes a file, also if it reports an error.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Io`].
    fn close(&self, number: u32) -> Result<(), Error>;

    /// Visits the files of a directory, which may not exist, with their names and sizes at the last sync. Names that no [`Path`] has are
    /// left out.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str, u32)) -> Result<(), Error>;

    /// Removes a file, which exists and is not open.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn remove(&self, path: &Path) -> Result<(), Error>;

    /// Renames a file, which exists and is not open, within its directory. It takes the place of one with the new name.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Io`].
    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error>;

    /// Removes all directories whose names begin with a prefix, and the files in them, none of which is open.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn clear(&self, prefix: &str) -> Result<(), Error>;
}
