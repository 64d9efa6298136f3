//! The interface `file`.

mod driver;
mod open;
mod path;
mod store;

use core::cell::RefCell;

use critical_section::Mutex;
use heapless::String;
use wamr::{Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup, WearMeter};

use crate::abi::{self, App, Lower};
use crate::{Error, Opened, Sharing};
pub use driver::{Files, Mode};
use open::{OpenFile, erases};
pub use path::{DIRECTORY_MAX, NAME_MAX, PATH_MAX, Path};
pub use store::Store;

/// What the quota counts of each file besides its content, in bytes.
pub const FILE_COST: u32 = 128;

const MODES: [Mode; 3] = [Mode::Read, Mode::Update, Mode::Replace];

/// The limits of the files of apps.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The quota of an app whose manifest does not request one: the bytes of its files, and [`FILE_COST`] for each.
    pub quota: u32,
    /// How often apps together can cause the erasure of a page of the flash per hour, and also at once. Then nothing can be changed.
    pub erases_per_hour: u16,
    /// Returns milliseconds since some moment in the past.
    pub now: fn() -> u32,
}

impl Config {
    /// 16,384 bytes, and 100 erasures per hour: if the file system levels the wear of 16 pages, they survive more than two months of an app
    /// that always writes.
    pub const fn new(now: fn() -> u32) -> Self {
        Self { quota: 16_384, erases_per_hour: 100, now }
    }
}

/// The group `file`, with at most `N` open files of all apps, up to 32.
///
/// The files belong to the name of an app and the key that signed it. All versions of the app share them, and they are not restored when
/// the device goes back to an earlier version. They end when a client removes the app.
pub struct File<F, const N: usize> {
    files: F,
    config: Config,
    opened: Opened,
    state: Mutex<RefCell<State<N>>>,
}

struct State<const N: usize> {
    /// By number.
    open: [Option<OpenFile>; N],
    wear: WearMeter,
}

