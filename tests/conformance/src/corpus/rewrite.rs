//! Changes modules so that what `wamr` does not do hides as little as possible.
//!
//! Imports of constants and of `spectest`'s table and memory, which `wamr` does not link, become definitions: in the index
//! spaces imports come first and definitions next, so all indices stay. Each module then has a table and a memory of its own, where
//! the specification has them shared.

extern crate std;

use std::collections::HashMap;
use std::convert::Infallible;
use std::mem::take;
use std::string::String;
use std::vec::Vec;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportSection, FunctionSection, GlobalSection, ImportSection, MemorySection, Module,
    Section, SectionId, TableSection, TypeSection,
};
use wasmparser::{
    CodeSectionReader, ConstExpr as ParsedExpr, CustomSectionReader, Export, FuncType, FunctionSectionReader,
    GlobalSectionReader, Import, ImportSectionReader, MemorySectionReader, Operator, Parser, TableSectionReader,
    TypeRef, TypeSectionReader,
};

use super::library::Library;

/// Libraries by the names that modules import them under.
pub type Libraries = HashMap<String, Library>;

/// What a module imports after it was rewritten.
#[derive(Debug, Default)]
pub struct Imports {
    /// The modules it names.
    pub modules: Vec<String>,
    /// Whether there is an import that is not a function.
    pub others: bool,
}

/// The module with copies of what it imports from the libraries, where the specification would link that. A module that cannot
/// be read stays as it is.
pub fn with_copies(module: &[u8], libraries: &Libraries) -> (Vec<u8>, Imports) {
    let mut copy = Copy::new(libraries);
    let mut rewritten = Module::new();
    let done = copy.parse_core_module(&mut rewritten, Parser::new(0), module);
    if copy.misordered {
        copy.left.modules.append(&mut copy.copied);
    }
    let changed = done.is_ok() && copy.changed && !copy.misordered;
    (if changed { rewritten.finish() } else { module.into() }, copy.left)
}

/// The module without exports and custom sections whose names contain NUL, which WAMR refuses; `None` when there are none.
pub fn without_nul(module: &[u8]) -> Option<Vec<u8>> {
    let mut rewrite = WithoutNul { changed: false };
    let mut rewritten = Module::new();
    let done = rewrite.parse_core_module(&mut rewritten, Parser::new(0), module);
    (done.is_ok() && rewrite.changed).then(|| rewritten.finish())
}

type Result<T = ()> = core::result::Result<T, Error<Infallible>>;

struct WithoutNul {
    changed: bool,
}

impl Reencode for WithoutNul {
    type Error = Infallible;

    fn parse_export(&mut self, exports: &mut ExportSection, export: Export<'_>) -> Result {
        if export.name.contains('\0') {
            self.changed = true;
            return Ok(());
        }
        utils::parse_export(self, exports, export)
    }

    fn parse_custom_section(&mut self, module: &mut Module, section: CustomSectionReader<'_>) -> Result {
        if section.name().contains('\0') {
            self.changed = true;
            return Ok(());
        }
        utils::parse_custom_section(self, module, section)
    }
}

struct Copy<'l> {
    libraries: &'l Libraries,
    changed: bool,
    /// Where functions were copied from.
    copied: Vec<String>,
    /// Whether a function that is imported still comes after a copy, whose index would change.
    misordered: bool,
    left: Imports,
    types: Vec<FuncType>,
    /// The values of the globals that were imported, for constant expressions, which may name imported globals only.
    values: Vec<ConstExpr>,
    // The copies, until the section of that kind is written.
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    globals: GlobalSection,
    code: CodeSection,
}

impl<'l> Copy<'l> {
    fn new(libraries: &'l Libraries) -> Self {
        Self {
            libraries,
            changed: false,
            copied: Vec::new(),
            misordered: false,
            left: Imports::default(),
            types: Vec::new(),
            values: Vec::new(),
            functions: FunctionSection::new(),
            tables: TableSection::new(),
            memories: MemorySection::new(),
            globals: GlobalSection::new(),
            code: CodeSection::new(),
        }
    }

