//! Reads what an AOT file says about itself: the custom section that `wamr-compiler` adds (`wamr-compiler/src/note.rs`).

use crate::{Error, Limits, MAX_MODULE_SIZE, MemoryType, scan};

/// The rules by which instructions count here.
const SCHEME: u32 = 1;

/// The kind of section that may have any content, its name with a zero at the end, and the length of that.
const SECTION: &[u8] = b"\0\0\0\0\x0c\0wamr:native\0";

/// `AOT_SECTION_TYPE_CUSTOM` in WAMR's `core/iwasm/aot/aot_runtime.h`.
const CUSTOM: u32 = 100;

const HASH_SIZE: usize = 32;

/// Rejects files that this runtime must not execute, and returns the type of the memory.
pub(crate) fn check(file: &[u8], limits: &Limits) -> Result<Option<MemoryType>, Error> {
    scan::within("bytes in the module", file.len(), MAX_MODULE_SIZE.min(limits.module_size as usize))?;
    if !file.starts_with(b"\0aot") {
        return Err(Error::InvalidModule("it is not an AOT file".into()));
    }
    if !file.as_ptr().addr().is_multiple_of(4) {
        return Err(Error::InvalidModule("the AOT file is not at an address divisible by 4".into()));
    }
    let mut note = note(file).ok_or(Error::FuelScheme)?;
    if note.u32() != Some(SCHEME) {
        return Err(Error::FuelScheme);
    }
    let truncated = || Error::InvalidModule("a section of the AOT file is too short".into());
    note.take(HASH_SIZE).ok_or_else(truncated)?;
    if note.u32().ok_or_else(truncated)? & !wamr_sys::processor() != 0 {
        return Err(Error::WrongProcessor("it uses DSP instructions, which this one does not have".into()));
    }
    let mut number = || note.u32().ok_or_else(truncated);
    let (minimum, maximum, page_size) = (number()?, number()?, number()?);
    let memory = MemoryType { minimum, maximum: Some(maximum).filter(|&pages| pages != u32::MAX), page_size };
    Ok(Some(memory).filter(|_| page_size != 0))
}

/// The content of the section.
fn note(file: &[u8]) -> Option<Reader<'_>> {
    let mut reader = Reader { file, at: 8 };
    while reader.at < file.len() {
        let (kind, size) = (reader.u32()?, reader.u32()?);
        let content = reader.take(size as usize)?;
        if kind == CUSTOM && content.starts_with(SECTION) {
            return Some(Reader { file: content.get(SECTION.len()..)?, at: 0 });
        }
        reader.at = reader.at.next_multiple_of(4);
    }
    None
}

struct Reader<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let taken = self.file.get(self.at..)?.get(..size)?;
        self.at += size;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}
