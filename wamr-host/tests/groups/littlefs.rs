//! littlefs on simulated flash, whose power can be cut.

use std::ffi::{CStr, CString, c_int, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use littlefs2_sys as lfs;
use wamr_device::sim::{Cut, SimFlash};
use wamr_host::Error;
use wamr_host::file::{Files, Mode, Path};

use crate::drivers::FAIL;

const PAGES: usize = 24;
const PAGE: usize = SimFlash::ERASE_SIZE;
/// As Zephyr's `FS_LITTLEFS_*` by default.
const CACHE: usize = 64;
const OPEN_MAX: usize = 4;

/// The file system, which does not exist before it is formatted.
pub struct LittleFs(Mutex<Option<Box<Mounted>>>);

/// littlefs has pointers to its parts, so it stays where it is.
struct Mounted {
    flash: SimFlash,
    lfs: lfs::lfs_t,
    config: lfs::lfs_config,
    open: [Option<Box<Open>>; OPEN_MAX],
}

#[derive(Default)]
struct Open {
    file: lfs::lfs_file_t,
    config: lfs::lfs_file_config,
    buffer: Vec<u8>,
}

// SAFETY: the pointers are to memory that it owns.
unsafe impl Send for Mounted {}

fn done(result: c_int) -> Result<u32, Error> {
    match result {
        0.. => Ok(result as u32),
        _ if result == lfs::lfs_error_LFS_ERR_NOSPC => Err(Error::NoSpace),
        _ => Err(Error::Io),
    }
}

unsafe extern "C" fn read(c: *const lfs::lfs_config, block: u32, off: u32, buffer: *mut c_void, size: u32) -> c_int {
    // SAFETY: littlefs passes its configuration and a buffer of this size.
    let (flash, bytes) = unsafe { (flash(c), std::slice::from_raw_parts_mut(buffer.cast::<u8>(), size as usize)) };
    flash.read(block * PAGE as u32 + off, bytes).map_or(lfs::lfs_error_LFS_ERR_IO, |()| 0)
}

unsafe extern "C" fn prog(c: *const lfs::lfs_config, block: u32, off: u32, buffer: *const c_void, size: u32) -> c_int {
    // SAFETY: littlefs passes its configuration and a buffer of this size.
    let (flash, bytes) = unsafe { (flash(c), std::slice::from_raw_parts(buffer.cast::<u8>(), size as usize)) };
    flash.write(block * PAGE as u32 + off, bytes).map_or(lfs::lfs_error_LFS_ERR_IO, |()| 0)
}

unsafe extern "C" fn erase(c: *const lfs::lfs_config, block: u32) -> c_int {
    let from = block * PAGE as u32;
    // SAFETY: littlefs passes its configuration.
    unsafe { flash(c) }.erase(from, from + PAGE as u32).map_or(lfs::lfs_error_LFS_ERR_IO, |()| 0)
}

unsafe extern "C" fn sync(_: *const lfs::lfs_config) -> c_int {
    0
}

/// # Safety
/// The context has to be the flash.
unsafe fn flash<'a>(config: *const lfs::lfs_config) -> &'a mut SimFlash {
    // SAFETY: by contract. Only the functions above use it meanwhile.
    unsafe { &mut *(*config).context.cast() }
}

fn c_string(text: &str) -> CString {
    CString::new(text).expect("paths have no zeros")
}

impl Mounted {
    /// Mounts what is in the flash.
    fn new(flash: SimFlash, formats: bool) -> Box<Self> {
        let config = lfs::lfs_config {
            read: Some(read),
            prog: Some(prog),
            erase: Some(erase),
            sync: Some(sync),
            read_size: 16,
            prog_size: 16,
            block_size: PAGE as u32,
            block_count: PAGES as u32,
            block_cycles: 512,
            cache_size: CACHE as u32,
            lookahead_size: 32,
            ..Default::default()
        };
        let mut mounted = Box::new(Self { flash, lfs: Default::default(), config, open: Default::default() });
        mounted.config.context = (&raw mut mounted.flash).cast();
        let (lfs, config) = (&raw mut mounted.lfs, &raw const mounted.config);
        // SAFETY: both stay where they are until `Drop`.
        unsafe {
            if formats {
                assert_eq!(lfs::lfs_format(lfs, config), 0);
            }
            assert_eq!(lfs::lfs_mount(lfs, config), 0, "what a loss of power leaves can be mounted");
        }
        mounted
    }

    fn file(&mut self, number: u32) -> (*mut lfs::lfs_t, *mut lfs::lfs_file_t) {
        let open = self.open[number as usize].as_mut().expect("the group knows what is open");
        (&mut self.lfs, &mut open.file)
    }

    fn each(&mut self, directory: &CStr, visit: &mut dyn FnMut(&str, u32, bool)) -> Result<(), Error> {
        let (mut dir, mut info) = (lfs::lfs_dir_t::default(), lfs::lfs_info::default());
        // SAFETY: the directory is closed before it goes.
        unsafe {
            match lfs::lfs_dir_open(&mut self.lfs, &mut dir, directory.as_ptr()) {
                lfs::lfs_error_LFS_ERR_NOENT => return Ok(()),
                opened => done(opened)?,
            };
            while done(lfs::lfs_dir_read(&mut self.lfs, &mut dir, &mut info))? > 0 {
                let name = CStr::from_ptr(info.name.as_ptr()).to_str().expect("names are ASCII");
                visit(name, info.size, u32::from(info.type_) == lfs::lfs_type_LFS_TYPE_DIR);
            }
            done(lfs::lfs_dir_close(&mut self.lfs, &mut dir)).map(drop)
        }
    }

    fn remove(&mut self, path: &str) -> Result<(), Error> {
        // SAFETY: the file system is mounted.
        done(unsafe { lfs::lfs_remove(&mut self.lfs, c_string(path).as_ptr()) }).map(drop)
    }

    /// Ends all without a write, as a loss of power does, and returns the flash.
    fn cut(mut self: Box<Self>) -> SimFlash {
        // SAFETY: nobody uses the files any more.
        unsafe { lfs::lfs_unmount(&mut self.lfs) };
        self.flash.clone()
    }
}

impl LittleFs {
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn place(&self) -> MutexGuard<'_, Option<Box<Mounted>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(&self, work: impl FnOnce(&mut Mounted) -> R) -> R {
        work(self.place().as_mut().expect("the rig formats it"))
    }

    /// Starts with an empty file system.
    pub fn format(&self) {
        self.start(SimFlash::new(PAGES * PAGE), true);
    }

    /// Starts with this flash.
    pub fn mount(&self, flash: SimFlash) {
        self.start(flash, false);
    }

    fn start(&self, flash: SimFlash, formats: bool) {
        let mut place = self.place();
        place.take().map(Mounted::cut);
        *place = Some(Mounted::new(flash, formats));
    }

    /// A copy of the flash.
    pub fn flash(&self) -> SimFlash {
        self.with(|mounted| mounted.flash.clone())
    }

    pub fn is_powered(&self) -> bool {
        self.with(|mounted| mounted.flash.is_powered())
    }

    pub fn cut_after(&self, operations: u32, cut: Cut) {
        self.with(|mounted| mounted.flash.cut_after(operations, cut));
    }

    /// Starts again after a loss of power.
    pub fn power_on(&self) {
        let mut flash = self.flash();
        flash.power_on();
        self.mount(flash);
    }

    /// The names of all directories.
    pub fn directories(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut visit = |name: &str, _, is_directory| {
            if is_directory && !name.starts_with('.') {
                names.push(name.to_owned());
            }
        };
        self.with(|mounted| mounted.each(c"/", &mut visit)).unwrap();
        names
    }

    /// The content of all files of a directory, as of the last sync.
    pub fn content(&self, directory: &str) -> Vec<(String, Vec<u8>)> {
        let mut names = Vec::new();
        self.list(directory, &mut |name, size| names.push((name.to_owned(), size))).unwrap();
        names.sort();
        let content = |(name, size): (String, u32)| {
            let (mut open, mut content) = (Box::<Open>::default(), vec![0; size as usize]);
            let path = c_string(&format!("{directory}/{name}"));
            self.with(|mounted| {
                mounted.open_as(&mut open, &path, lfs::lfs_open_flags_LFS_O_RDONLY).unwrap();
                // SAFETY: the file is open, and the buffer has this size.
                let read =
                    unsafe { lfs::lfs_file_read(&mut mounted.lfs, &mut open.file, content.as_mut_ptr().cast(), size) };
                assert_eq!(read, size as i32);
                // SAFETY: the file is open.
                assert_eq!(unsafe { lfs::lfs_file_close(&mut mounted.lfs, &mut open.file) }, 0);
            });
            (name, content)
        };
        names.into_iter().map(content).collect()
    }
}

