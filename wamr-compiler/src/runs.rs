//! What each run of instructions costs: `wamr-sys/cmake/runs.cmake`, for a function that is not translated but rewritten.
//!
//! A run is what executes in one go. It begins where the function is entered, behind a call, and on each side of a branch, and ends with
//! the next branch, call, return or `unreachable`. The target of a branch may lie within a run, so a branch costs the rest of the run
//! there.
//!
//! A payment takes time, so there are as few as possible. Code that cannot trap, and whose effects neither the host nor a later call can
//! see, may be paid earlier, with the run before, or later, with the run behind.

use std::mem;

/// A place that pays for a run, or for the rest of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell(usize);

/// The longest run of the fast interpreter. A longer one goes on in another.
const MAX_RUN: u32 = 0x7fff;

/// The target of branches.
struct Label {
    /// What the branches to its end pay for, whose cost is known when the end is reached.
    pending: Vec<Cell>,
    /// What a branch back pays for, if it is a loop.
    back: Option<Back>,
    /// What pays for the `else` branch and what it owes, if this is an `if` and that has not begun.
    otherwise: Option<Option<(Cell, u32)>>,
}

/// The beginning of a loop.
#[derive(Clone, Copy)]
struct Back {
    cell: Cell,
    /// It has parameters, so the interpreter copies values before it branches back.
    parameters: bool,
}

/// The end of a run, from where code from elsewhere last joined it.
struct Tail {
    /// Its position in the run.
    begin: u32,
    /// What the code before left to be paid.
    owed: u32,
    /// In it, nothing has happened that the host or a later call could see.
    pure: bool,
}

/// The runs of a function while its instructions are read.
pub struct Runs {
    /// The cost of each cell so far, and the loops whose run goes on behind it.
    cells: Vec<(u32, Vec<Cell>)>,
    /// What pays for the instruction that comes next, with the position in the run at which each begins. Nothing, if it is not reached.
    open: Vec<(Cell, u32)>,
    labels: Vec<Label>,
    position: u32,
    /// Since the beginning of what is open, nothing has happened that the host or a later call could see.
    pure: bool,
    tail: Tail,
}

impl Runs {
    /// A function whose entry costs so much more than its first instructions. Gives what pays for these.
    pub fn new(entry: u32) -> (Self, Cell) {
        let tail = Tail { begin: 0, owed: 0, pure: true };
        let mut runs = Self { cells: Vec::new(), open: Vec::new(), labels: Vec::new(), position: 0, pure: true, tail };
        let cell = runs.begin();
        runs.position = entry;
        runs.labels.push(Label { pending: Vec::new(), back: None, otherwise: None });
        (runs, cell)
    }

    /// Counts an instruction. Gives what has to be paid before it, where the run would be too long.
    pub fn count(&mut self, is_mark: bool, is_pure: bool) -> Option<Cell> {
        let mut split = None;
        if self.position == MAX_RUN {
            let reached = self.reached();
            self.end();
            split = reached.then(|| self.begin());
        }
        self.position += u32::from(!is_mark);
        self.pure &= is_pure;
        self.tail.pure &= is_pure;
        split
    }

