//! Shrinks the memory of a module to the bytes that the module uses.

use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::json;
use crate::module::{self, Module, for_each_section};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wamr_signature::SIGNATURE_SECTION;
use wasm_encoder::{MemorySection, MemoryType};
use wasmparser::{DataKind, ExternalKind, Operator, Parser, Payload, TypeRef};

/// Alignment of the stack in C and Rust, and so of the memory's end.
const ALIGNMENT: u64 = 16;

/// Shrink the memory of a module to the bytes that it uses
///
/// Without the proposal "custom page sizes", a memory is a multiple of 64 KiB. This command gives it pages of one byte, and as many as
/// the module uses: to the end of its data and stack, which the module's export `__heap_base` says, and of its heap. It refuses modules
/// that grow their memory or read its size. Linkers that have the option `--page-size=1` do not need it.
#[derive(clap::Args)]
pub struct Arguments {
    /// WebAssembly module
    file: PathBuf,
    /// File for the module with the smaller memory
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Size of the heap after the module's data and stack
    #[arg(long, value_name = "BYTES", default_value_t = 0, conflicts_with = "size")]
    heap: u32,
    /// Size of the memory [default: to `__heap_base`, with the heap]
    #[arg(long, value_name = "BYTES")]
    size: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// Those of [`Module::read`]; [`Status::InvalidModule`] if the module does not say how much it uses, or could notice the difference;
/// [`Status::Usage`] if the output can't be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let module = Module::read(&arguments.file)?;
    let wanted = arguments.size.map_or(Wanted::Heap(arguments.heap), Wanted::Size);
    let (bytes, size) = shrink(&module, wanted).map_err(|reason| refused(&arguments.file, reason))?;
    module::write(&arguments.output, &bytes)?;
    let before = module.memories[0].minimum_bytes();
    if arguments.json {
        let file = arguments.output.to_string_lossy();
        json::print(&json!({ "file": file, "size": bytes.len(), "memory": size, "memory_before": before }));
    } else {
        println!("The memory of {} has {size} bytes, {} fewer", shown(arguments.output.display()), before - size);
        if module.custom_sections.iter().any(|section| section.name == SIGNATURE_SECTION) {
            println!("Its signature was removed: sign it with `wamrctl sign`");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The failure for a reason of [`shrink`].
fn refused(file: &Path, (why, help): (String, &'static str)) -> Failure {
    let file = shown(file.display());
    Failure::new(Status::InvalidModule, format!("the memory of {file} cannot be shrunk: {why}")).help(help)
}

/// By how many bytes the memory of a module would be smaller, if it can be shrunk without further information.
pub fn saving(module: &Module) -> Option<u64> {
    let (_, size) = shrink(module, Wanted::Heap(0)).ok()?;
    module.memories.first()?.minimum_bytes().checked_sub(size).filter(|saving| *saving > 0)
}

/// The module with a memory that was shrunk, or as it is if its memory already has pages of one byte.
///
/// # Errors
/// [`Status::InvalidModule`] if the module is signed, or if its memory cannot be shrunk.
pub fn shrunk(file: &Path, module: Module) -> Result<Module, Failure> {
    if module.memories.iter().all(|memory| memory.page_size == 1) {
        return Ok(module);
    }
    if module.custom_sections.iter().any(|section| section.name == SIGNATURE_SECTION) {
        let reason = ("its signature would not match".into(), "shrink it with `wamrctl shrink` before you sign it");
        return Err(refused(file, reason));
    }
    let (bytes, _) = shrink(&module, Wanted::Heap(0)).map_err(|reason| refused(file, reason))?;
    Module::parse(bytes).map_err(|error| Failure::new(Status::InvalidModule, error))
}

/// The memory that a user asks for.
#[derive(Clone, Copy)]
enum Wanted {
    /// What the module uses, and a heap of so many bytes.
    Heap(u32),
    /// So many bytes.
    Size(u32),
}

/// The module with a smaller memory, and the size of that.
///
/// # Errors
/// Why it can't be, and the remedy.
fn shrink(module: &Module, wanted: Wanted) -> Result<(Vec<u8>, u64), (String, &'static str)> {
    if module.native {
        return Err(("its code is native code".into(), "shrink the module that it was compiled from"));
    }
    let used = Used::of(&module.bytes)?;
    let before = match &module.memories[..] {
        [] => return Err(("the module has none".into(), "nothing has to be done")),
        [memory] if memory.page_size == 1 => {
            return Err(("its pages are of one byte already".into(), "nothing has to be done"));
        }
        [memory] => memory.minimum_bytes(),
        _ => return Err(("the module has several".into(), "devices do not support it")),
    };
    let size = match (wanted, used.heap_base) {
        (Wanted::Heap(heap), Some(base)) => (base + u64::from(heap)).next_multiple_of(ALIGNMENT),
        (Wanted::Size(size), _) => size.into(),
        (Wanted::Heap(_), None) => {
            let why = "the module does not say how much of it it uses";
            return Err((why.into(), "link it with `--export=__heap_base`, or set the size with `--size`"));
        }
    };
    let least = used.data_end.max(used.heap_base.unwrap_or(0));
    if size < least {
        return Err((format!("its data and stack take {least} bytes, more than {size}"), "set a larger size"));
    }
    if size > before {
        return Err((format!("{size} bytes are more than its {before}"), "set a smaller size"));
    }
    Ok((with_memory(&module.bytes, size), size))
}

/// The part of its memory that a module is known to use.
#[derive(Default)]
struct Used {
    /// Where the module's data ends.
    data_end: u64,
    /// The export `__heap_base`: where its data and its stack end.
    heap_base: Option<u64>,
}

impl Used {
    fn of(bytes: &[u8]) -> Result<Self, (String, &'static str)> {
        const VALID: &str = "the module was checked";
        let mut used = Self::default();
        // Their constants, by index.
        let mut globals = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.expect(VALID) {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import.expect(VALID).ty {
                            TypeRef::Global(_) => globals.push(None),
                            TypeRef::Memory(_) => {
                                return Err(("the module imports it".into(), "devices do not support it"));
                            }
                            _ => {}
                        }
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global.expect(VALID);
                        globals.push(constant(global.init_expr.get_operators_reader()).filter(|_| !global.ty.mutable));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section.into_iter().map(|export| export.expect(VALID)) {
                        if export.kind == ExternalKind::Global && export.name == "__heap_base" {
                            used.heap_base = globals.get(export.index as usize).copied().flatten().map(u64::from);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    for operator in body.get_operators_reader().expect(VALID) {
                        let what = match operator.expect(VALID) {
                            Operator::MemoryGrow { .. } => "grows it",
                            Operator::MemorySize { .. } => "reads its size",
                            _ => continue,
                        };
                        let help = "build the module without an allocator, or with one of a fixed size";
                        return Err((format!("the module {what}"), help));
                    }
                }
                Payload::DataSection(section) => {
                    for data in section.into_iter().map(|data| data.expect(VALID)) {
                        if let DataKind::Active { offset_expr, .. } = data.kind {
                            let Some(start) = constant(offset_expr.get_operators_reader()) else {
                                let why = "the address of some data is not a constant";
                                return Err((why.into(), "link the module without position-independent code"));
                            };
                            used.data_end = used.data_end.max(u64::from(start) + data.data.len() as u64);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(used)
    }
}

/// The value of an expression that is one constant of 32 bits.
fn constant(expression: wasmparser::OperatorsReader<'_>) -> Option<u32> {
    let mut operators = expression.into_iter();
    match (operators.next()?.ok()?, operators.next()?.ok()?) {
        (Operator::I32Const { value }, Operator::End) => Some(value as u32),
        _ => None,
    }
}

/// The module with a memory of `size` bytes. Signed it is not.
fn with_memory(bytes: &[u8], size: u64) -> Vec<u8> {
    let mut memories = MemorySection::new();
    let ty = MemoryType { minimum: size, maximum: Some(size), memory64: false, shared: false, page_size_log2: Some(0) };
    memories.memory(ty);
    let mut module = wasm_encoder::Module::new();
    for_each_section(bytes, |payload, raw| match payload {
        Payload::MemorySection(_) => _ = module.section(&memories),
        Payload::CustomSection(section) if section.name() == SIGNATURE_SECTION => {}
        _ => _ = module.section(&raw),
    });
    module.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With its memory, unless it can't be shrunk.
    fn shrunk(text: &str, wanted: Wanted) -> Result<String, String> {
        let module = Module::parse(wat::parse_str(text).unwrap()).expect("a valid module");
        let (bytes, size) = shrink(&module, wanted).map_err(|(why, _)| why)?;
        let module = Module::parse(bytes).expect("a valid module");
        assert_eq!(module.memories[0].minimum_bytes(), size);
        assert_eq!(module.unsupported, None);
        Ok(module.memories[0].to_string())
    }

    #[test]
    fn the_module_says_how_much_it_uses() {
        let text =
            r#"(module (memory 1) (global (export "__heap_base") i32 (i32.const 4500)) (data (i32.const 4096) "abc"))"#;
        assert_eq!(shrunk(text, Wanted::Heap(0)).unwrap(), "4512 bytes, fixed");
        assert_eq!(shrunk(text, Wanted::Heap(1000)).unwrap(), "5504 bytes, fixed");
        assert_eq!(shrunk(text, Wanted::Size(4500)).unwrap(), "4500 bytes, fixed");
        let refusal = shrunk(text, Wanted::Size(4499)).unwrap_err();
        assert_eq!(refusal, "its data and stack take 4500 bytes, more than 4499");
        assert_eq!(shrunk(text, Wanted::Heap(61_040)).unwrap_err(), "65552 bytes are more than its 65536");
    }

    #[test]
    fn a_user_can_say_it() {
        let text = r#"(module (memory 2 4) (data (i32.const 100) "abc"))"#;
        let silent = "the module does not say how much of it it uses";
        assert_eq!(shrunk(text, Wanted::Heap(0)).unwrap_err(), silent);
        assert_eq!(shrunk(text, Wanted::Size(103)).unwrap(), "103 bytes, fixed");
        assert!(shrunk(text, Wanted::Size(102)).is_err());
        let variable = r#"(module (memory 1) (global (export "__heap_base") (mut i32) (i32.const 10)))"#;
        assert_eq!(shrunk(variable, Wanted::Heap(0)).unwrap_err(), silent);
    }

    #[test]
    fn a_module_is_shrunk_for_an_upload() {
        let module = |text: &str| Module::parse(wat::parse_str(text).unwrap()).expect("a valid module");
        let shrunk = |text: &str| super::shrunk(Path::new("app.wasm"), module(text));
        let base = r#"(global (export "__heap_base") i32 (i32.const 4500))"#;
        let text = format!("(module (memory 1) {base})");
        assert_eq!(saving(&module(&text)), Some(65_536 - 4_512));
        let smaller = shrunk(&text).unwrap();
        assert_eq!((smaller.memories[0].minimum_bytes(), saving(&smaller)), (4_512, None));
        // Nothing is left to do.
        for text in ["(module)", "(module (memory 5000 (pagesize 1)))"] {
            assert_eq!((shrunk(text).unwrap().bytes, saving(&module(text))), (module(text).bytes, None));
        }
        for (text, why) in [
            (format!("(module (memory 1) {base} (func (drop memory.size)))"), "the module reads its size"),
            ("(module (memory 1))".into(), "the module does not say how much of it it uses"),
            (format!(r#"(module (@custom "signature" "") (memory 1) {base})"#), "its signature would not match"),
        ] {
            let error = shrunk(&text).err().expect(&text).to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_could_notice_is_refused() {
        for (text, why) in [
            ("(module)", "the module has none"),
            ("(module (memory 5 (pagesize 1)))", "its pages are of one byte already"),
            (r#"(module (import "a" "b" (memory 1)))"#, "the module imports it"),
            ("(module (memory 1) (func (drop memory.size)))", "the module reads its size"),
            ("(module (memory 1) (func (drop (memory.grow (i32.const 0)))))", "the module grows it"),
            (
                r#"(module (import "a" "b" (global i32)) (memory 1) (data (global.get 0) "a"))"#,
                "the address of some data is not a constant",
            ),
        ] {
            assert_eq!(shrunk(text, Wanted::Size(100)).unwrap_err(), why, "{text}");
        }
    }
}
