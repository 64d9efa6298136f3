//! Reads a module's sections before WAMR does: to refuse what would overflow its loader, and to find custom sections.

use crate::{Error, Limits, MemoryType};

/// The largest module that is accepted, in bytes.
pub const MAX_MODULE_SIZE: usize = 16 * 1024 * 1024;

/// How many 32-bit words of constants the loader of the fast interpreter keeps apart from the code of one function. At the limit
/// its two passes disagree and it writes beyond its buffer (CVE-2026-54912, the limit is `INT16_MAX - 2` in
/// `wasm_loader_get_const_offset`), so no function may come near it.
const MAX_CONSTANTS: usize = i16::MAX as usize - 2;

const CUSTOM_SECTION: u8 = 0;
const FUNCTION_SECTION: u8 = 3;
const TABLE_SECTION: u8 = 4;
const MEMORY_SECTION: u8 = 5;
pub(crate) const EXPORT_SECTION: u8 = 7;
const CODE_SECTION: u8 = 10;

/// The custom sections of a module, as name and content, in their order. Ends early when the bytes are not a module.
///
/// ```
/// let bytes = wat::parse_str(r#"(module (@custom "version" "1.2"))"#).unwrap();
/// let version = wamr::custom_sections(&bytes).find(|(name, _)| *name == "version");
/// assert_eq!(version, Some(("version", &b"1.2"[..])));
/// ```
pub fn custom_sections(module: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    sections(module).map_while(Result::ok).filter_map(|(id, content)| {
        let mut reader = Reader(content);
        (id == CUSTOM_SECTION).then(|| Some((reader.name()?, reader.0)))?
    })
}

/// Refuses what WAMR must not see and gives the type of the memory, which WAMR does not keep as it is written.
pub(crate) fn check(module: &[u8], limits: &Limits) -> Result<Option<MemoryType>, Error> {
    if module.starts_with(b"\0aot") {
        return Err(Error::AotFile);
    }
    within("bytes in the module", module.len(), MAX_MODULE_SIZE.min(limits.module_size as usize))?;
    if !module.starts_with(b"\0asm\x01\0\0\0") {
        return Err(Error::InvalidModule("it does not start with the magic number and version 1".into()));
    }
    let mut memory = None;
    for section in sections(module) {
        match section {
            Ok((MEMORY_SECTION, content)) => memory = memory_type(content),
            Ok((FUNCTION_SECTION, content)) => {
                within("functions", Reader(content).u32().unwrap_or(0) as usize, limits.functions as usize)?;
            }
            Ok((TABLE_SECTION, content)) => {
                let elements = largest_table(content).unwrap_or(0);
                within("elements in a table", elements as usize, limits.table_elements as usize)?;
            }
            Ok((CODE_SECTION, content)) => check_code(content, limits)?,
            Ok(_) => {}
            Err(()) => return Err(Error::InvalidModule("a section ends beyond the end of the module".into())),
        }
    }
    Ok(memory)
}

/// The first memory of the section; WAMR refuses a second.
fn memory_type(content: &[u8]) -> Option<MemoryType> {
    let mut reader = Reader(content);
    let (_count, flags, minimum) = (reader.u32().filter(|&count| count > 0)?, reader.u32()?, reader.u32()?);
    let maximum = if flags & 1 == 0 { None } else { Some(reader.u32()?) };
    Some(MemoryType { minimum, maximum })
}

fn within(what: &'static str, size: usize, limit: usize) -> Result<(), Error> {
    if size > limit { Err(Error::TooLarge { what, size, limit }) } else { Ok(()) }
}

/// The most elements that a table of the section begins with. `None` for bytes that WAMR refuses.
fn largest_table(content: &[u8]) -> Option<u32> {
    let mut reader = Reader(content);
    let mut largest = 0;
    for _ in 0..reader.u32()? {
        let (_type, flags, minimum) = (reader.take(1)?, reader.u32()?, reader.u32()?);
        if flags & 1 != 0 {
            reader.u32()?;
        }
        largest = largest.max(minimum);
    }
    Some(largest)
}