    /// Whether the next instruction can be reached.
    pub fn reached(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether a branch to this depth goes back.
    pub fn is_loop(&self, depth: u32) -> bool {
        self.labels[self.label(depth)].back.is_some()
    }

    /// A block begins, which a branch leaves at its end.
    pub fn block(&mut self) {
        self.labels.push(Label { pending: Vec::new(), back: None, otherwise: None });
    }

    /// A loop begins.
    pub fn loop_begins(&mut self, parameters: bool) {
        let back = self.reached().then(|| {
            let cell = self.cell();
            self.join();
            self.open.push((cell, self.position));
            Back { cell, parameters }
        });
        self.labels.push(Label { pending: Vec::new(), back, otherwise: None });
    }

    /// An `if` begins. Gives what pays for its first branch.
    pub fn if_begins(&mut self) -> Option<Cell> {
        let owed = self.end_later();
        let otherwise = Some(owed.map(|owed| (self.cell(), owed)));
        self.labels.push(Label { pending: Vec::new(), back: None, otherwise });
        owed.map(|owed| self.begin_owing(owed))
    }

    /// The first branch of an `if` ends, whether it has a second one or not. Gives what pays for the code behind the `if` when the first
    /// branch gets there, and for the second one.
    pub fn otherwise(&mut self) -> (Option<Cell>, Option<Cell>) {
        let behind = self.jump(0);
        let cell = self.labels.last_mut().and_then(|label| label.otherwise.take()).flatten();
        if let Some((cell, owed)) = cell {
            self.open(cell, owed);
        }
        (behind, cell.map(|(cell, _)| cell))
    }

    /// Whether the block that ends here is an `if` without an `else`.
    pub fn lacks_else(&self) -> bool {
        self.labels.last().is_some_and(|label| label.otherwise.is_some())
    }

    /// A block or the function ends.
    pub fn block_ends(&mut self) {
        let label = self.labels.pop().expect("the function was validated");
        self.pure |= !self.reached();
        if !label.pending.is_empty() {
            self.join();
        }
        self.open.extend(label.pending.into_iter().map(|cell| (cell, self.position)));
        if self.labels.is_empty() {
            self.end();
        }
    }

    /// A call has ended. Gives what pays for the instructions behind it.
    pub fn call(&mut self) -> Option<Cell> {
        let reached = self.reached();
        self.end();
        reached.then(|| self.begin())
    }

    /// The run ends for good: a `return` or `unreachable`.
    pub fn leave(&mut self) {
        self.end();
    }

    /// A `br` jumps to the label at this depth. Gives what has to be paid before it.
    pub fn jump(&mut self, depth: u32) -> Option<Cell> {
        if !self.reached() {
            self.end();
            return None;
        }
        let label = self.label(depth);
        if let Some(back) = self.labels[label].back {
            // As for the interpreter, the run goes on at the beginning of the loop.
            let ended = self.open.iter().all(|&(cell, _)| cell != back.cell);
            if ended && !back.parameters && self.position + self.cells[back.cell.0].0 <= MAX_RUN {
                for &(Cell(cell), _) in &self.open {
                    self.cells[cell].1.push(back.cell);
                }
                self.end();
                return None;
            }
            self.end();
            return Some(back.cell);
        }
        if self.pure {
            // It cannot make a difference to pay earlier: for the target together with the run.
            let open: Vec<_> = self.open.iter().map(|&(cell, _)| cell).collect();
            self.end();
            self.labels[label].pending.extend(open);
            return None;
        }
        let owed = self.end_later()?;
        Some(self.target(depth, owed))
    }

    /// A branch jumps to the label at this depth or goes on. Gives what pays for the target, and for the instructions behind the branch.
    pub fn branch_if(&mut self, depth: u32) -> Option<(Cell, Cell)> {
        let owed = self.end_later()?;
        Some((self.target(depth, owed), self.begin_owing(owed)))
    }

    /// A branch jumps to one of the labels at these depths. Gives what pays for each.
    pub fn branch_table(&mut self, depths: &[u32]) -> Option<Vec<Cell>> {
        let owed = self.end_later()?;
        Some(depths.iter().map(|&depth| self.target(depth, owed)).collect())
    }

    /// What each cell has to pay, in the end.
    pub fn costs(self) -> Costs {
        let mut costs = vec![None; self.cells.len()];
        for cell in 0..self.cells.len() {
            cost(&self.cells, &mut costs, cell);
        }
        Costs(costs.into_iter().flatten().collect())
    }

    /// Begins a run. Gives what pays for it.
    fn begin(&mut self) -> Cell {
        self.begin_owing(0)
    }

    fn begin_owing(&mut self, owed: u32) -> Cell {
        let cell = self.cell();
        self.open(cell, owed);
        cell
    }

    /// What comes next is only reached from one place.
    fn open(&mut self, cell: Cell, owed: u32) {
        self.open = vec![(cell, self.position)];
        self.pure = true;
        self.tail = Tail { begin: self.position, owed, pure: true };
    }

    /// What comes next is also reached from another place.
    fn join(&mut self) {
        for &(Cell(cell), _) in &self.open {
            self.cells[cell].0 += self.tail.owed;
        }
        self.tail = Tail { begin: self.position, owed: 0, pure: true };
    }

    fn cell(&mut self) -> Cell {
        self.cells.push((0, Vec::new()));
        Cell(self.cells.len() - 1)
    }

    fn label(&self, depth: u32) -> usize {
        self.labels.len() - 1 - depth as usize
    }

    /// The payment of a branch to the label at this depth, including what the code before it owes.
    fn target(&mut self, depth: u32, owed: u32) -> Cell {
        let (cell, label) = (self.cell(), self.label(depth));
        let label = &mut self.labels[label];
        let entered = label.back.map(|back| back.cell);
        if entered.is_none() {
            label.pending.push(cell);
        }
        self.cells[cell.0] = (owed, entered.into_iter().collect());
        cell
    }

    fn end(&mut self) {
        let owed = self.tail.owed;
        for (Cell(cell), begin) in self.open.drain(..) {
            self.cells[cell].0 += owed + self.position - begin;
        }
        self.position = 0;
        // Behind a branch that is always taken, nothing opens a run, and further branches may follow.
        self.tail = Tail { begin: 0, owed: 0, pure: true };
    }

    /// Ends the run with a branch. Returns the part of the run that the code behind the branch and the target have to pay, or `None` if the
    /// branch is unreachable.
    ///
    /// A branch back pays for the first run of the loop before, so that one has to be complete.
    fn end_later(&mut self) -> Option<u32> {
        let reached = self.reached();
        let begins_loop =
            |label: &Label| label.back.is_some_and(|back| self.open.iter().any(|&(cell, _)| cell == back.cell));
        let mut owed = 0;
        if self.tail.pure && !self.labels.iter().any(begins_loop) {
            owed = mem::take(&mut self.tail.owed) + self.position - self.tail.begin;
            self.position = self.tail.begin;
        }
        self.end();
        reached.then_some(owed)
    }
}

/// The cost of a cell. Loops whose run it enters have ended before, so this comes to an end.
fn cost(cells: &[(u32, Vec<Cell>)], costs: &mut [Option<u32>], cell: usize) -> u32 {
    if let Some(known) = costs[cell] {
        return known;
    }
    let (own, loops) = &cells[cell];
    let sum = loops.iter().fold(*own, |sum, &Cell(back)| sum + cost(cells, costs, back));
    costs[cell] = Some(sum);
    sum
}

/// What each [`Cell`] pays.
pub struct Costs(Vec<u32>);

impl Costs {
    /// What this one pays.
    pub fn of(&self, Cell(cell): Cell) -> u32 {
        self.0[cell]
    }
}