impl<F: Files, const N: usize> File<F, N> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("open", Self::open),
        Method::new("entry-at", Self::entry_at),
        Method::new("remove", Self::remove),
        Method::new("rename", Self::rename),
        Method::new("[method]file.read", Self::read),
        Method::new("[method]file.write", Self::write),
        Method::new("[method]file.append", Self::append),
        Method::new("[method]file.size", Self::size),
        Method::new("[method]file.sync", Self::sync),
        Method::new("[resource-drop]file", Self::close),
        Method::new("file_drop", Self::close),
    ];

    /// The group with this file system.
    pub const fn new(files: F, config: Config) -> Self {
        const { assert!(N <= u32::BITS as usize) }
        let state = State { open: [const { None }; N], wear: WearMeter::new(config.erases_per_hour) };
        Self { files, config, opened: Opened::new(), state: Mutex::new(RefCell::new(state)) }
    }

    /// Returns the file system.
    pub fn files(&self) -> &F {
        &self.files
    }

    fn open(&self, mut app: App<'_>, name: u32, length: u32, mode: u32, ret: u32) -> Result<(), Trap> {
        let mode = abi::case(&MODES, mode)?;
        let opened = match path(&app, name, length)? {
            Ok(path) => self.open_path(app.data(), path, mode)?,
            Err(error) => Err(error),
        };
        abi::ret(&mut app, ret, opened)
    }

    /// Opens a file, and returns its handle.
    fn open_path(&self, app: &AppData, path: Path, mode: Mode) -> Result<Result<u32, Error>, Trap> {
        let (number, file) = match self.prepare(app, path, mode) {
            Ok(prepared) => prepared,
            Err(error) => return Ok(Err(error)),
        };
        let open = |number| self.files.open(number, &file.path, mode);
        let opened = self.opened.open_number(app, number, Sharing::Exclusive, open)?;
        Ok(opened.inspect(|_| self.with(|state| state.set(number, Some(file)))))
    }

    /// Checks whether a file can be opened. Returns its number.
    fn prepare(&self, app: &AppData, path: Path, mode: Mode) -> Result<(u32, OpenFile), Error> {
        let old = self.find(&path)?;
        if old.is_none() && mode == Mode::Read {
            return Err(Error::NotFound);
        }
        let number = self.with(|state| match state.number(&path) {
            Some(_) => Err(Error::Busy),
            None => state.open.iter().position(Option::is_none).ok_or(Error::NoSpace),
        })?;
        if old.is_none() {
            self.check_quota(app, &path, 0)?;
        }
        if old.is_none() || mode == Mode::Replace {
            self.spend(1)?;
        }
        let size = old.filter(|_| mode != Mode::Replace).unwrap_or(0);
        Ok((number as u32, OpenFile::new(path, size, mode)))
    }

    fn read(&self, mut app: App<'_>, handle: u32, offset: u32, max: u32, ret: u32) -> Result<(), Trap> {
        let number = self.opened.resource(app.data(), handle)?;
        let length = match self.readable(number, offset, max) {
            Ok(length) => length,
            Err(error) => return abi::ret(&mut app, ret, Err::<abi::Allocated, _>(error)),
        };
        let content = abi::allocate(&mut app, length, 1)?;
        let read = self.read_data(number, offset, app.bytes_mut(content, length)?);
        abi::ret(&mut app, ret, read.map(|()| abi::Allocated { content, length }))
    }

    /// Returns how many bytes can be read at an offset.
    fn readable(&self, number: u32, offset: u32, max: u32) -> Result<u32, Error> {
        match self.of(number, |file| (file.size, file.is_broken)) {
            (_, true) => Err(Error::Io),
            (size, false) => Ok(size.saturating_sub(offset).min(max)),
        }
    }

    fn read_data(&self, number: u32, offset: u32, buffer: &mut [u8]) -> Result<(), Error> {
        // The file system may have to write first what is in its buffer.
        self.of(number, OpenFile::flushed);
        if buffer.is_empty() { Ok(()) } else { self.files.read(number, offset, buffer) }
    }

    fn write(&self, app: App<'_>, handle: u32, offset: u32, data: u32, length: u32, ret: u32) -> Result<(), Trap> {
        self.write_at(app, handle, Some(offset), (data, length), ret)
    }

    fn append(&self, app: App<'_>, handle: u32, data: u32, length: u32, ret: u32) -> Result<(), Trap> {
        self.write_at(app, handle, None, (data, length), ret)
    }

    /// Writes at an offset, or else at the end.
    fn write_at(
        &self,
        mut app: App<'_>,
        handle: u32,
        offset: Option<u32>,
        (data, length): (u32, u32),
        ret: u32,
    ) -> Result<(), Trap> {
        let number = self.opened.resource(app.data(), handle)?;
        let data = app.bytes(data, length)?;
        let done = self.write_data(app.data(), number, offset, data);
        abi::ret(&mut app, ret, done)
    }

    fn write_data(&self, app: &AppData, number: u32, offset: Option<u32>, data: &[u8]) -> Result<(), Error> {
        let file = self.of(number, |file| file.clone());
        file.check_writable()?;
        let offset = offset.unwrap_or(file.size);
        let end = offset.checked_add(data.len() as u32).ok_or(Error::NoSpace)?;
        if data.is_empty() {
            return Ok(());
        }
        if end > file.size {
            self.check_quota(app, &file.path, end)?;
        }
        self.spend(erases(&file, offset, end))?;
        let written = self.fill(number, file.size, offset).and_then(|()| self.files.write(number, offset, data));
        self.of(number, |file| file.written(end, written));
        written
    }

    /// Writes zeros between the end of a file and an offset, if it is behind the end.
    fn fill(&self, number: u32, end: u32, offset: u32) -> Result<(), Error> {
        const ZEROS: &[u8] = &[0; 64];
        (end..offset).step_by(ZEROS.len()).try_for_each(|at| {
            let zeros = ZEROS.get(..(offset - at) as usize).unwrap_or(ZEROS);
            self.files.write(number, at, zeros)
        })
    }

    fn size(&self, app: App<'_>, handle: u32) -> Result<u32, Trap> {
        let number = self.opened.resource(app.data(), handle)?;
        Ok(self.of(number, |file| file.size))
    }

    fn sync(&self, mut app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        let synced = self.sync_file(self.opened.resource(app.data(), handle)?);
        abi::ret(&mut app, ret, synced)
    }

    fn sync_file(&self, number: u32) -> Result<(), Error> {
        let synced = match self.of(number, |file| file.is_broken) {
            true => Err(Error::Io),
            false => self.files.sync(number),
        };
        self.of(number, |file| file.synced(synced));
        synced
    }

    fn close(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        self.close_file(app.data(), handle)
    }

    fn close_file(&self, app: &AppData, handle: u32) -> Result<(), Trap> {
        // Not free for others before it is closed.
        self.release(self.opened.resource(app, handle)?);
        self.opened.close(app, handle).map(drop)
    }

    fn release(&self, number: u32) {
        // The app syncs before if it needs to know.
        let _ = self.files.close(number);
        self.with(|state| state.set(number, None));
    }

    fn entry_at(&self, mut app: App<'_>, number: u32, ret: u32) -> Result<(), Trap> {
        let mut found = None;
        let listed = Path::directory_of(app.data()).and_then(|path| {
            let mut left = number;
            self.files.list(path.directory(), &mut |name, size| {
                if left == 0 {
                    found = String::<NAME_MAX>::try_from(name).ok().map(|name| (name, size));
                }
                left = left.wrapping_sub(1);
            })?;
            // The size of an open file includes what is not synced.
            if let Some((name, size)) = &mut found {
                let current = path.with_name(name);
                *size = self.with(|state| state.file(&current).map_or(*size, |file| file.size));
            }
            Ok(())
        });
        let entry = listed.map(|()| found.as_ref().map(|(name, size)| Entry { name, size: *size }));
        abi::ret(&mut app, ret, entry)
    }

    fn remove(&self, mut app: App<'_>, name: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let removed = path(&app, name, length)?.and_then(|path| self.remove_path(&path));
        abi::ret(&mut app, ret, removed)
    }

    fn remove_path(&self, path: &Path) -> Result<(), Error> {
        self.check_closed(path)?;
        self.spend(1)?;
        self.files.remove(path)
    }

    fn rename(
        &self,
        mut app: App<'_>,
        name: u32,
        length: u32,
        new: u32,
        new_length: u32,
        ret: u32,
    ) -> Result<(), Trap> {
        let (from, to) = (path(&app, name, length)?, path(&app, new, new_length)?);
        let renamed = from.and_then(|from| self.rename_path(&from, &to?));
        abi::ret(&mut app, ret, renamed)
    }

    fn rename_path(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.check_closed(from)?;
        if from == to {
            return Ok(());
        }
        if self.with(|state| state.number(to)).is_some() {
            return Err(Error::Busy);
        }
        self.spend(1)?;
        self.files.rename(from, to)
    }

    /// Checks that a file exists and is not open.
    fn check_closed(&self, path: &Path) -> Result<(), Error> {
        self.find(path)?.ok_or(Error::NotFound)?;
        if self.with(|state| state.number(path)).is_some() { Err(Error::Busy) } else { Ok(()) }
    }

    /// Returns the size of a file at the last sync, or `None` if there is none.
    fn find(&self, path: &Path) -> Result<Option<u32>, Error> {
        let mut found = None;
        self.files.list(path.directory(), &mut |name, size| {
            if name == path.name() {
                found = Some(size);
            }
        })?;
        Ok(found)
    }

    /// Checks whether the quota of the app permits a file of this size.
    ///
    /// An open file counts with its size at the last sync if that is larger: it has this size again if the power fails.
    fn check_quota(&self, app: &AppData, path: &Path, size: u32) -> Result<(), Error> {
        let (mut used, mut is_new) = (0_u32, true);
        self.files.list(path.directory(), &mut |name, synced| {
            let other = path.with_name(name);
            let current = match other == *path {
                true => size,
                false => self.with(|state| state.file(&other).map_or(0, |file| file.size)),
            };
            is_new &= other != *path;
            used = used.saturating_add(synced.max(current)).saturating_add(FILE_COST);
        })?;
        if is_new {
            used = used.saturating_add(size).saturating_add(FILE_COST);
        }
        let quota = match self.opened.granted(app) {
            u32::MAX => self.config.quota,
            quota => quota,
        };
        if used > quota { Err(Error::NoSpace) } else { Ok(()) }
    }

    /// Counts erasures, if they are possible now.
    fn spend(&self, erases: u32) -> Result<(), Error> {
        let now = (self.config.now)();
        let erases = u16::try_from(erases).unwrap_or(u16::MAX);
        self.with(|state| match state.wear.wait(now) {
            Some(_) if erases > 0 => Err(Error::Busy),
            _ => {
                state.wear.spend_many(now, erases);
                Ok(())
            }
        })
    }

    /// Looks at a file that is open, or changes what is known of it.
    fn of<R>(&self, number: u32, work: impl FnOnce(&mut OpenFile) -> R) -> R {
        self.with(|state| {
            let file = state.open.get_mut(number as usize).and_then(Option::as_mut);
            work(file.expect("a handle has a file"))
        })
    }

    fn with<R>(&self, work: impl FnOnce(&mut State<N>) -> R) -> R {
        critical_section::with(|cs| work(&mut self.state.borrow(cs).borrow_mut()))
    }
}

