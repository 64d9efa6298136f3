//! What the group knows of an open file.

use super::{Mode, Path};
use crate::Error;

/// The size of a flash page, for the count of erasures.
const PAGE: u32 = 4096;

/// An open file.
#[derive(Clone, Debug)]
pub(super) struct OpenFile {
    pub path: Path,
    /// With what is not synced.
    pub size: u32,
    mode: Mode,
    /// The file system has failed: the file has its content of the last sync again when it is closed.
    pub is_broken: bool,
    /// Where a write goes on with an earlier one. `None` if what was written is in the flash.
    next: Option<u32>,
}

impl OpenFile {
    pub fn new(path: Path, size: u32, mode: Mode) -> Self {
        Self { path, size, mode, is_broken: false, next: None }
    }

    pub fn check_writable(&self) -> Result<(), Error> {
        match self {
            Self { is_broken: true, .. } => Err(Error::Io),
            Self { mode: Mode::Read, .. } => Err(Error::NotSupported),
            _ => Ok(()),
        }
    }

    /// Something was written that ends here.
    pub fn written(&mut self, end: u32, done: Result<(), Error>) {
        match done {
            Ok(()) => (self.size, self.next) = (self.size.max(end), Some(end)),
            Err(_) => self.is_broken = true,
        }
    }

    pub fn synced(&mut self, done: Result<(), Error>) {
        self.is_broken |= done.is_err();
        self.flushed();
    }

    pub fn flushed(&mut self) {
        self.next = None;
    }
}

/// How many pages have to be erased for a write, at most, if the file system writes a file anew from the page of a change to the end.
pub(super) fn erases(file: &OpenFile, offset: u32, end: u32) -> u32 {
    match file.next == Some(offset) {
        true => end / PAGE - offset / PAGE,
        false => 1 + end.max(file.size) / PAGE - offset.min(file.size) / PAGE,
    }
}