impl Mounted {
    fn open_as(&mut self, open: &mut Open, path: &CStr, flags: u32) -> Result<(), Error> {
        open.buffer = vec![0; CACHE];
        open.config.buffer = open.buffer.as_mut_ptr().cast();
        let (lfs, file, config) = (&mut self.lfs, &mut open.file, &open.config);
        // SAFETY: the box of the file lives until it is closed.
        done(unsafe { lfs::lfs_file_opencfg(lfs, file, path.as_ptr(), flags as c_int, config) }).map(drop)
    }
}

fn fails() -> Result<(), Error> {
    FAIL.take().map_or(Ok(()), Err)
}

impl Files for LittleFs {
    fn open(&self, number: u32, path: &Path, mode: Mode) -> Result<(), Error> {
        fails()?;
        let flags = match mode {
            Mode::Read => lfs::lfs_open_flags_LFS_O_RDONLY,
            Mode::Update => lfs::lfs_open_flags_LFS_O_RDWR | lfs::lfs_open_flags_LFS_O_CREAT,
            Mode::Replace => {
                lfs::lfs_open_flags_LFS_O_RDWR | lfs::lfs_open_flags_LFS_O_CREAT | lfs::lfs_open_flags_LFS_O_TRUNC
            }
        };
        self.with(|mounted| {
            let directory = c_string(path.directory());
            // SAFETY: the file system is mounted.
            match unsafe { lfs::lfs_mkdir(&mut mounted.lfs, directory.as_ptr()) } {
                lfs::lfs_error_LFS_ERR_EXIST => {}
                made => drop(done(made)?),
            }
            let mut open = Box::<Open>::default();
            mounted.open_as(&mut open, &c_string(path.as_str()), flags)?;
            assert!(mounted.open[number as usize].replace(open).is_none());
            Ok(())
        })
    }