fn check_code(content: &[u8], limits: &Limits) -> Result<(), Error> {
    let truncated = || Error::InvalidModule("a function ends beyond the end of the code section".into());
    let mut reader = Reader(content);
    for _ in 0..reader.u32().ok_or_else(truncated)? {
        let size = reader.u32().ok_or_else(truncated)?;
        let body = reader.take(size).ok_or_else(truncated)?;
        within("bytes in one function", body.len(), limits.function_size as usize)?;
        let words = if wamr_sys::CLASSIC_INTERP { 0 } else { most_constants(body) };
        within("words of constants in one function", words, MAX_CONSTANTS - 1)?;
    }
    Ok(())
}

/// An upper bound for the words of constants in a function, without decoding it: every byte could be an instruction.
fn most_constants(body: &[u8]) -> usize {
    const I32_CONST: u8 = 0x41;
    const I64_CONST: u8 = 0x42;
    const F32_CONST: u8 = 0x43;
    const F64_CONST: u8 = 0x44;
    body.iter()
        .map(|byte| match *byte {
            I32_CONST | F32_CONST => 1,
            I64_CONST | F64_CONST => 2,
            _ => 0,
        })
        .sum()
}

/// The sections after the header as number and content; an error ends them.
pub(crate) fn sections(module: &[u8]) -> impl Iterator<Item = Result<(u8, &[u8]), ()>> {
    Reader(module.get(8..).unwrap_or_default()).sections()
}

/// What is left to read.
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// All that is left as sections, number and content; an error ends them.
    pub fn sections(mut self) -> impl Iterator<Item = Result<(u8, &'a [u8]), ()>> {
        core::iter::from_fn(move || {
            let (&id, rest) = self.0.split_first()?;
            self.0 = rest;
            let content = self.u32().and_then(|size| self.take(size));
            if content.is_none() {
                self.0 = &[];
            }
            Some(content.map(|content| (id, content)).ok_or(()))
        })
    }

    pub fn name(&mut self) -> Option<&'a str> {
        let length = self.u32()?;
        core::str::from_utf8(self.take(length)?).ok()
    }

    pub fn take(&mut self, size: u32) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(size as usize)?;
        self.0 = rest;
        Some(taken)
    }

    /// An LEB128 number of at most 32 bits and five bytes.
    pub fn u32(&mut self) -> Option<u32> {
        let mut value = 0;
        for shift in (0..32).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u32::from(byte & 0x7f);
            if shift == 28 && bits > 0xf {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn reads_numbers() {
        let read = |bytes: &[u8]| Reader(bytes).u32();
        assert_eq!(read(&[0x7f]), Some(127));
        assert_eq!(read(&[0xe5, 0x8e, 0x26]), Some(624_485));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Some(u32::MAX));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None);
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), None);
        assert_eq!(read(&[0x80]), None);
    }

    #[test]
    fn finds_custom_sections() {
        let module =
            wat::parse_str(r#"(module (@custom "a" "one") (memory 1) (@custom "b" (after last) "two"))"#).unwrap();
        let found: Vec<_> = custom_sections(&module).collect();
        assert_eq!(found, [("a", &b"one"[..]), ("b", &b"two"[..])]);
        assert_eq!(custom_sections(b"\0asm").count(), 0);
    }

    #[test]
    fn refuses_headers_and_sizes() {
        let check = |bytes: &[u8]| check(bytes, &Limits::DEFAULT);
        assert_eq!(check(b"\0aot\x06\0\0\0"), Err(Error::AotFile));
        assert!(matches!(check(b""), Err(Error::InvalidModule(_))));
        assert!(matches!(check(b"\0asm\x01\0\0\0\x0a\x05"), Err(Error::InvalidModule(_))));
        assert!(matches!(check(&std::vec![0; MAX_MODULE_SIZE + 1]), Err(Error::TooLarge { .. })));
    }
}
