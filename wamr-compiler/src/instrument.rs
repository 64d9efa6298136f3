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
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, ImportSection, Instruction, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef};

use crate::runs::{Cell, Costs, Runs};

/// The module that the counting imports from.
pub const IMPORT_MODULE: &str = "wamr:fuel";
/// The function that it imports: takes the instructions that the budget lacks, and returns the next budget.
pub const IMPORT_NAME: &str = "more";

/// The number of the rules by which instructions count. A host checks that a module follows its own.
pub const SCHEME: u32 = 1;

/// What work on many bytes costs besides its one instruction: 1 for this many.
const BYTES_PER_INSTRUCTION_LOG2: i32 = 6;
/// Bytes of a local of 32 bits.
const BYTES_PER_CELL: u32 = 4;

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
struct Rewriter {
    /// How many parameters and results each type has.
    types: Vec<(u32, u32)>,
    imported_functions: u32,
    /// The type of each function, imports first.
    functions: Vec<u32>,
    globals: u32,
    /// Bytes in a page of the memory, as a logarithm.
    page_size_log2: u32,
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
    fn budget(&self) -> u32 {
        self.globals
    }

    /// The imported function, behind the other imports.
    fn import(&self) -> u32 {
        self.imported_functions
    }

    /// The function that asks for more, behind all others.
    fn more(&self) -> u32 {
        self.functions.len() as u32 + 1
    }

