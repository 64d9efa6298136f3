//! The files of programs. The directory of an app is open from the start, as `/`.

use wamr_device::AppData;

use super::errno::{self, BADF, EXIST, Errno, INVAL, NOENT, NOSPC, SPIPE, SUCCESS, done};
use super::{STDERR, System, Transferred, Wasi, put};
use crate::abi::{self, App, store};
use crate::file::{Mode, Store};

/// The descriptor of the directory.
pub(super) const DIRECTORY: u32 = 3;
const FIRST: u32 = DIRECTORY + 1;

/// The most files that a program has open.
const OPEN_MAX: usize = 4;

// `filetype`.
const IS_CHARACTER_DEVICE: u8 = 2;
const IS_DIRECTORY: u8 = 3;
const IS_REGULAR_FILE: u8 = 4;

// `oflags`.
const CREAT: u32 = 1;
const EXCL: u32 = 4;
const TRUNC: u32 = 8;

/// `fdflags`: writes go to the end.
const APPEND: u32 = 1;

/// `rights`.
const FD_READ: u64 = 1 << 1;
const FD_WRITE: u64 = 1 << 6;

/// An open file of a program.
#[derive(Clone, Copy)]
struct OpenFile {
    handle: u32,
    position: u32,
    appends: bool,
}

/// The open files of a program, from descriptor [`FIRST`] on.
#[derive(Default)]
pub(super) struct Descriptors([Option<OpenFile>; OPEN_MAX]);

impl Descriptors {
    fn place(&mut self, descriptor: u32) -> Option<&mut Option<OpenFile>> {
        self.0.get_mut(descriptor.checked_sub(FIRST)? as usize)
    }
}

