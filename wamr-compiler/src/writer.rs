//! Writes a function again, now that the cost of each of its runs is known.

use wasm_encoder::{BlockType, Function, Instruction, ValType};

use crate::body::{BYTES_PER_INSTRUCTION_LOG2, Part};
use crate::runs::Costs;

/// Writes the new code of a function.
pub struct Writer {
    /// What has been written.
    pub function: Function,
    /// What each cell pays.
    pub costs: Costs,
    /// The global variable.
    pub budget: u32,
    /// The function that asks for more.
    pub more: u32,
    /// A local variable of 32 bits.
    pub scratch: u32,
    /// Bytes in a page of the memory, as a logarithm.
    pub page: u32,
}

impl Writer {
    fn emit<const N: usize>(&mut self, instructions: [Instruction<'_>; N]) {
        for instruction in &instructions {
            self.function.instruction(instruction);
        }
    }

    /// Writes a part.
    pub fn write(&mut self, part: &Part<'_>) {
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