    /// The function that does nothing, if there is one. Code that WAMR's compiler makes goes on after an instruction on a table has
    /// failed, until it returns from a call.
    fn nothing(&self) -> Option<u32> {
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
    fn arity(&self, ty: wasmparser::BlockType, back: bool) -> u32 {
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

/// A function whose costs are known when it has been read.
struct Body<'a> {
    parts: Vec<Part<'a>>,
    runs: Runs,
    scratch: bool,
}

/// A part of the new code.
enum Part<'a> {
    /// As it was.
    Same(Instruction<'a>),
    /// Pays for a run.
    Pay(Cell),
    /// Asks for more if the budget is exceeded.
    Check,
    /// Pays for work whose size is in the local variable, in units of so many bytes, as a logarithm.
    PayForWork(u32),
    /// Pays for a memory that has grown.
    PayForMemory,
    /// Keeps the operand on top in the local variable.
    Keep,
    /// A `br_if`, which pays for its target and for what follows.
    BranchIf { depth: u32, values: bool, back: bool, target: Cell, behind: Cell },
    /// A `br_table`, with what each of its targets costs.
    BranchTable { depths: Vec<u32>, values: bool, back: bool, targets: Vec<Cell> },
}

impl<'a> Body<'a> {
    fn read(rewriter: &mut Rewriter, body: &FunctionBody<'a>, results: u32) -> Result<Self, reencode::Error> {
        let mut local_cells = 0;
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            local_cells +=
                count * if matches!(ty, wasmparser::ValType::I64 | wasmparser::ValType::F64) { 2 } else { 1 };
        }
        let (mut runs, entry) = Runs::new((local_cells * BYTES_PER_CELL) >> BYTES_PER_INSTRUCTION_LOG2);
        let mut this = Vec::from([Part::Pay(entry), Part::Check]);
        let mut scratch = false;
        // Values that branches to each block carry.
        let mut arities = Vec::from([results]);
        let carried = |arities: &[u32], depth: u32| arities[arities.len() - 1 - depth as usize] > 0;

        for operator in body.get_operators_reader()? {
            let operator = operator?;
            let mark = matches!(operator, Operator::Else | Operator::End);
            this.extend(runs.count(mark, is_pure(&operator)).map(Part::Pay));
            match operator {
                Operator::Block { blockty } => {
                    runs.block();
                    arities.push(rewriter.arity(blockty, false));
                }
                Operator::Loop { blockty } => {
                    let arity = rewriter.arity(blockty, true);
                    runs.loop_begins(arity > 0);
                    arities.push(arity);
                }
                Operator::If { blockty } => {
                    arities.push(rewriter.arity(blockty, false));
                    this.push(Part::Same(rewriter.instruction(operator)?));
                    this.extend(runs.if_begins().map(Part::Pay));
                    continue;
                }
                Operator::Else => {
                    let (behind, otherwise) = runs.otherwise();
                    this.extend(behind.map(Part::Pay));
                    this.push(Part::Same(Instruction::Else));
                    this.extend(otherwise.map(Part::Pay));
                    continue;
                }
                Operator::End => {
                    arities.pop();
                    if runs.lacks_else() {
                        let (behind, otherwise) = runs.otherwise();
                        this.extend(behind.map(Part::Pay));
                        if let Some(otherwise) = otherwise {
                            this.extend([Part::Same(Instruction::Else), Part::Pay(otherwise)]);
                        }
                    }
                    runs.block_ends();
                }
                Operator::Br { relative_depth } => {
                    this.extend(runs.jump(relative_depth).map(Part::Pay));
                    this.extend(runs.is_loop(relative_depth).then_some(Part::Check));
                }
                Operator::BrIf { relative_depth: depth } => {
                    if let Some([target]) = runs.branch([depth].into_iter()).as_deref() {
                        let (target, values, behind) = (*target, carried(&arities, depth), runs.begin());
                        scratch |= values;
                        let back = runs.is_loop(depth);
                        this.push(Part::BranchIf { depth, values, back, target, behind });
                        continue;
                    }
                }
                Operator::BrTable { ref targets } => {
                    let mut depths = targets.targets().collect::<Result<Vec<_>, _>>()?;
                    depths.push(targets.default());
                    let mut distinct = depths.clone();
                    distinct.sort_unstable();
                    distinct.dedup();
                    if let Some(cells) = runs.branch(distinct.iter().copied()) {
                        let of = |depth| cells[distinct.binary_search(depth).expect("one of them")];
                        let targets = depths.iter().map(of).collect();
                        let values = carried(&arities, depths[0]);
                        let back = distinct.iter().any(|&depth| runs.is_loop(depth));
                        this.push(Part::BranchTable { depths, values, back, targets });
                        scratch = true;
                        continue;
                    }
                }
                Operator::Return | Operator::Unreachable => runs.leave(),
                Operator::Call { .. } | Operator::CallIndirect { .. } => {
                    this.push(Part::Same(rewriter.instruction(operator)?));
                    this.extend(runs.call().map(Part::Pay));
                    continue;
                }
                Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } | Operator::MemoryInit { .. } => {
                    scratch = true;
                    this.extend([Part::Keep, Part::Same(rewriter.instruction(operator)?), Part::PayForWork(0)]);
                    continue;
                }
                ref operator if works_on_table(operator) => {
                    scratch = true;
                    let size = BYTES_PER_CELL.ilog2();
                    this.extend([Part::Keep, Part::Same(rewriter.instruction(operator.clone())?)]);
                    this.extend(rewriter.nothing().map(|nothing| Part::Same(Instruction::Call(nothing))));
                    this.push(Part::PayForWork(size));
                    continue;
                }
                Operator::MemoryGrow { .. } => {
                    scratch = true;
                    this.extend([Part::Same(rewriter.instruction(operator)?), Part::PayForMemory]);
                    continue;
                }
                _ => {}
            }
            this.push(Part::Same(rewriter.instruction(operator)?));
        }
        Ok(Self { parts: this, runs, scratch })
    }

    fn write(self, rewriter: &mut Rewriter, body: &FunctionBody<'a>, params: u32) -> Result<Function, reencode::Error> {
        let mut locals = Vec::new();
        let mut scratch = params;
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            scratch += count;
            locals.push((count, rewriter.val_type(ty)?));
        }
        locals.extend(self.scratch.then_some((1, ValType::I32)));
        let function = Function::new(locals);
        let costs = self.runs.costs();
        let mut writer = Writer {
            function,
            costs,
            budget: rewriter.budget(),
            more: rewriter.more(),
            scratch,
            page: rewriter.page_size_log2,
        };
        for part in &self.parts {
            writer.write(part);
        }
        Ok(writer.function)
    }
}

/// Writes the new code of a function.
struct Writer {
    function: Function,
    costs: Costs,
    budget: u32,
    more: u32,
    /// A local variable of 32 bits.
    scratch: u32,
    /// Bytes in a page of the memory, as a logarithm.
    page: u32,
}

