//! Names of functions, for backtraces.

use crate::scan::{EXPORT_SECTION, Reader, custom_sections, sections};

/// The subsection of the `name` section with the names of functions.
const FUNCTION_NAMES: u8 = 1;
/// The kind of an exported function.
const FUNCTION: u8 = 0;

/// The name of the function `index` of a module, with imports first: from the `name` section, which compilers write unless it is stripped,
/// or else from an export. `None` without either, or if the bytes are not a module.
///
/// It names the functions in the [backtrace](crate::Usage::backtrace) of a trap:
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// let text = r#"(module (func $check unreachable) (func (export "run") call $check))"#;
/// let bytes = wat::parse_str(text).unwrap();
/// # show(text, |_, module| {
/// let mut instance = wamr::Instance::new(module)?;
/// instance.get_typed_func::<(), ()>("run")?.call(&mut instance, ()).unwrap_err();
/// let names = instance.usage().backtrace().iter().map(|&index| wamr::function_name(&bytes, index));
/// assert!(names.eq([Some("check"), Some("run")]));
/// # Ok(()) }) }
/// ```
pub fn function_name(module: &[u8], index: u32) -> Option<&str> {
    from_name_section(module, index).or_else(|| from_exports(module, index))
}

fn from_name_section(module: &[u8], index: u32) -> Option<&str> {
    let (_, content) = custom_sections(module).find(|(name, _)| *name == "name")?;
    let (_, names) = Reader(content).sections().map_while(Result::ok).find(|(id, _)| *id == FUNCTION_NAMES)?;
    let mut reader = Reader(names);
    for _ in 0..reader.u32()? {
        let (function, name) = (reader.u32()?, reader.name()?);
        if function == index {
            return Some(name);
        }
    }
    None
}

fn from_exports(module: &[u8], index: u32) -> Option<&str> {
    let (_, exports) = sections(module).map_while(Result::ok).find(|(id, _)| *id == EXPORT_SECTION)?;
    let mut reader = Reader(exports);
    for _ in 0..reader.u32()? {
        let (name, kind, exported) = (reader.name()?, reader.take(1)?, reader.u32()?);
        if kind == [FUNCTION] && exported == index {
            return Some(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn names(text: &str) -> Vec<Option<&'static str>> {
        let module = wat::parse_str(text).unwrap().leak();
        (0..4).map(|index| function_name(module, index)).collect()
    }

    #[test]
    fn the_name_section_comes_before_exports() {
        let text = r#"(module $m (import "h" "f" (func $imported)) (func $inner) (func (export "outer") (local $l i32))
            (global (export "three") i32 (i32.const 0)))"#;
        assert_eq!(names(text), [Some("imported"), Some("inner"), Some("outer"), None]);
        let text = r#"(module (func $a (export "b")) (func $c))"#;
        assert_eq!(names(text), [Some("a"), Some("c"), None, None]);
        assert_eq!(names("(module (func) (func))"), [None; 4]);
    }

    #[test]
    fn broken_names_are_none() {
        let module = wat::parse_str(r#"(module (func $first) (func $second (export "b")))"#).unwrap();
        assert_eq!(function_name(&module, 1), Some("second"));
        for length in 0..module.len() {
            let name = function_name(&module[..length], 1);
            assert!([None, Some("b")].contains(&name), "{length}: {name:?}");
        }
        for at in 8..module.len() {
            for change in [1, 0x40, 0x80, 0xff] {
                let mut module = module.clone();
                module[at] ^= change;
                function_name(&module, 1);
            }
        }
        assert_eq!(function_name(b"\0asm", 0), None);
    }
}
