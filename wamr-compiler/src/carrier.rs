//! Puts native code into a module, for devices.
//!
//! The module is the original without its code: with its imports, exports and memory, and with its manifest and other custom sections. So
//! whatever shows, signs or uploads a module handles native code, too. The functions trap, and an additional import, [`MARK`], keeps
//! everybody from running them: a device without a runtime for native code refuses the module as it does not offer that import.
//!
//! The last section is `wamr:aot`: a byte, as many zeros as that says, and the AOT file, at an offset divisible by 4. A signature before it
//! must keep that; `wamr-signature` does.

use std::collections::HashMap;

use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, CustomSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    MemorySection, Module, StartSection, TypeSection,
};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

/// The import that no host offers: the names of its module and of the function.
pub const MARK: (&str, &str) = ("native-code", "runtime");

/// The name of the section with the AOT file. `wamr/src/native.rs` reads it.
const SECTION: &str = "wamr:aot";

/// Sections that describe the code or sign the original, by the beginnings of their names.
const LEFT_OUT: [&str; 5] = ["name", "signature", ".debug", "reloc.", "linking"];

/// Returns the module with native code in place of its own. `module` is valid, and `file` the AOT file that was made from it.
///
/// # Errors
/// For parts of a module that cannot be written again.
pub fn carry(module: &[u8], file: &[u8]) -> Result<Vec<u8>, reencode::Error> {
    let mut output = interface(module)?.finish();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CustomSection(section) = payload?
            && !LEFT_OUT.iter().any(|name| section.name().starts_with(name))
        {
            append(&mut output, section.name(), section.data());
        }
    }
    // Eight, because the length of the section may get a byte more in between.
    let mut carrier = output.clone();
    for padding in 0..8_u8 {
        carrier.truncate(output.len());
        let mut content = vec![padding];
        content.resize(1 + usize::from(padding), 0);
        content.extend(file);
        append(&mut carrier, SECTION, &content);
        if (carrier.len() - file.len()).is_multiple_of(4) {
            break;
        }
    }
    Ok(carrier)
}

fn append(module: &mut Vec<u8>, name: &str, data: &[u8]) {
    use wasm_encoder::Section;
    CustomSection { name: name.into(), data: data.into() }.append_to(module);
}

/// What others see of a module, without custom sections.
fn interface(module: &[u8]) -> Result<Module, reencode::Error> {
    let copy = &mut RoundtripReencoder;
    let (mut types, mut imports, mut memories) = (TypeSection::new(), ImportSection::new(), MemorySection::new());
    let mut stubs = Stubs::default();
    let mut exports = ExportSection::new();
    let mut start = None;
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(section) => copy.parse_type_section(&mut types, section)?,
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    if let TypeRef::Func(ty) = import?.ty {
                        stubs.types.push(ty);
                    }
                }
                stubs.imported = stubs.types.len();
                copy.parse_import_section(&mut imports, section)?;
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    stubs.types.push(ty?);
                }
            }
            Payload::MemorySection(section) => copy.parse_memory_section(&mut memories, section)?,
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    match export.kind {
                        ExternalKind::Func => {
                            exports.export(export.name, ExportKind::Func, stubs.index(export.index));
                        }
                        ExternalKind::Memory => {
                            exports.export(export.name, ExportKind::Memory, export.index);
                        }
                        // The code is what uses tables and globals.
                        _ => {}
                    }
                }
            }
            Payload::StartSection { func, .. } => start = Some(stubs.index(func)),
            _ => {}
        }
    }
    let mark = types.len();
    types.ty().function([], []);
    imports.import(MARK.0, MARK.1, EntityType::Function(mark));

    let mut output = Module::new();
    output.section(&types).section(&imports).section(&stubs.functions);
    if !memories.is_empty() {
        output.section(&memories);
    }
    output.section(&exports);
    if let Some(function_index) = start {
        output.section(&StartSection { function_index });
    }
    output.section(&stubs.code);
    Ok(output)
}

/// Functions that trap, for those that are exported.
#[derive(Default)]
struct Stubs {
    /// The type of each function of the original, imports first.
    types: Vec<u32>,
    imported: usize,
    /// The function for one of the original.
    known: HashMap<u32, u32>,
    functions: FunctionSection,
    code: CodeSection,
}

impl Stubs {
    /// The index for a function of the original.
    fn index(&mut self, original: u32) -> u32 {
        if (original as usize) < self.imported {
            return original;
        }
        *self.known.entry(original).or_insert_with(|| {
            let ty = self.types[original as usize];
            let mut trap = Function::new([]);
            trap.instructions().unreachable().end();
            self.code.function(&trap);
            self.functions.function(ty);
            // Behind the imports and the mark.
            self.imported as u32 + self.functions.len()
        })
    }
}