    /// Makes a definition of the import; `false` when the specification would not link it, or no copy does.
    fn define(&mut self, import: &Import<'_>) -> Result<bool> {
        let Some(library) = self.libraries.get(import.module) else { return Ok(false) };
        match import.ty {
            TypeRef::Func(ty) => match library.functions.get(import.name) {
                Some((actual, body)) if self.types.get(ty as usize) == Some(actual) => {
                    self.functions.function(ty);
                    self.code.raw(body);
                    self.copied.push(import.module.into());
                }
                _ => return Ok(false),
            },
            TypeRef::Global(ty) => match library.globals.get(import.name) {
                Some((actual, value)) if *actual == ty => {
                    let ty = self.global_type(ty)?;
                    self.globals.global(ty, value);
                    self.values.push(value.clone());
                }
                _ => return Ok(false),
            },
            TypeRef::Table(ty) => match library.tables.get(import.name) {
                Some(actual)
                    if actual.element_type == ty.element_type
                        && fits((actual.initial, actual.maximum), (ty.initial, ty.maximum)) =>
                {
                    let ty = self.table_type(*actual)?;
                    self.tables.table(ty);
                }
                _ => return Ok(false),
            },
            TypeRef::Memory(ty) => match library.memories.get(import.name) {
                Some(actual) if fits((actual.initial, actual.maximum), (ty.initial, ty.maximum)) => {
                    let ty = self.memory_type(*actual)?;
                    self.memories.memory(ty);
                }
                _ => return Ok(false),
            },
            _ => return Ok(false),
        }
        self.changed = true;
        Ok(true)
    }
}

/// Whether what has these limits has at least the size that an import wants, and cannot grow beyond what it wants.
fn fits(actual: (u64, Option<u64>), wanted: (u64, Option<u64>)) -> bool {
    wanted.0 <= actual.0 && wanted.1.is_none_or(|limit| actual.1.is_some_and(|maximum| maximum <= limit))
}

impl Reencode for Copy<'_> {
    type Error = Infallible;

    fn parse_type_section(&mut self, section: &mut TypeSection, types: TypeSectionReader<'_>) -> Result {
        for ty in types.clone().into_iter_err_on_gc_types() {
            self.types.push(ty?);
        }
        utils::parse_type_section(self, section, types)
    }

    fn parse_import_section(&mut self, section: &mut ImportSection, imports: ImportSectionReader<'_>) -> Result {
        for import in imports.into_imports() {
            let import = import?;
            let is_function = matches!(import.ty, TypeRef::Func(_));
            if !self.define(&import)? {
                self.misordered |= is_function && !self.copied.is_empty();
                self.left.others |= !is_function;
                self.left.modules.push(import.module.into());
                self.parse_import(section, import)?;
            }
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        section: &mut FunctionSection,
        functions: FunctionSectionReader<'_>,
    ) -> Result {
        *section = take(&mut self.functions);
        utils::parse_function_section(self, section, functions)
    }

    fn parse_table_section(&mut self, section: &mut TableSection, tables: TableSectionReader<'_>) -> Result {
        *section = take(&mut self.tables);
        utils::parse_table_section(self, section, tables)
    }

    fn parse_memory_section(&mut self, section: &mut MemorySection, memories: MemorySectionReader<'_>) -> Result {
        *section = take(&mut self.memories);
        utils::parse_memory_section(self, section, memories)
    }

    fn parse_global_section(&mut self, section: &mut GlobalSection, globals: GlobalSectionReader<'_>) -> Result {
        *section = take(&mut self.globals);
        utils::parse_global_section(self, section, globals)
    }

    fn parse_code_section(&mut self, section: &mut CodeSection, code: CodeSectionReader<'_>) -> Result {
        *section = take(&mut self.code);
        utils::parse_code_section(self, section, code)
    }

    /// Adds the sections that the module does not have.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result {
        use SectionId::{Data, Function, Global, Import, Memory, Table, Type};
        // What is before the next section; all when it is one that comes after globals.
        let position = |id| [Type, Import, Function, Table, Memory, Global].iter().position(|&known| known == id);
        let next = before.and_then(position).unwrap_or(usize::MAX);
        add(module, &mut self.functions, FunctionSection::is_empty, next > 2);
        add(module, &mut self.tables, TableSection::is_empty, next > 3);
        add(module, &mut self.memories, MemorySection::is_empty, next > 4);
        add(module, &mut self.globals, GlobalSection::is_empty, next > 5);
        add(module, &mut self.code, CodeSection::is_empty, before.is_none() || before == Some(Data));
        Ok(())
    }

    fn const_expr(&mut self, expression: ParsedExpr<'_>) -> Result<ConstExpr> {
        if let Operator::GlobalGet { global_index } = expression.get_operators_reader().read()?
            && let Some(value) = self.values.get(global_index as usize)
        {
            return Ok(value.clone());
        }
        utils::const_expr(self, expression)
    }
}

/// Adds a section that was not written yet, when it is its turn, unless it is empty.
fn add<S: Section + Default>(module: &mut Module, section: &mut S, is_empty: fn(&S) -> bool, turn: bool) {
    if turn && !is_empty(section) {
        module.section(&take(section));
    }
}
