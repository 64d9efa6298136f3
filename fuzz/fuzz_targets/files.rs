//! A file system in memory that checks what the group `file` asks it for.

use std::cell::RefCell;
use std::collections::BTreeMap;

use wamr_host::Error;
use wamr_host::file::{Files, Mode, Path};

use crate::drivers::{COUNT, or_io};

#[derive(Default)]
struct Disk {
    /// The content at the last sync, by path.
    stored: BTreeMap<String, Vec<u8>>,
    open: [Option<Open>; COUNT],
}

struct Open {
    path: String,
    content: Vec<u8>,
    is_read_only: bool,
    /// After an error, the file is only closed.
    is_broken: bool,
}

thread_local! {
    static DISK: RefCell<Disk> = RefCell::default();
}

/// Checks that no file is open, as no app is loaded, and forgets all files.
pub fn assert_closed() {
    let Disk { open, .. } = DISK.take();
    assert!(open.iter().all(Option::is_none), "a file is open");
}

/// The file system.
pub struct MemoryFiles;

fn with<R>(number: u32, work: impl FnOnce(&mut Open) -> R) -> R {
    DISK.with_borrow_mut(|disk| work(disk.open[number as usize].as_mut().expect("the file is open")))
}

/// Changes a file, unless that fails.
fn change<R>(number: u32, work: impl FnOnce(&mut Open) -> R) -> Result<R, Error> {
    with(number, |file| {
        assert!(!file.is_broken, "after an error, the file is only closed");
        or_io(()).inspect_err(|_| file.is_broken = true)?;
        Ok(work(file))
    })
}

impl Disk {
    fn assert_not_open(&self, path: &str) {
        assert!(!self.open.iter().flatten().any(|file| file.path == path), "{path} is open");
    }

    fn store(&mut self, number: u32) {
        let file = self.open[number as usize].as_ref().expect("the file is open");
        if !file.is_broken && !file.is_read_only {
            self.stored.insert(file.path.clone(), file.content.clone());
        }
    }
}

impl Files for MemoryFiles {
    fn open(&self, number: u32, path: &Path, mode: Mode) -> Result<(), Error> {
        or_io(())?;
        DISK.with_borrow_mut(|disk| {
            disk.assert_not_open(path.as_str());
            assert!(disk.open[number as usize].is_none(), "the number is in use");
            let path = path.as_str().to_owned();
            let content = match mode {
                Mode::Read => disk.stored.get(&path).expect("it was found").clone(),
                Mode::Update => disk.stored.entry(path.clone()).or_default().clone(),
                Mode::Replace => {
                    disk.stored.entry(path.clone()).or_default();
                    Vec::new()
                }
            };
            let file = Open { path, content, is_read_only: mode == Mode::Read, is_broken: false };
            disk.open[number as usize] = Some(file);
            Ok(())
        })
    }

    fn read(&self, number: u32, offset: u32, buffer: &mut [u8]) -> Result<(), Error> {
        or_io(())?;
        with(number, |file| buffer.copy_from_slice(&file.content[offset as usize..][..buffer.len()]));
        Ok(())
    }

    fn write(&self, number: u32, offset: u32, data: &[u8]) -> Result<(), Error> {
        change(number, |file| {
            assert!(!file.is_read_only, "the file was opened to read");
            let (start, end) = (offset as usize, offset as usize + data.len());
            assert!(start <= file.content.len(), "a hole");
            file.content.resize(file.content.len().max(end), 0);
            file.content[start..end].copy_from_slice(data);
        })
    }

    fn sync(&self, number: u32) -> Result<(), Error> {
        change(number, |_| ())?;
        DISK.with_borrow_mut(|disk| disk.store(number));
        Ok(())
    }

    fn close(&self, number: u32) -> Result<(), Error> {
        DISK.with_borrow_mut(|disk| {
            disk.store(number);
            disk.open[number as usize] = None;
        });
        or_io(())
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str, u32)) -> Result<(), Error> {
        or_io(())?;
        let found: Vec<_> = DISK.with_borrow(|disk| {
            let inside = |(path, content): (&String, &Vec<u8>)| {
                let name = path.strip_prefix(directory)?.strip_prefix('/')?;
                Some((name.to_owned(), content.len() as u32))
            };
            disk.stored.iter().filter_map(inside).collect()
        });
        found.iter().for_each(|(name, size)| visit(name, *size));
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<(), Error> {
        or_io(())?;
        DISK.with_borrow_mut(|disk| {
            disk.assert_not_open(path.as_str());
            disk.stored.remove(path.as_str()).expect("it was found");
        });
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        or_io(())?;
        DISK.with_borrow_mut(|disk| {
            disk.assert_not_open(from.as_str());
            disk.assert_not_open(to.as_str());
            let content = disk.stored.remove(from.as_str()).expect("it was found");
            disk.stored.insert(to.as_str().to_owned(), content);
        });
        Ok(())
    }

    fn clear(&self, prefix: &str) -> Result<(), Error> {
        DISK.with_borrow_mut(|disk| disk.stored.retain(|path, _| !path.starts_with(prefix)));
        Ok(())
    }
}