impl Writer {
    fn emit<const N: usize>(&mut self, instructions: [Instruction<'_>; N]) {
        for instruction in &instructions {
            self.function.instruction(instruction);
        }
    }

    fn write(&mut self, part: &Part<'_>) {
        match part {
            Part::Same(instruction) => _ = self.function.instruction(instruction),
            Part::Pay(cell) => self.pay(self.costs.of(*cell)),
            Part::Check => self.check(),
            Part::Keep => self.emit([Instruction::LocalTee(self.scratch)]),
            Part::PayForWork(size_log2) => {
                let shift = BYTES_PER_INSTRUCTION_LOG2 - *size_log2 as i32;
                let scratch = self.scratch;
                self.pay_what(|this| {
                    this.emit([Instruction::LocalGet(scratch), Instruction::I32Const(shift), Instruction::I32ShrU]);
                });
                self.check();
            }
            Part::PayForMemory => {
                self.pay_for_memory();
                self.check();
            }
            Part::BranchIf { depth, values, back, target, behind } => {
                self.branch_if(*depth, *values, *back, self.costs.of(*target), self.costs.of(*behind));
            }
            Part::BranchTable { depths, values, back, targets } => {
                let costs: Vec<_> = targets.iter().map(|target| self.costs.of(*target)).collect();
                self.branch_table(depths, *values, *back, &costs);
            }
        }
    }

    /// Pays for so many instructions.
    fn pay(&mut self, cost: u32) {
        if cost > 0 {
            self.pay_what(|this| this.emit([Instruction::I32Const(cost as i32)]));
        }
    }

    /// Pays what `push` pushes.
    fn pay_what(&mut self, push: impl FnOnce(&mut Self)) {
        self.emit([Instruction::GlobalGet(self.budget)]);
        push(self);
        self.emit([Instruction::I32Sub, Instruction::GlobalSet(self.budget)]);
    }

    fn check(&mut self) {
        self.emit([Instruction::GlobalGet(self.budget), Instruction::I32Const(0), Instruction::I32LtS]);
        self.emit([Instruction::If(BlockType::Empty), Instruction::Call(self.more), Instruction::End]);
    }

    /// The number of pages before is the operand on top, or -1.
    fn pay_for_memory(&mut self) {
        let (scratch, shift) = (self.scratch, self.page as i32 - BYTES_PER_INSTRUCTION_LOG2);
        self.emit([
            Instruction::LocalTee(scratch),
            Instruction::LocalGet(scratch),
            Instruction::MemorySize(0),
            Instruction::I32LtU,
            Instruction::If(BlockType::Empty),
        ]);
        self.pay_what(|this| {
            let by = |this: &mut Self, bits: i32, shift| {
                this.emit([Instruction::MemorySize(0), Instruction::I32Const(bits), shift]);
            };
            if shift < 0 {
                by(this, -shift, Instruction::I32ShrU);
            } else {
                by(this, shift, Instruction::I32Shl);
                // The interpreter counts the bytes of 4 GiB with 32 bits.
                this.emit([Instruction::I32Const((1 << (32 - BYTES_PER_INSTRUCTION_LOG2)) - 1), Instruction::I32And]);
            }
        });
        self.emit([Instruction::End]);
    }

    fn branch_if(&mut self, depth: u32, values: bool, back: bool, target: u32, behind: u32) {
        if target == behind && !back {
            self.pay(target);
            self.emit([Instruction::BrIf(depth)]);
        } else if values {
            // The operand selects what is paid.
            let scratch = self.scratch;
            self.emit([Instruction::LocalSet(scratch)]);
            self.pay_what(|this| {
                this.emit([
                    Instruction::I32Const(target as i32),
                    Instruction::I32Const(behind as i32),
                    Instruction::LocalGet(scratch),
                    Instruction::Select,
                ]);
            });
            if back {
                self.check();
            }
            self.emit([Instruction::LocalGet(scratch), Instruction::BrIf(depth)]);
        } else if target == 0 && !back {
            self.emit([Instruction::BrIf(depth)]);
            self.pay(behind);
        } else {
            self.emit([Instruction::If(BlockType::Empty)]);
            self.pay(target);
            if back {
                self.check();
            }
            self.emit([Instruction::Br(depth + 1), Instruction::End]);
            self.pay(behind);
        }
    }

    fn branch_table(&mut self, depths: &[u32], values: bool, back: bool, costs: &[u32]) {
        let table = |depths: &[u32]| {
            let (default, others) = depths.split_last().expect("a table has a default");
            Instruction::BrTable(others.to_vec().into(), *default)
        };
        let mut distinct: Vec<(u32, u32)> = depths.iter().copied().zip(costs.iter().copied()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.iter().all(|(_, cost)| *cost == costs[0]) {
            self.pay(costs[0]);
            if back {
                self.check();
            }
            self.emit([table(depths)]);
            return;
        }
        let scratch = self.scratch;
        let place =
            |depth: &u32| distinct.binary_search_by_key(depth, |(depth, _)| *depth).expect("one of them") as u32;
        let places: Vec<_> = depths.iter().map(place).collect();
        if values {
            // The operands of the branch stay where they are: the index first selects what is paid.
            self.emit([Instruction::LocalSet(scratch)]);
            self.pay_what(|this| {
                this.emit([Instruction::Block(BlockType::Result(ValType::I32))]);
                for _ in &distinct {
                    this.emit([Instruction::Block(BlockType::Empty)]);
                }
                this.emit([Instruction::LocalGet(scratch), table(&places)]);
                for (place, (_, cost)) in distinct.iter().enumerate() {
                    let out = (distinct.len() - 1 - place) as u32;
                    this.emit([Instruction::End, Instruction::I32Const(*cost as i32), Instruction::Br(out)]);
                }
                this.emit([Instruction::End]);
            });
            if back {
                self.check();
            }
            self.emit([Instruction::LocalGet(scratch), table(depths)]);
            return;
        }
        // The table jumps to code that pays and goes on.
        self.emit([Instruction::LocalSet(scratch)]);
        for _ in &distinct {
            self.emit([Instruction::Block(BlockType::Empty)]);
        }
        self.emit([Instruction::LocalGet(scratch), table(&places)]);
        for (place, (depth, cost)) in distinct.iter().enumerate() {
            let out = (distinct.len() - 1 - place) as u32;
            self.emit([Instruction::End]);
            self.pay(*cost);
            if back {
                self.check();
            }
            self.emit([Instruction::Br(depth + out)]);
        }
    }
}

/// Whether an instruction works on a whole table.
fn works_on_table(operator: &Operator<'_>) -> bool {
    matches!(operator, Operator::TableFill { .. } | Operator::TableCopy { .. } | Operator::TableInit { .. })
}

/// Whether an instruction cannot trap, and changes nothing that is left when the function is.
fn is_pure(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        Nop | Block { .. }
            | Loop { .. }
            | If { .. }
            | Else
            | End
            | Br { .. }
            | BrIf { .. }
            | BrTable { .. }
            | Return
            | Drop
            | Select
            | TypedSelect { .. }
            | LocalGet { .. }
            | LocalSet { .. }
            | LocalTee { .. }
            | GlobalGet { .. }
            | I32Const { .. }
            | I64Const { .. }
            | F32Const { .. }
            | F64Const { .. }
            | RefNull { .. }
            | RefIsNull
            | RefFunc { .. }
            | I32Eqz
            | I32Eq
            | I32Ne
            | I32LtS
            | I32LtU
            | I32GtS
            | I32GtU
            | I32LeS
            | I32LeU
            | I32GeS
            | I32GeU
            | I64Eqz
            | I64Eq
            | I64Ne
            | I64LtS
            | I64LtU
            | I64GtS
            | I64GtU
            | I64LeS
            | I64LeU
            | I64GeS
            | I64GeU
            | F32Eq
            | F32Ne
            | F32Lt
            | F32Gt
            | F32Le
            | F32Ge
            | F64Eq
            | F64Ne
            | F64Lt
            | F64Gt
            | F64Le
            | F64Ge
            | I32Clz
            | I32Ctz
            | I32Popcnt
            | I32Add
            | I32Sub
            | I32Mul
            | I32And
            | I32Or
            | I32Xor
            | I32Shl
            | I32ShrS
            | I32ShrU
            | I32Rotl
            | I32Rotr
            | I64Clz
            | I64Ctz
            | I64Popcnt
            | I64Add
            | I64Sub
            | I64Mul
            | I64And
            | I64Or
            | I64Xor
            | I64Shl
            | I64ShrS
            | I64ShrU
            | I64Rotl
            | I64Rotr
            | I32WrapI64
            | I64ExtendI32S
            | I64ExtendI32U
            | I32Extend8S
            | I32Extend16S
            | I64Extend8S
            | I64Extend16S
            | I64Extend32S
            | I32ReinterpretF32
            | I64ReinterpretF64
            | F32ReinterpretI32
            | F64ReinterpretI64
    )
}
