//! The files of apps: in memory, which a directory may mirror.

use crate::Error;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wamr_host::Error as FileError;
use wamr_host::file::{Files, Mode, Path};

/// The files of apps, by their directories and names. The directory on the computer has at any time what flash would have after a loss of
/// power.
pub struct Folder {
    /// The directory on the computer.
    root: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    synced: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    open: BTreeMap<u32, Open>,
}

/// A file with its content that is not synced.
struct Open {
    path: Path,
    content: Vec<u8>,
    is_changed: bool,
}

impl Folder {
    /// No files. What apps make is gone with the twin.
    pub fn memory() -> Self {
        Self { root: None, state: Mutex::default() }
    }

    /// The files in a directory, which is made if there is none. It has a directory for each app.
    ///
    /// # Errors
    /// [`Error::Folder`] if the directory cannot be made or read.
    pub fn directory(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = root.into();
        match read_all(&root) {
            Ok(synced) => Ok(Self { root: Some(root), state: Mutex::new(State { synced, open: BTreeMap::new() }) }),
            Err(why) => Err(Error::Folder { path: root, why }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // it is whole between any two calls
    }

    /// Changes the directory on the computer.
    fn mirror(&self, change: impl FnOnce(&std::path::Path) -> io::Result<()>) -> Result<(), FileError> {
        self.root.as_deref().map_or(Ok(()), change).map_err(|error| {
            log::error!("cannot write the files of apps: {error}");
            FileError::Io
        })
    }

    fn commit(&self, state: &mut State, path: &Path, content: Vec<u8>) -> Result<(), FileError> {
        self.mirror(|root| {
            let directory = root.join(path.directory());
            fs::create_dir_all(&directory)?;
            let new = directory.join(format!(".{}", path.name()));
            fs::write(&new, &content)?;
            fs::rename(new, root.join(path.as_str()))
        })?;
        state.synced.entry(path.directory().into()).or_default().insert(path.name().into(), content);
        Ok(())
    }
}

/// Reads the files in all directories of a directory. Those whose names begin with a point were not written completely.
fn read_all(root: &std::path::Path) -> io::Result<BTreeMap<String, BTreeMap<String, Vec<u8>>>> {
    let mut all = BTreeMap::new();
    fs::create_dir_all(root)?;
    for directory in fs::read_dir(root)? {
        let directory = directory?;
        let mut files = BTreeMap::new();
        for file in fs::read_dir(directory.path())? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                files.insert(name, fs::read(file.path())?);
            }
        }
        all.insert(directory.file_name().to_string_lossy().into_owned(), files);
    }
    Ok(all)
}

impl State {
    fn open(&mut self, number: u32) -> Result<&mut Open, FileError> {
        self.open.get_mut(&number).ok_or(FileError::Io)
    }

    fn content(&self, path: &Path) -> Option<&Vec<u8>> {
        self.synced.get(path.directory())?.get(path.name())
    }
}

impl Files for Folder {
    fn open(&self, number: u32, path: &Path, mode: Mode) -> Result<(), FileError> {
        let mut state = self.lock();
        let old = state.content(path).cloned();
        if old.is_none() {
            self.commit(&mut state, path, Vec::new())?;
        }
        let content = old.filter(|_| mode != Mode::Replace).unwrap_or_default();
        state.open.insert(number, Open { path: path.clone(), content, is_changed: mode == Mode::Replace });
        Ok(())
    }

    fn read(&self, number: u32, offset: u32, buffer: &mut [u8]) -> Result<(), FileError> {
        let mut state = self.lock();
        let content = &state.open(number)?.content;
        let bytes = content.get(offset as usize..).and_then(|rest| rest.get(..buffer.len())).ok_or(FileError::Io)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write(&self, number: u32, offset: u32, data: &[u8]) -> Result<(), FileError> {
        let mut state = self.lock();
        let file = state.open(number)?;
        let (start, end) = (offset as usize, offset as usize + data.len());
        file.content.resize(file.content.len().max(end), 0);
        file.content[start..end].copy_from_slice(data);
        file.is_changed = true;
        Ok(())
    }

    fn sync(&self, number: u32) -> Result<(), FileError> {
        let mut state = self.lock();
        let file = state.open(number)?;
        if !std::mem::take(&mut file.is_changed) {
            return Ok(());
        }
        let (path, content) = (file.path.clone(), file.content.clone());
        self.commit(&mut state, &path, content)
    }

    fn close(&self, number: u32) -> Result<(), FileError> {
        let synced = self.sync(number);
        self.lock().open.remove(&number);
        synced
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str, u32)) -> Result<(), FileError> {
        let state = self.lock();
        state.synced.get(directory).into_iter().flatten().for_each(|(name, content)| visit(name, content.len() as u32));
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<(), FileError> {
        self.mirror(|root| fs::remove_file(root.join(path.as_str())))?;
        let mut state = self.lock();
        state
            .synced
            .get_mut(path.directory())
            .and_then(|files| files.remove(path.name()))
            .map(drop)
            .ok_or(FileError::Io)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), FileError> {
        self.mirror(|root| fs::rename(root.join(from.as_str()), root.join(to.as_str())))?;
        let mut state = self.lock();
        let files = state.synced.get_mut(from.directory()).ok_or(FileError::Io)?;
        let content = files.remove(from.name()).ok_or(FileError::Io)?;
        files.insert(to.name().into(), content);
        Ok(())
    }

    fn clear(&self, prefix: &str) -> Result<(), FileError> {
        let mut state = self.lock();
        let gone = |directory: &String| directory.starts_with(prefix);
        for directory in state.synced.keys().filter(|directory| gone(directory)) {
            self.mirror(|root| fs::remove_dir_all(root.join(directory)))?;
        }
        state.synced.retain(|directory, _| !gone(directory));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a group does with files is tested in `wamr-host`, with another file system.
    #[test]
    fn the_directory_is_read_again() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("61.")).unwrap();
        fs::write(root.path().join("61./whole"), "content").unwrap();
        fs::write(root.path().join("61./.torn"), "con").unwrap();
        let folder = Folder::directory(root.path()).unwrap();
        let mut found = Vec::new();
        folder.list("61.", &mut |name, size| found.push((name.to_owned(), size))).unwrap();
        assert_eq!(found, [("whole".to_owned(), 7)]);
        folder.clear("62.").unwrap();
        assert!(root.path().join("61./whole").exists());
        folder.clear("61.").unwrap();
        assert!(!root.path().join("61.").exists());
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let refused = Folder::directory(&file).err().unwrap().to_string();
        assert!(refused.starts_with("cannot use ") && refused.contains("file for the files of apps: "), "{refused}");
    }
}
