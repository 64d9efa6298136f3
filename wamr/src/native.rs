//! Native code in a module: where `wamrctl compile` puts it, and what it says about itself.
//!
//! `wamr-compiler` writes both: the custom section of the module (`wamr-compiler/src/carrier.rs`), and inside it, in the AOT file, another
//! one (`wamr-compiler/src/note.rs`).

use crate::{Error, MemoryType, custom_sections};
#[cfg(wamr_native)]
use crate::{Limits, MAX_MODULE_SIZE, scan};

/// The rules by which instructions count here.
const SCHEME: u32 = 1;

/// The section of a module with the AOT file. The file follows a byte and as many zeros as that says.
const CARRIER: &str = "wamr:aot";

/// The kind of section that may have any content, its name with a zero at the end, and the length of that.
const SECTION: &[u8] = b"\0\0\0\0\x0c\0wamr:native\0";

/// `AOT_SECTION_TYPE_CUSTOM` in WAMR's `core/iwasm/aot/aot_runtime.h`.
const CUSTOM: u32 = 100;

const HASH_SIZE: usize = 32;

/// The native code that a module contains in place of WebAssembly, and what it says about itself.
///
/// Nothing here is checked against the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeCode<'a> {
    /// The AOT file.
    pub file: &'a [u8],
    /// The number of the rules by which it counts its instructions.
    pub scheme: u32,
    /// SHA-256 of the WebAssembly module that it was compiled from.
    pub origin: &'a [u8],
    /// What it may use that not every processor of the architecture has: 1 for the DSP extension of Cortex-M.
    pub uses: u32,
    /// The linear memory of the module.
    pub memory: Option<MemoryType>,
    /// The model of the processor, in LLVM's words.
    pub cpu: &'a str,
}

impl<'a> NativeCode<'a> {
    /// Returns the native code of a module, if it contains any.
    ///
    /// ```
    /// let module = wat::parse_str("(module)").unwrap();
    /// assert_eq!(wamr::NativeCode::in_module(&module), Ok(None));
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidModule`] if it is not complete, or not at an offset divisible by 4; `Error::FuelScheme` if it says nothing about
    /// itself.
    pub fn in_module(module: &'a [u8]) -> Result<Option<Self>, Error> {
        let Some(file) = carried(module) else { return Ok(None) };
        let file = file.ok_or_else(truncated)?;
        if !(file.as_ptr().addr() - module.as_ptr().addr()).is_multiple_of(4) {
            return Err(Error::InvalidModule("misaligned native code: sign or compile it again with `wamrctl`".into()));
        }
        Self::in_file(file).map(Some)
    }

    /// Reads an AOT file.
    pub(crate) fn in_file(file: &'a [u8]) -> Result<Self, Error> {
        if !file.starts_with(b"\0aot") {
            return Err(Error::InvalidModule("it is not an AOT file".into()));
        }
        let mut note = note(file).ok_or_else(uncounted)?;
        let scheme = note.u32().ok_or_else(uncounted)?;
        let origin = note.take(HASH_SIZE).ok_or_else(truncated)?;
        let mut number = || note.u32().ok_or_else(truncated);
        let (uses, minimum, maximum, page_size) = (number()?, number()?, number()?, number()?);
        let memory = MemoryType { minimum, maximum: Some(maximum).filter(|&pages| pages != u32::MAX), page_size };
        let memory = Some(memory).filter(|_| page_size != 0);
        let cpu = note.take(1).and_then(|length| note.take(length[0].into())).unwrap_or_default();
        Ok(Self { file, scheme, origin, uses, memory, cpu: core::str::from_utf8(cpu).unwrap_or_default() })
    }

    /// Whether it counts its instructions by the rules of this version.
    pub fn counts(&self) -> bool {
        self.scheme == SCHEME
    }
}

/// Whether a module contains native code in place of WebAssembly.
pub fn is_native(module: &[u8]) -> bool {
    carried(module).is_some()
}

/// The AOT file of a module; `Some(None)` if it is not complete.
fn carried(module: &[u8]) -> Option<Option<&[u8]>> {
    let (_, content) = custom_sections(module).find(|(name, _)| *name == CARRIER)?;
    Some(content.split_first().and_then(|(&padding, rest)| rest.get(padding.into()..)))
}

/// Only runtimes for native code have an error of its own for this.
fn uncounted() -> Error {
    #[cfg(wamr_native)]
    return Error::FuelScheme;
    #[cfg(not(wamr_native))]
    return Error::InvalidModule("the native code does not count its instructions".into());
}

fn truncated() -> Error {
    Error::InvalidModule("a section of the AOT file is too short".into())
}

/// Rejects files that this runtime must not execute, and returns the type of the memory.
#[cfg(wamr_native)]
pub(crate) fn check(file: &[u8], limits: &Limits) -> Result<Option<MemoryType>, Error> {
    scan::within("bytes in the module", file.len(), MAX_MODULE_SIZE.min(limits.module_size as usize))?;
    let code = NativeCode::in_file(file)?;
    if !file.as_ptr().addr().is_multiple_of(4) {
        return Err(Error::InvalidModule("the AOT file is not at an address divisible by 4".into()));
    }
    if !code.counts() {
        return Err(Error::FuelScheme);
    }
    if code.uses & !wamr_sys::processor() != 0 {
        return Err(Error::WrongProcessor("it uses DSP instructions, which this one does not have".into()));
    }
    Ok(code.memory)
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
