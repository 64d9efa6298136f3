//! The WIT package in `wit/`, and how the tests keep the files that are generated from it current.
#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;
use wit_parser::{PackageId, Resolve, WorldId};

/// The path of a file of this repository.
pub fn path(of: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(of)
}

/// Reads `wit/` with the packages that it depends on.
///
/// # Panics
/// If it is not valid WIT. The message says why.
pub fn package() -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    match resolve.push_dir(path("wit")) {
        Ok((package, _)) => (resolve, package),
        Err(error) => panic!("{error:#}"),
    }
}

/// Finds a world of the package.
///
/// # Panics
/// If there is none of this name.
pub fn world(resolve: &Resolve, package: PackageId, name: &str) -> WorldId {
    resolve.select_world(&[package], Some(name)).unwrap_or_else(|error| panic!("{error:#}"))
}

/// Checks that a file of this repository has this content. With `UPDATE_EXPECT=1` in the environment, writes it instead.
///
/// # Panics
/// If the content differs, or cannot be read or written.
pub fn check_generated(file: &str, content: &[u8]) {
    let at = path(file);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&at, content).unwrap_or_else(|error| panic!("{file} cannot be written: {error}"));
    }
    let found = fs::read(&at).unwrap_or_else(|error| panic!("{file} cannot be read: {error}"));
    assert!(found == content, "{file} is stale: run UPDATE_EXPECT=1 cargo test -p contract");
}