impl<S: System> Wasi<S> {
    /// The files of an app, if there are any and its manifest grants them.
    fn store(&self, app: &AppData) -> Option<&'static dyn Store> {
        self.files.filter(|files| files.is_granted(app))
    }

    /// The files, if a descriptor is that of the directory.
    fn directory(&self, app: &App<'_>, descriptor: u32) -> Option<&'static dyn Store> {
        self.store(app.data()).filter(|_| descriptor == DIRECTORY)
    }

    fn open_file(&self, app: &App<'_>, descriptor: u32) -> Option<(&'static dyn Store, OpenFile)> {
        let file = self.descriptors.with(app.data().number(), |files| *files.place(descriptor)?)?;
        Some((self.files?, file))
    }

    fn set_file(&self, app: &App<'_>, descriptor: u32, file: Option<OpenFile>) {
        self.descriptors.with(app.data().number(), |files| {
            if let Some(place) = files.place(descriptor) {
                *place = file;
            }
        });
    }

    pub(super) fn fd_prestat_get(&self, mut app: App<'_>, descriptor: u32, ret: u32) -> Errno {
        if self.directory(&app, descriptor).is_none() {
            return Ok(BADF);
        }
        // A directory, whose name has one byte.
        store(&mut app, ret, &[0, 0, 0, 0, 1, 0, 0, 0])?;
        Ok(SUCCESS)
    }

    pub(super) fn fd_prestat_dir_name(&self, mut app: App<'_>, descriptor: u32, text: u32, length: u32) -> Errno {
        if self.directory(&app, descriptor).is_none() {
            return Ok(BADF);
        }
        if length == 0 {
            return Ok(INVAL);
        }
        store(&mut app, text, b"/")?;
        Ok(SUCCESS)
    }

    #[expect(clippy::too_many_arguments, reason = "the interface of WASI")]
    pub(super) fn path_open(
        &self,
        mut app: App<'_>,
        directory: u32,
        _lookup: u32,
        path: u32,
        length: u32,
        how: u32,
        rights: u64,
        _inheriting: u64,
        flags: u32,
        ret: u32,
    ) -> Errno {
        let Some(files) = self.directory(&app, directory) else { return Ok(BADF) };
        let name = abi::string(&app, path, length)?;
        let exists = match files.find(app.data(), name) {
            Ok(size) => size.is_some(),
            Err(error) => return Ok(errno::of(error)),
        };
        if exists && how & EXCL != 0 {
            return Ok(EXIST);
        }
        if !exists && how & CREAT == 0 {
            return Ok(NOENT);
        }
        let mode = match rights & FD_WRITE != 0 {
            true if how & TRUNC != 0 => Mode::Replace,
            false if exists => Mode::Read,
            _ => Mode::Update,
        };
        let is_free = |file: &Option<OpenFile>| file.is_none();
        let free = self.descriptors.with(app.data().number(), |files| files.0.iter().position(is_free));
        let Some(free) = free else { return Ok(NOSPC) };
        let handle = match files.open(app.data(), name, mode)? {
            Ok(handle) => handle,
            Err(error) => return Ok(errno::of(error)),
        };
        let descriptor = FIRST + free as u32;
        self.set_file(&app, descriptor, Some(OpenFile { handle, position: 0, appends: flags & APPEND != 0 }));
        put(&mut app, ret, descriptor)
    }

    pub(super) fn read_file(&self, app: &mut App<'_>, descriptor: u32, address: u32, length: u32) -> Transferred {
        let Some((files, mut file)) = self.open_file(app, descriptor) else { return Ok(Err(BADF)) };
        let number = files.number(app.data(), file.handle)?;
        let read = files.read(number, file.position, app.bytes_mut(address, length)?);
        file.position += read.unwrap_or(0);
        self.set_file(app, descriptor, Some(file));
        Ok(read.map_err(errno::of))
    }

    pub(super) fn write_file(&self, app: &mut App<'_>, descriptor: u32, address: u32, length: u32) -> Transferred {
        let Some((files, mut file)) = self.open_file(app, descriptor) else { return Ok(Err(BADF)) };
        let number = files.number(app.data(), file.handle)?;
        if file.appends {
            file.position = files.size(number);
        }
        let written = files.write(app.data(), number, file.position, app.bytes(address, length)?);
        if written.is_ok() {
            file.position += length;
            self.set_file(app, descriptor, Some(file));
        }
        Ok(written.map(|()| length).map_err(errno::of))
    }

    /// Syncs the file first, so that the program learns of an error.
    pub(super) fn fd_close(&self, app: App<'_>, descriptor: u32) -> Errno {
        if descriptor <= STDERR || self.directory(&app, descriptor).is_some() {
            return Ok(SUCCESS);
        }
        let Some((files, file)) = self.open_file(&app, descriptor) else { return Ok(BADF) };
        let synced = files.sync(files.number(app.data(), file.handle)?);
        self.set_file(&app, descriptor, None);
        files.close(app.data(), file.handle)?;
        done(synced)
    }

    pub(super) fn fd_sync(&self, app: App<'_>, descriptor: u32) -> Errno {
        let Some((files, file)) = self.open_file(&app, descriptor) else { return Ok(BADF) };
        done(files.sync(files.number(app.data(), file.handle)?))
    }

    pub(super) fn fd_seek(&self, mut app: App<'_>, descriptor: u32, offset: u64, whence: u32, ret: u32) -> Errno {
        if descriptor <= STDERR {
            return Ok(SPIPE);
        }
        let Some((files, mut file)) = self.open_file(&app, descriptor) else { return Ok(BADF) };
        let from = match whence {
            0 => 0,
            1 => file.position,
            2 => files.size(files.number(app.data(), file.handle)?),
            _ => return Ok(INVAL),
        };
        let position = i64::from(from).checked_add(offset.cast_signed()).and_then(|at| u32::try_from(at).ok());
        let Some(position) = position else { return Ok(INVAL) };
        file.position = position;
        self.set_file(&app, descriptor, Some(file));
        put(&mut app, ret, u64::from(position))
    }

    pub(super) fn fd_tell(&self, app: App<'_>, descriptor: u32, ret: u32) -> Errno {
        self.fd_seek(app, descriptor, 0, 1, ret)
    }

    /// Terminals that can be read, or written, the directory, and files.
    pub(super) fn fd_fdstat_get(&self, mut app: App<'_>, descriptor: u32, ret: u32) -> Errno {
        let (kind, flags, rights) = match descriptor {
            0 => (IS_CHARACTER_DEVICE, 0, FD_READ),
            1..=STDERR => (IS_CHARACTER_DEVICE, 0, FD_WRITE),
            _ if self.directory(&app, descriptor).is_some() => (IS_DIRECTORY, 0, u64::MAX),
            _ => match self.open_file(&app, descriptor) {
                Some((_, file)) => (IS_REGULAR_FILE, u8::from(file.appends), u64::MAX),
                None => return Ok(BADF),
            },
        };
        let mut stat = [0; 24];
        (stat[0], stat[2]) = (kind, flags);
        stat[8..16].copy_from_slice(&rights.to_le_bytes());
        // Those of the files in a directory.
        stat[16..].copy_from_slice(&if kind == IS_DIRECTORY { rights } else { 0 }.to_le_bytes());
        store(&mut app, ret, &stat)?;
        Ok(SUCCESS)
    }

    pub(super) fn fd_fdstat_set_flags(&self, app: App<'_>, descriptor: u32, flags: u32) -> Errno {
        let Some((_, mut file)) = self.open_file(&app, descriptor) else { return Ok(BADF) };
        file.appends = flags & APPEND != 0;
        self.set_file(&app, descriptor, Some(file));
        Ok(SUCCESS)
    }

    pub(super) fn fd_filestat_get(&self, mut app: App<'_>, descriptor: u32, ret: u32) -> Errno {
        match self.open_file(&app, descriptor) {
            Some((files, file)) => {
                let size = files.size(files.number(app.data(), file.handle)?);
                put_stat(&mut app, ret, IS_REGULAR_FILE, size)
            }
            None if descriptor <= STDERR => put_stat(&mut app, ret, IS_CHARACTER_DEVICE, 0),
            None if self.directory(&app, descriptor).is_some() => put_stat(&mut app, ret, IS_DIRECTORY, 0),
            None => Ok(BADF),
        }
    }

    pub(super) fn path_filestat_get(
        &self,
        mut app: App<'_>,
        directory: u32,
        _lookup: u32,
        path: u32,
        length: u32,
        ret: u32,
    ) -> Errno {
        let Some(files) = self.directory(&app, directory) else { return Ok(BADF) };
        let name = abi::string(&app, path, length)?;
        if name == "." {
            return put_stat(&mut app, ret, IS_DIRECTORY, 0);
        }
        match files.find(app.data(), name) {
            Ok(Some(size)) => put_stat(&mut app, ret, IS_REGULAR_FILE, size),
            Ok(None) => Ok(NOENT),
            Err(error) => Ok(errno::of(error)),
        }
    }

    pub(super) fn path_unlink_file(&self, app: App<'_>, directory: u32, path: u32, length: u32) -> Errno {
        let Some(files) = self.directory(&app, directory) else { return Ok(BADF) };
        done(files.remove(app.data(), abi::string(&app, path, length)?))
    }

    #[expect(clippy::too_many_arguments, reason = "the interface of WASI")]
    pub(super) fn path_rename(
        &self,
        app: App<'_>,
        directory: u32,
        path: u32,
        length: u32,
        new_directory: u32,
        new: u32,
        new_length: u32,
    ) -> Errno {
        let Some(files) = self.directory(&app, directory).filter(|_| new_directory == DIRECTORY) else {
            return Ok(BADF);
        };
        let (from, to) = (abi::string(&app, path, length)?, abi::string(&app, new, new_length)?);
        done(files.rename(app.data(), from, to))
    }
}

/// Writes a `filestat`: the type and the size of a file, without a time.
fn put_stat(app: &mut App<'_>, ret: u32, kind: u8, size: u32) -> Errno {
    let mut stat = [0; 64];
    stat[16] = kind;
    // The number of links.
    stat[24] = 1;
    stat[32..36].copy_from_slice(&size.to_le_bytes());
    store(app, ret, &stat)?;
    Ok(SUCCESS)
}
