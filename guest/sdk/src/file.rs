//! Files that survive restarts and new versions of the app. They end when the app is removed.
//!
//! Each app has a directory without subdirectories. The manifest requests the quota: `file:65536` is 65536 bytes, of which each file takes
//! its size and 128 bytes. A name has 1 to 32 letters, digits and characters of `-_.`, and does not start with a point.
//!
//! Changes of a file are permanent when it is synced or dropped, all at once.

use crate::abi::{self, Buffer, List, resource};
use crate::{Error, Result};
use core::mem::MaybeUninit;

/// The most bytes of a file's name.
pub const NAME_MAX: usize = 32;

mod imports {
    use super::Found;
    use crate::abi::{Area, List};

    #[link(wasm_import_module = "wamr:device/file@0.1.0")]
    unsafe extern "C" {
        #[link_name = "open"]
        pub fn open(name: *const u8, length: usize, mode: u32, result: *mut Area<u32>);
        #[link_name = "entry-at"]
        pub fn entry(number: u32, result: *mut Area<Found>);
        #[link_name = "remove"]
        pub fn remove(name: *const u8, length: usize, result: *mut Area<u8>);
        #[link_name = "rename"]
        pub fn rename(name: *const u8, length: usize, new: *const u8, new_length: usize, result: *mut Area<u8>);
        #[link_name = "[method]file.read"]
        pub fn read(handle: u32, offset: u32, max_length: u32, result: *mut Area<List>);
        #[link_name = "[method]file.write"]
        pub fn write(handle: u32, offset: u32, data: *const u8, length: usize, result: *mut Area<u8>);
        #[link_name = "[method]file.append"]
        pub fn append(handle: u32, data: *const u8, length: usize, result: *mut Area<u8>);
        #[link_name = "[method]file.size"]
        pub safe fn size(handle: u32) -> u32;
        #[link_name = "[method]file.sync"]
        pub fn sync(handle: u32, result: *mut Area<u8>);
    }
}

/// An `option<wamr:device/file.entry>` in memory.
#[repr(C)]
struct Found {
    is_some: u8,
    name: MaybeUninit<List>,
    size: MaybeUninit<u32>,
}

/// What to open a file for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To read what exists.
    Read,
    /// To read and change what exists, or an empty file if there is none.
    Update,
    /// To write new content: the file is empty. If the power fails, the old content exists until the new is synced.
    Replace,
}

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'n> {
    /// Its name.
    pub name: &'n str,
    /// Its size in bytes.
    pub size: u32,
}

resource! {
    /// An open file. A drop syncs it, without a report if that fails.
    File, "wamr:device/file@0.1.0", "[resource-drop]file"
}

impl File {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no file to read, [`Error::Busy`] if it is open already, [`Error::NoSpace`] beyond the quota or if too
    /// many files are open, and [`Error::InvalidArgument`] if no file can have this name.
    pub fn open(name: &str, mode: Mode) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open(name.as_ptr(), name.len(), mode as u32, result)) }
            .map(|handle| Self { handle })
    }

    /// Returns the bytes from an offset on, as many as the buffer holds. There are fewer at the end of the file.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn read<'b>(&self, offset: u32, buffer: &'b mut [u8]) -> Result<&'b mut [u8]> {
        let length = abi::length(buffer);
        // SAFETY: the device writes the result to the area.
        unsafe { abi::bytes(buffer, |result| imports::read(self.handle, offset, length, result)) }
    }

    /// Writes bytes at an offset. Bytes between the end of the file and the offset become 0.
    ///
    /// # Errors
    /// [`Error::NoSpace`] beyond the quota or if the flash is full, [`Error::NotSupported`] if the file was opened to read, and
    /// [`Error::Busy`] if apps have written so much lately that the flash would wear out. If the flash is full or fails, what was not synced
    /// is lost, and all functions of the file fail with [`Error::Io`] until it is opened again.
    pub fn write(&self, offset: u32, data: &[u8]) -> Result {
        // SAFETY: the device reads the data and writes the result to the area.
        unsafe { abi::done(|result| imports::write(self.handle, offset, data.as_ptr(), data.len(), result)) }
    }

    /// Writes bytes at the end of the file.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn append(&self, data: &[u8]) -> Result {
        // SAFETY: the device reads the data and writes the result to the area.
        unsafe { abi::done(|result| imports::append(self.handle, data.as_ptr(), data.len(), result)) }
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> u32 {
        imports::size(self.handle)
    }

    /// Makes the changes permanent.
    ///
    /// # Errors
    /// [`Error::NoSpace`] or [`Error::Io`], as [`write`](Self::write) if the flash is full or fails.
    pub fn sync(&self) -> Result {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::done(|result| imports::sync(self.handle, result)) }
    }
}

/// Returns the file with this number, counted from 0 in an order of the device's choice, or none after the last. Numbers change when files
/// are made, removed or renamed.
///
/// # Errors
/// [`Error::Io`].
pub fn entry(number: u32, name: &mut [u8; NAME_MAX]) -> Result<Option<Entry<'_>>> {
    let buffers = [Buffer::of(&mut name[..]), Buffer::END];
    // SAFETY: the device writes the result to the area.
    let found: Found = abi::into(&buffers, || unsafe { abi::result(|result| imports::entry(number, result)) })?;
    if found.is_some == 0 {
        return Ok(None);
    }
    // SAFETY: there is an entry.
    let ([_, length], size) = unsafe { (found.name.assume_init(), found.size.assume_init()) };
    // The device cannot have written anything else.
    let name = name.get(..length).and_then(|name| core::str::from_utf8(name).ok()).ok_or(Error::Io)?;
    Ok(Some(Entry { name, size }))
}

/// Removes a file.
///
/// # Errors
/// [`Error::NotFound`] if there is none, and [`Error::Busy`] if it is open or as [`File::write`].
pub fn remove(name: &str) -> Result {
    // SAFETY: the device reads the name and writes the result to the area.
    unsafe { abi::done(|result| imports::remove(name.as_ptr(), name.len(), result)) }
}

/// Renames a file, which takes the place of one with the new name. If the power fails meanwhile, both are as before or as after.
///
/// # Errors
/// As [`remove`], and [`Error::Busy`] if a file of the new name is open.
pub fn rename(name: &str, new_name: &str) -> Result {
    let (new, new_length) = (new_name.as_ptr(), new_name.len());
    // SAFETY: the device reads both names and writes the result to the area.
    unsafe { abi::done(|result| imports::rename(name.as_ptr(), name.len(), new, new_length, result)) }
}
