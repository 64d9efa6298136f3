//! Copies of the modules that were uploaded: for the names of an app's functions, which a device does not keep, and for upgrades, which
//! send only their changes.

use crate::failure::{Failure, Status};
use crate::module::read_bytes;
use etcetera::BaseStrategy;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use wamr_client::proto::{Digest, Fingerprint};

/// Maximum number of copies that are kept.
const COPIES_MAX: usize = 128;

/// Keeps a copy of a module that is on a device from now on, in place of the oldest if there are too many. Where that is not possible,
/// functions have numbers later, and an upgrade is uploaded as a whole.
pub fn keep(module: &[u8], digest: &Digest) {
    let kept = place(digest).ok_or_else(|| "there is no place for it".to_owned()).and_then(|path| {
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, module))
            .and_then(|()| path.parent().map_or(Ok(()), |directory| forget_oldest(directory, COPIES_MAX)))
            .map_err(|error| error.to_string())
    });
    if let Err(why) = kept {
        log::debug!("no copy of the module is kept: {why}");
    }
}

/// Removes the oldest files from a directory until there are at most `max`.
fn forget_oldest(directory: &Path, max: usize) -> io::Result<()> {
    let mut files = fs::read_dir(directory)?
        .map(|entry| entry.and_then(|entry| Ok((entry.metadata()?.modified()?, entry.path()))))
        .collect::<io::Result<Vec<_>>>()?;
    files.sort();
    files.iter().rev().skip(max).try_for_each(|(_, path)| fs::remove_file(path))
}

/// Returns the copy of the module with this fingerprint, if there is one.
pub fn of_fingerprint(fingerprint: &Fingerprint) -> Option<Vec<u8>> {
    let start = fingerprint.to_string();
    let is_it = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start));
    let bytes = fs::read(fs::read_dir(directory()?).ok()?.flatten().map(|entry| entry.path()).find(is_it)?).ok()?;
    (Fingerprint::from(&wamr_client::digest_of(&bytes)) == *fingerprint).then_some(bytes)
}

/// The bytes of the module with this digest: of the file, where one is named, else of the copy. Empty where there is none.
///
/// # Errors
/// [`Status::Usage`] when the file is another module or can't be read.
pub fn module(file: Option<&Path>, digest: &Digest) -> Result<Vec<u8>, Failure> {
    let is_it = |bytes: &[u8]| Sha256::digest(bytes)[..] == digest.0;
    let Some(file) = file else {
        let copy = place(digest).and_then(|path| fs::read(path).ok());
        return Ok(copy.filter(|bytes| is_it(bytes)).unwrap_or_default());
    };
    let bytes = read_bytes(file)?;
    if !is_it(&bytes) {
        let message = format!("{} is not the app's module", file.display());
        return Err(Failure::new(Status::Usage, message).help(format!("the app's module has the SHA-256 {digest}")));
    }
    Ok(bytes)
}

fn place(digest: &Digest) -> Option<PathBuf> {
    Some(directory()?.join(format!("{digest}.wasm")))
}

fn directory() -> Option<PathBuf> {
    let cache = etcetera::choose_base_strategy().ok()?.cache_dir();
    Some(cache.join("wamrctl").join("modules"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    #[test]
    fn the_oldest_copies_are_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        for (name, age) in [("b", 2), ("c", 1), ("a", 3)] {
            let file = File::create(directory.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(60 * age)).unwrap();
        }
        forget_oldest(directory.path(), 3).unwrap();
        assert!(directory.path().join("a").exists());
        forget_oldest(directory.path(), 2).unwrap();
        let left = ["a", "b", "c"].map(|name| directory.path().join(name).exists());
        assert_eq!(left, [false, true, true]);
    }
}