    fn read(&self, number: u32, offset: u32, buffer: &mut [u8]) -> Result<(), Error> {
        fails()?;
        self.with(|mounted| {
            let (lfs, file) = mounted.file(number);
            // SAFETY: the file is open, and the buffer has this size.
            let read = unsafe {
                done(lfs::lfs_file_seek(lfs, file, offset as i32, lfs::lfs_whence_flags_LFS_SEEK_SET as c_int))?;
                done(lfs::lfs_file_read(lfs, file, buffer.as_mut_ptr().cast(), buffer.len() as u32))?
            };
            if read as usize == buffer.len() { Ok(()) } else { Err(Error::Io) }
        })
    }

    fn write(&self, number: u32, offset: u32, data: &[u8]) -> Result<(), Error> {
        fails()?;
        self.with(|mounted| {
            let (lfs, file) = mounted.file(number);
            // SAFETY: the file is open, and the data have this size.
            unsafe {
                done(lfs::lfs_file_seek(lfs, file, offset as i32, lfs::lfs_whence_flags_LFS_SEEK_SET as c_int))?;
                done(lfs::lfs_file_write(lfs, file, data.as_ptr().cast(), data.len() as u32)).map(drop)
            }
        })
    }

    fn sync(&self, number: u32) -> Result<(), Error> {
        fails()?;
        self.with(|mounted| {
            let (lfs, file) = mounted.file(number);
            // SAFETY: the file is open.
            done(unsafe { lfs::lfs_file_sync(lfs, file) }).map(drop)
        })
    }

    fn close(&self, number: u32) -> Result<(), Error> {
        self.with(|mounted| {
            let (lfs, file) = mounted.file(number);
            // SAFETY: the file is open.
            let closed = done(unsafe { lfs::lfs_file_close(lfs, file) }).map(drop);
            mounted.open[number as usize] = None;
            closed
        })
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str, u32)) -> Result<(), Error> {
        fails()?;
        self.with(|mounted| {
            mounted.each(&c_string(directory), &mut |name, size, is_directory| {
                if !is_directory {
                    visit(name, size);
                }
            })
        })
    }

    fn remove(&self, path: &Path) -> Result<(), Error> {
        fails()?;
        self.with(|mounted| mounted.remove(path.as_str()))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        fails()?;
        self.with(|mounted| {
            let (from, to) = (c_string(from.as_str()), c_string(to.as_str()));
            // SAFETY: the file system is mounted.
            done(unsafe { lfs::lfs_rename(&mut mounted.lfs, from.as_ptr(), to.as_ptr()) }).map(drop)
        })
    }

    fn clear(&self, prefix: &str) -> Result<(), Error> {
        for directory in self.directories().iter().filter(|directory| directory.starts_with(prefix)) {
            for (name, _) in self.content(directory) {
                self.with(|mounted| mounted.remove(&format!("{directory}/{name}")))?;
            }
            self.with(|mounted| mounted.remove(directory))?;
        }
        Ok(())
    }
}
