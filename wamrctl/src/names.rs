//! The names of an app's functions, which a device does not keep: from the module's file, or a copy of what was uploaded.

use crate::failure::{Failure, Status};
use crate::module::read_bytes;
use etcetera::BaseStrategy;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use wamr_client::proto::Digest;

/// Keeps a copy of a module that is on a device from now on. Where that is not possible, functions have numbers later.
pub fn keep(module: &[u8], digest: &Digest) {
    let kept = place(digest).ok_or_else(|| "there is no place for it".to_owned()).and_then(|path| {
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, module))
            .map_err(|error| error.to_string())
    });
    if let Err(why) = kept {
        log::debug!("no copy of the module is kept: {why}");
    }
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
    let cache = etcetera::choose_base_strategy().ok()?.cache_dir();
    Some(cache.join("wamrctl").join("modules").join(format!("{digest}.wasm")))
}
