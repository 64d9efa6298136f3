//! Makes a module count its own instructions.
//!
//! The module gets a global variable, its *budget*: the instructions that it may execute before it asks for more. Each run of instructions
//! (see `runs.rs`) is paid for when it begins. Where a function begins, before a branch back to a loop and after work on many bytes, the
//! module looks at the budget. If that is exceeded, it calls the function that it imports as `wamr:fuel.more` with the excess, and goes on
//! with the budget that this returns. The host decides there whether it goes on at all. It also has to look at the budget before a host
//! function runs and when a call has ended.
//!
//! The totals are those of the interpreters of this project, whatever executes the module.

use std::convert::Infallible;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, ImportSection, Instruction, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{FunctionBody, Parser, Payload, TypeRef};

use crate::body::Body;
use crate::operators::works_on_table;

/// The module that the counting imports from.
pub const IMPORT_MODULE: &str = "wamr:fuel";
/// The function that it imports: takes the instructions that the budget lacks, and returns the next budget.
pub const IMPORT_NAME: &str = "more";

/// The number of the rules by which instructions count. A host checks that a module follows its own.
pub const SCHEME: u32 = 1;

/// Adds the counting to a valid module, without its custom sections. With `export`, the budget is the export `wamr:fuel`, as a host needs
/// that has no other way to it: a call leaves there what it has paid too much, or what it owes as a negative number.
///
/// # Errors
/// For parts of a module that cannot be written again.
pub fn instrument(module: &[u8], export: bool) -> Result<Vec<u8>, reencode::Error> {
    let mut rewriter = Rewriter { export, ..Rewriter::of(module)? };
    let mut output = Module::new();
    rewriter.parse_core_module(&mut output, Parser::new(0), module)?;
    Ok(output.finish())
}

/// What of the module determines how it is rewritten.
#[derive(Default)]
pub struct Rewriter {
    /// How many parameters and results each type has.
    types: Vec<(u32, u32)>,
    imported_functions: u32,
    /// The type of each function, imports first.
    functions: Vec<u32>,
    globals: u32,
    /// Bytes in a page of the memory, as a logarithm.
    pub page_size_log2: u32,
    /// Whether the budget is exported.
    export: bool,
    /// Whether instructions work on whole tables.
    works_on_tables: bool,
    /// Which of the sections in [`ADDED`] have been written.
    done: [bool; 6],
    /// The next function whose code is rewritten.
    next: usize,
}

/// The sections that get an addition, in their order.
const ADDED: [SectionId; 6] =
    [SectionId::Type, SectionId::Import, SectionId::Function, SectionId::Global, SectionId::Export, SectionId::Code];