impl<const N: usize> State<N> {
    fn number(&self, path: &Path) -> Option<usize> {
        self.open.iter().position(|file| file.as_ref().is_some_and(|file| file.path == *path))
    }

    fn file(&self, path: &Path) -> Option<&OpenFile> {
        self.open.iter().flatten().find(|file| file.path == *path)
    }

    fn set(&mut self, number: u32, file: Option<OpenFile>) {
        if let Some(place) = self.open.get_mut(number as usize) {
            *place = file;
        }
    }
}

/// The path of the file whose name is in the memory of the app.
fn path(app: &App<'_>, name: u32, length: u32) -> Result<Result<Path, Error>, Trap> {
    let name = abi::string(app, name, length)?;
    Ok(Path::new(app.data(), name))
}

/// The record `entry`.
struct Entry<'a> {
    name: &'a str,
    size: u32,
}

impl Lower for Entry<'_> {
    const SIZE: u32 = <str>::SIZE + 4;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        self.name.lower(app, address)?;
        self.size.lower(app, address.wrapping_add(<str>::SIZE))
    }
}

impl<F: Files, const N: usize> HostGroup for File<F, N> {
    fn name(&self) -> &str {
        "file"
    }

    /// The entry `file:65536` grants 65536 bytes.
    fn grant(&self, resource: &str) -> Option<u32> {
        resource.parse().ok().filter(|quota| (1..u32::MAX).contains(quota))
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        self.opened.bind(linker.group());
        linker.interface("wamr:device/file@0.1", self, Self::METHODS)
    }

    fn unloaded(&self, app: &AppData) {
        self.opened.close_all(app).for_each(|number| self.release(number));
    }

    fn removed(&self, name: &str) {
        // If the flash fails, the files stay until the name is removed again.
        let _ = self.files.clear(&path::prefix::<DIRECTORY_MAX>(name));
    }
}

impl<F, const N: usize> core::fmt::Debug for File<F, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("File").field("config", &self.config).finish_non_exhaustive()
    }
}
