//! Takes a function apart: what of it stays, and where it has to pay.

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{Function, Instruction, ValType};
use wasmparser::{FunctionBody, Operator};

use crate::instrument::Rewriter;
use crate::operators::{is_pure, works_on_table};
use crate::runs::{Cell, Runs};
use crate::writer::Writer;

/// What work on many bytes costs besides its one instruction: 1 for this many.
pub const BYTES_PER_INSTRUCTION_LOG2: i32 = 6;
/// Bytes of a local of 32 bits.
const BYTES_PER_CELL: u32 = 4;

/// A function whose costs are known when it has been read.
pub struct Body<'a> {
    parts: Vec<Part<'a>>,
    runs: Runs,
    scratch: bool,
}

/// A part of the new code.
pub enum Part<'a> {
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
    /// Reads a function with so many results.
    pub fn read(rewriter: &mut Rewriter, body: &FunctionBody<'a>, results: u32) -> Result<Self, reencode::Error> {
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
                    if let Some((target, behind)) = runs.branch_if(depth) {
                        let values = carried(&arities, depth);
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
                    if let Some(cells) = runs.branch_table(&distinct) {
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

    /// The new code of the function, which has so many parameters.
    pub fn write(
        self,
        rewriter: &mut Rewriter,
        body: &FunctionBody<'a>,
        params: u32,
    ) -> Result<Function, reencode::Error> {
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