impl Rewriter {
    fn of(module: &[u8]) -> wasmparser::Result<Self> {
        let mut this = Self { page_size_log2: 16, ..Self::default() };
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        let ty = ty?;
                        this.types.push((ty.params().len() as u32, ty.results().len() as u32));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(ty) => this.functions.push(ty),
                            TypeRef::Global(_) => this.globals += 1,
                            TypeRef::Memory(memory) => this.page_size_log2 = memory.page_size_log2.unwrap_or(16),
                            _ => {}
                        }
                    }
                    this.imported_functions = this.functions.len() as u32;
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        this.functions.push(ty?);
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        this.page_size_log2 = memory?.page_size_log2.unwrap_or(16);
                    }
                }
                Payload::GlobalSection(section) => this.globals += section.count(),
                Payload::CodeSectionEntry(body) => {
                    for operator in body.get_operators_reader()? {
                        this.works_on_tables |= works_on_table(&operator?);
                    }
                }
                _ => {}
            }
        }
        this.next = this.imported_functions as usize;
        Ok(this)
    }

    /// The budget, behind the other globals.
    pub fn budget(&self) -> u32 {
        self.globals
    }

    /// The imported function, behind the other imports.
    fn import(&self) -> u32 {
        self.imported_functions
    }

    /// The function that asks for more, behind all others.
    pub fn more(&self) -> u32 {
        self.functions.len() as u32 + 1
    }

    /// The function that does nothing, if there is one. Code that WAMR's compiler makes goes on after an instruction on a table has
    /// failed, until it returns from a call.
    pub fn nothing(&self) -> Option<u32> {
        self.works_on_tables.then(|| self.more() + 1)
    }

    /// The types of the two functions, behind the others.
    fn added_types(&self) -> [u32; 2] {
        let first = self.types.len() as u32;
        [first, first + 1]
    }

    fn add_types(&self, types: &mut TypeSection) {
        types.ty().function([ValType::I32], [ValType::I32]);
        types.ty().function([], []);
    }

    fn add_import(&self, imports: &mut ImportSection) {
        imports.import(IMPORT_MODULE, IMPORT_NAME, EntityType::Function(self.added_types()[0]));
    }

    fn add_global(&self, globals: &mut GlobalSection) {
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(0));
    }

    fn add_export(&self, exports: &mut ExportSection) {
        if self.export {
            exports.export(IMPORT_MODULE, ExportKind::Global, self.budget());
        }
    }

    fn add_code(&self, code: &mut CodeSection) {
        let mut more = Function::new([]);
        for instruction in [
            Instruction::I32Const(0),
            Instruction::GlobalGet(self.budget()),
            Instruction::I32Sub,
            Instruction::Call(self.import()),
            Instruction::GlobalSet(self.budget()),
            Instruction::End,
        ] {
            more.instruction(&instruction);
        }
        code.function(&more);
        if self.works_on_tables {
            let mut nothing = Function::new([]);
            nothing.instruction(&Instruction::End);
            code.function(&nothing);
        }
    }

    fn add_functions(&self, functions: &mut FunctionSection) {
        functions.function(self.added_types()[1]);
        if self.works_on_tables {
            functions.function(self.added_types()[1]);
        }
    }

    /// Adds a section that the module does not have.
    fn add_section(&self, section: SectionId, module: &mut Module) {
        match section {
            SectionId::Type => {
                let mut types = TypeSection::new();
                self.add_types(&mut types);
                module.section(&types);
            }
            SectionId::Import => {
                let mut imports = ImportSection::new();
                self.add_import(&mut imports);
                module.section(&imports);
            }
            SectionId::Function => {
                let mut functions = FunctionSection::new();
                self.add_functions(&mut functions);
                module.section(&functions);
            }
            SectionId::Global => {
                let mut globals = GlobalSection::new();
                self.add_global(&mut globals);
                module.section(&globals);
            }
            SectionId::Export if self.export => {
                let mut exports = ExportSection::new();
                self.add_export(&mut exports);
                module.section(&exports);
            }
            SectionId::Export => {}
            SectionId::Code => {
                let mut code = CodeSection::new();
                self.add_code(&mut code);
                module.section(&code);
            }
            _ => unreachable!("no other section gets an addition"),
        }
    }

    /// How many values a branch to a block carries: to its end, or back to its beginning.
    pub fn arity(&self, ty: wasmparser::BlockType, back: bool) -> u32 {
        match ty {
            wasmparser::BlockType::Empty => 0,
            wasmparser::BlockType::Type(_) => u32::from(!back),
            wasmparser::BlockType::FuncType(index) => {
                let (params, results) = self.types[index as usize];
                if back { params } else { results }
            }
        }
    }
}

impl Reencode for Rewriter {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error> {
        Ok(function + u32::from(function >= self.imported_functions))
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_type_section(self, types, section)?;
        self.add_types(types);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_import_section(self, imports, section)?;
        self.add_import(imports);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_function_section(self, functions, section)?;
        self.add_functions(functions);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_global_section(self, globals, section)?;
        self.add_global(globals);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_export_section(self, exports, section)?;
        self.add_export(exports);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_code_section(self, code, section)?;
        self.add_code(code);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), reencode::Error> {
        let (params, results) = self.types[self.functions[self.next] as usize];
        self.next += 1;
        let function = Body::read(self, &body, results)?.write(self, &body, params)?;
        code.function(&function);
        Ok(())
    }

    /// Nothing needs them: they are about the module as it was.
    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), reencode::Error> {
        for (place, section) in ADDED.into_iter().enumerate() {
            if self.done[place] {
                continue;
            }
            if before == Some(section) {
                self.done[place] = true;
            } else if before.is_none_or(|before| order(before) > order(section)) {
                self.done[place] = true;
                self.add_section(section, module);
            }
        }
        Ok(())
    }
}

/// The place of a section in a module.
fn order(section: SectionId) -> u8 {
    match section {
        SectionId::DataCount => SectionId::Element as u8 * 2 + 1,
        other => other as u8 * 2,
    }
}
