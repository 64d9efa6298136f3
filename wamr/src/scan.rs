//! Reads a module's sections before WAMR does, to reject modules that would overflow its loader, and to find custom sections.

use crate::{Error, Limits, MemoryType, PAGE_SIZE};

/// Maximum size of a module in bytes.
pub const MAX_MODULE_SIZE: usize = 16 * 1024 * 1024;

/// Maximum number of 32-bit words of constants that the loader of the fast interpreter stores apart from the code of a function. At this
/// limit, its two passes disagree and it writes beyond its buffer (CVE-2026-54912; the limit is `INT16_MAX - 2` in
/// `wasm_loader_get_const_offset`), so no function may come near it.
const MAX_CONSTANTS: usize = i16::MAX as usize - 2;

const CUSTOM_SECTION: u8 = 0;
const FUNCTION_SECTION: u8 = 3;
const TABLE_SECTION: u8 = 4;
const MEMORY_SECTION: u8 = 5;
pub(crate) const EXPORT_SECTION: u8 = 7;
const CODE_SECTION: u8 = 10;

/// Flags of a memory's limits.
const HAS_MAXIMUM: u32 = 1;
const HAS_PAGE_SIZE: u32 = 8;

/// The custom sections of a module in their order, as name and content. The iterator ends at the first byte that is not valid.
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

/// Rejects modules that WAMR must not load, and returns the type of the memory, which WAMR does not keep as it is declared.
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

/// The first memory of the section; WAMR rejects a second.
fn memory_type(content: &[u8]) -> Option<MemoryType> {
    let mut reader = Reader(content);
    let (_count, flags, minimum) = (reader.u32().filter(|&count| count > 0)?, reader.u32()?, reader.u32()?);
    let maximum = if flags & HAS_MAXIMUM == 0 { None } else { Some(reader.u32()?) };
    // WAMR rejects all sizes but 1 and that of the standard.
    let page_size = if flags & HAS_PAGE_SIZE == 0 { PAGE_SIZE as u32 } else { 1_u32.checked_shl(reader.u32()?)? };
    Some(MemoryType { minimum, maximum, page_size })
}

pub(crate) fn within(what: &'static str, size: usize, limit: usize) -> Result<(), Error> {
    if size > limit { Err(Error::TooLarge { what, size, limit }) } else { Ok(()) }
}

/// The largest initial number of elements of a table in the section; `None` for bytes that WAMR rejects.
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
        // An instruction has at least one byte for each word of its constant.
        let words = if wamr_sys::CLASSIC_INTERP || body.len() < MAX_CONSTANTS { 0 } else { most_constants(body) };
        within("words of constants in one function", words, MAX_CONSTANTS - 1)?;
    }
    Ok(())
}

/// An upper bound for the words of constants in a function. It does not decode the code: every byte could be an instruction.
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

/// The sections after the header, as number and content. An error ends the iterator.
pub(crate) fn sections(module: &[u8]) -> impl Iterator<Item = Result<(u8, &[u8]), ()>> {
    Reader(module.get(8..).unwrap_or_default()).sections()
}

/// The bytes that are left to read.
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// All bytes that are left as sections, as number and content. An error ends the iterator.
    pub fn sections(mut self) -> impl Iterator<Item = Result<(u8, &'a [u8]), ()>> {
        core::iter::from_fn(move || self.section())
    }

    #[inline(never)]
    fn section(&mut self) -> Option<Result<(u8, &'a [u8]), ()>> {
        let (&id, rest) = self.0.split_first()?;
        self.0 = rest;
        let content = self.u32().and_then(|size| self.take(size));
        if content.is_none() {
            self.0 = &[];
        }
        Some(content.map(|content| (id, content)).ok_or(()))
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
    fn the_limits_hold_to_the_last_one() {
        let limits = Limits { module_size: 200, functions: 3, function_size: 20, table_elements: 7, ..Limits::DEFAULT };
        let check = |text: std::string::String| {
            let module = wat::parse_str(text).unwrap();
            check(&module, &limits).map(|_| module.len())
        };
        let too_large = |what, size, limit| Err(Error::TooLarge { what, size, limit });
        // The name of the section, its length and that of its content take 5 bytes, the header 8.
        let custom = |size: usize| check(std::format!(r#"(module (@custom "a" "{}"))"#, "x".repeat(size - 13)));
        assert_eq!(custom(200), Ok(200));
        assert_eq!(custom(201), too_large("bytes in the module", 201, 200));
        let functions = |count| check(std::format!("(module {})", "(func)".repeat(count)));
        assert!(functions(3).is_ok());
        assert_eq!(functions(4), too_large("functions", 4, 3));
        // Locals take a byte, and so does the end.
        let body = |size: usize| check(std::format!("(module (func) (func {}))", "nop ".repeat(size - 2)));
        assert!(body(20).is_ok());
        assert_eq!(body(21), too_large("bytes in one function", 21, 20));
        let tables = |first, second| check(std::format!("(module (table {first} 9 funcref) (table {second} funcref))"));
        assert!(tables(7, 7).is_ok());
        assert_eq!(tables(8, 1), too_large("elements in a table", 8, 7));
        assert_eq!(tables(1, 8), too_large("elements in a table", 8, 7));
    }

    #[test]
    fn finds_the_memory() {
        let memory = |text: &str| check(&wat::parse_str(text).unwrap(), &Limits::DEFAULT).unwrap();
        let memory_type = |minimum, maximum| Some(MemoryType { minimum, maximum, page_size: PAGE_SIZE as u32 });
        assert_eq!(memory("(module)"), None);
        assert_eq!(memory("(module (memory 3))"), memory_type(3, None));
        assert_eq!(memory("(module (memory 3 500))"), memory_type(3, Some(500)));
        let bytes = |minimum, maximum| Some(MemoryType { minimum, maximum, page_size: 1 });
        assert_eq!(memory("(module (memory 5000 (pagesize 1)))"), bytes(5000, None));
        assert_eq!(memory("(module (memory 5000 70000 (pagesize 1)))"), bytes(5000, Some(70_000)));
        assert_eq!(memory("(module (memory 3 (pagesize 65536)))"), memory_type(3, None));
        assert_eq!(check(b"\0asm\x01\0\0\0\x05\x01\0", &Limits::DEFAULT), Ok(None), "a section without any");
    }

    /// The loader of the fast interpreter must not come near its own limit, where it writes beyond a buffer.
    #[test]
    #[cfg(not(feature = "classic-interp"))]
    fn counts_whatever_can_be_a_constant() {
        let check = |constant: &str, count| {
            let text = std::format!("(module (func) (func {}))", std::format!("({constant}) drop ").repeat(count));
            check(&wat::parse_str(text).unwrap(), &Limits::DEFAULT).map(|_| ())
        };
        for (constant, words) in [("i32.const 0", 1), ("f32.const 0", 1), ("i64.const 0", 2), ("f64.const 0", 2)] {
            let most = (MAX_CONSTANTS - 1) / words;
            assert_eq!(check(constant, most), Ok(()), "{constant}");
            let (size, limit) = ((most + 1) * words, MAX_CONSTANTS - 1);
            let what = "words of constants in one function";
            assert_eq!(check(constant, most + 1), Err(Error::TooLarge { what, size, limit }), "{constant}");
        }
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
