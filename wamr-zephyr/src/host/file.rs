//! The group `file`, on a file system of Zephyr's.

use core::ffi::{c_char, c_int, c_void};

use wamr_host::Error;
use wamr_host::file::{Config, File, Files, Mode, NAME_MAX, PATH_MAX, Path};
use zephyr::kconfig;

use crate::clock;
use crate::host::errno::done;

const OPEN_MAX: usize = kconfig::CONFIG_WAMR_ZEPHYR_HOST_FILE_OPEN as usize;

const _: () = assert!(PATH_MAX == 98, "zephyr/host/file.c has this size");

pub static GROUP: File<FileSystem, OPEN_MAX> = File::new(
    FileSystem,
    Config {
        quota: kconfig::CONFIG_WAMR_ZEPHYR_HOST_FILE_QUOTA as u32,
        erases_per_hour: kconfig::CONFIG_WAMR_ZEPHYR_HOST_FILE_ERASES_PER_HOUR as u16,
        now: || clock::uptime_ms() as u32,
    },
);

/// The directory of the files of apps. Zephyr's file systems lock for themselves.
pub struct FileSystem;

type Visit = unsafe extern "C" fn(*mut c_void, *const c_char, usize, u32) -> bool;

// zephyr/host/file.c
unsafe extern "C" {
    fn wamr_file_open(number: u32, path: *const u8, directory: usize, length: usize, mode: u8) -> c_int;
    fn wamr_file_read(number: u32, offset: u32, bytes: *mut u8, length: usize) -> c_int;
    fn wamr_file_write(number: u32, offset: u32, bytes: *const u8, length: usize) -> c_int;
    fn wamr_file_sync(number: u32) -> c_int;
    fn wamr_file_close(number: u32) -> c_int;
    fn wamr_file_list(directory: *const u8, length: usize, visit: Visit, context: *mut c_void) -> c_int;
    fn wamr_file_remove(path: *const u8, length: usize) -> c_int;
    fn wamr_file_rename(from: *const u8, from_length: usize, to: *const u8, to_length: usize) -> c_int;
    fn wamr_file_clear(prefix: *const u8, length: usize) -> c_int;
}

/// Calls the closure that is the context.
unsafe extern "C" fn visit(context: *mut c_void, name: *const c_char, length: usize, size: u32) -> bool {
    // SAFETY: `list` passes this context, and the name has this length.
    let (visit, name) = unsafe {
        (&mut *context.cast::<&mut dyn FnMut(&str, u32)>(), core::slice::from_raw_parts(name.cast::<u8>(), length))
    };
    if let Some(name) = core::str::from_utf8(name).ok().filter(|name| name.len() <= NAME_MAX) {
        visit(name, size);
    }
    true
}

impl Files for FileSystem {
    fn open(&self, number: u32, path: &Path, mode: Mode) -> Result<(), Error> {
        let (text, directory) = (path.as_str(), path.directory().len());
        // SAFETY: the number is one of the group's, and the path has these lengths.
        done(unsafe { wamr_file_open(number, text.as_ptr(), directory, text.len(), mode as u8) }).map(drop)
    }

    fn read(&self, number: u32, offset: u32, buffer: &mut [u8]) -> Result<(), Error> {
        // SAFETY: the file is open, and the buffer has this length.
        done(unsafe { wamr_file_read(number, offset, buffer.as_mut_ptr(), buffer.len()) }).map(drop)
    }

    fn write(&self, number: u32, offset: u32, data: &[u8]) -> Result<(), Error> {
        // SAFETY: the file is open, and the data have this length.
        done(unsafe { wamr_file_write(number, offset, data.as_ptr(), data.len()) }).map(drop)
    }

    fn sync(&self, number: u32) -> Result<(), Error> {
        // SAFETY: the file is open.
        done(unsafe { wamr_file_sync(number) }).map(drop)
    }

    fn close(&self, number: u32) -> Result<(), Error> {
        // SAFETY: the file is open.
        done(unsafe { wamr_file_close(number) }).map(drop)
    }

    fn list(&self, directory: &str, mut each: &mut dyn FnMut(&str, u32)) -> Result<(), Error> {
        let context = (&raw mut each).cast();
        // SAFETY: the directory has this length, and the context is what `visit` expects.
        done(unsafe { wamr_file_list(directory.as_ptr(), directory.len(), visit, context) }).map(drop)
    }

    fn remove(&self, path: &Path) -> Result<(), Error> {
        let path = path.as_str();
        // SAFETY: the path has this length.
        done(unsafe { wamr_file_remove(path.as_ptr(), path.len()) }).map(drop)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        let (from, to) = (from.as_str(), to.as_str());
        // SAFETY: the paths have these lengths.
        done(unsafe { wamr_file_rename(from.as_ptr(), from.len(), to.as_ptr(), to.len()) }).map(drop)
    }

    fn clear(&self, prefix: &str) -> Result<(), Error> {
        // SAFETY: the prefix has this length.
        done(unsafe { wamr_file_clear(prefix.as_ptr(), prefix.len()) }).map(drop)
    }
}
