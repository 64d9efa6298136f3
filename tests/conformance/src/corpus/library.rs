//! What modules may import and a copy can stand for.

extern crate std;

use std::collections::HashMap;
use std::string::String;
use std::vec::Vec;

use wasm_encoder::ConstExpr;
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasmparser::{
    ExternalKind, FuncType, GlobalType, MemoryType, Operator, OperatorsReader, Parser, Payload, TableType, TypeRef,
};

/// Exports, by name.
#[derive(Debug, Default)]
pub struct Library {
    /// Functions that only give constants, with their bodies.
    pub functions: HashMap<String, (FuncType, Vec<u8>)>,
    /// Immutable globals with constants as their values.
    pub globals: HashMap<String, (GlobalType, ConstExpr)>,
    /// Tables. A copy shares nothing with the original.
    pub tables: HashMap<String, TableType>,
    /// Memories. A copy shares nothing with the original.
    pub memories: HashMap<String, MemoryType>,
}

type Result<T> = core::result::Result<T, Error>;

impl Library {
    /// What the tests expect of the module `spectest`, but for its functions.
    pub fn spectest() -> Self {
        let module = r#"(module
            (global (export "global_i32") i32 (i32.const 666))
            (global (export "global_i64") i64 (i64.const 666))
            (global (export "global_f32") f32 (f32.const 666.6))
            (global (export "global_f64") f64 (f64.const 666.6))
            (table (export "table") 10 20 funcref)
            (memory (export "memory") 1 2))"#;
        let module = wat::parse_str(module).expect("valid text");
        Contents::read(&module).and_then(Contents::library).expect("a valid module")
    }

    /// The constants that a module exports, which nobody can tell from copies; none of a module that is not valid.
    pub fn constants(module: &[u8]) -> Self {
        let all = Contents::read(module).and_then(Contents::library).unwrap_or_default();
        Self { functions: all.functions, globals: all.globals, ..Self::default() }
    }
}

/// The index spaces of a module. `None` is what is imported or no constant.
#[derive(Default)]
struct Contents<'m> {
    types: Vec<FuncType>,
    functions: Vec<Option<FuncType>>,
    /// Of the functions that are not imported, the last ones.
    bodies: Vec<Option<&'m [u8]>>,
    globals: Vec<Option<(GlobalType, ConstExpr)>>,
    tables: Vec<Option<TableType>>,
    memories: Vec<Option<MemoryType>>,
    exports: Vec<wasmparser::Export<'m>>,
}

impl<'m> Contents<'m> {
    fn read(module: &'m [u8]) -> Result<Self> {
        let mut contents = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            contents.add(payload?)?;
        }
        Ok(contents)
    }

    fn add(&mut self, payload: Payload<'m>) -> Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) => self.functions.push(None),
                        TypeRef::Global(_) => self.globals.push(None),
                        TypeRef::Table(_) => self.tables.push(None),
                        TypeRef::Memory(_) => self.memories.push(None),
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(self.types.get(ty? as usize).cloned());
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(Some(table?.ty));
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memories.push(Some(memory?));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    let copies = !global.ty.mutable && is_constant(global.init_expr.get_operators_reader())?;
                    let value = RoundtripReencoder.const_expr(global.init_expr)?;
                    self.globals.push(copies.then_some((global.ty, value)));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    self.exports.push(export?);
                }
            }
            Payload::CodeSectionEntry(body) => {
                let copies = is_constant(body.get_operators_reader()?)?;
                self.bodies.push(copies.then_some(body.as_bytes()));
            }
            _ => {}
        }
        Ok(())
    }

    fn library(self) -> Result<Library> {
        let mut library = Library::default();
        let imported = self.functions.len() - self.bodies.len();
        for export in &self.exports {
            let (name, index) = (String::from(export.name), export.index as usize);
            match export.kind {
                ExternalKind::Func => {
                    let ty = self.functions.get(index).cloned().flatten();
                    let body = index.checked_sub(imported).and_then(|index| *self.bodies.get(index)?);
                    library.functions.extend(ty.zip(body).map(|(ty, body)| (name, (ty, body.into()))));
                }
                ExternalKind::Global => {
                    library.globals.extend(self.globals.get(index).cloned().flatten().map(|global| (name, global)));
                }
                ExternalKind::Table => {
                    library.tables.extend(self.tables.get(index).copied().flatten().map(|table| (name, table)));
                }
                ExternalKind::Memory => {
                    library.memories.extend(self.memories.get(index).copied().flatten().map(|memory| (name, memory)));
                }
                _ => {}
            }
        }
        Ok(library)
    }
}

/// Whether code consists of constants only.
fn is_constant(mut code: OperatorsReader<'_>) -> Result<bool> {
    use Operator::{F32Const, F64Const, I32Const, I64Const};
    while !code.is_end_then_eof() {
        if !matches!(code.read()?, I32Const { .. } | I64Const { .. } | F32Const { .. } | F64Const { .. }) {
            return Ok(false);
        }
    }
    Ok(true)
}
