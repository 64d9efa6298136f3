//! What a script consists of.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Instances that a script may keep.
pub const SLOTS: usize = 32;

/// The most parameters or results of a call in a script.
pub const MAX_VALUES: usize = wamr::MAX_VALUES;

/// Parameters or results.
pub type Values<T> = heapless::Vec<T, MAX_VALUES>;

/// A directive of a `.wast` file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step<'a> {
    /// Where it begins in the file.
    pub line: u32,
    /// What it wants.
    #[serde(borrow)]
    pub action: Action<'a>,
}

/// What a step does and how that has to end. Modules are indices in [`Script::modules`](crate::Script::modules), instances
/// indices of slots.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants tell")]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and no allocator")]
pub enum Action<'a> {
    /// Instantiates a module in `slot`, in place of what is there. When that fails, the steps that follow get `instead`.
    Module { slot: u8, module: u16, instead: Option<u16> },
    /// The module must not load.
    Refused { module: u16 },
    /// The module must not find its imports.
    Unlinkable { module: u16 },
    /// The module must trap while it is instantiated.
    Uninstantiable { module: u16, trap: &'a str },
    /// The call must return.
    Invoke { call: Call<'a> },
    /// The call must return these results.
    Return { call: Call<'a>, results: Values<Expected> },
    /// The call must trap.
    Trap { call: Call<'a>, trap: &'a str },
    /// The exported global must have this value.
    Get { slot: u8, name: &'a str, value: Expected },
    /// Not run. With `slot`, this would have instantiated a module there.
    Skip { reason: Skip, slot: Option<u8> },
}

/// A call of an export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call<'a> {
    /// The instance.
    pub slot: u8,
    /// The function.
    pub name: &'a str,
    /// Its arguments.
    pub args: Values<Value>,
}

/// A value; floating-point numbers as their bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "names of the specification")]
pub enum Value {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    /// What the host means by this number.
    ExternRef(u32),
    NullExtern,
    /// Some function; only as a result.
    FuncRef,
    NullFunc,
}

/// What a result may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// This very value.
    Value(Value),
    /// A NaN of which only the highest bit of the payload is set.
    CanonicalF32,
    /// The same of 64 bits.
    CanonicalF64,
    /// A NaN with the highest bit of the payload set.
    ArithmeticF32,
    /// The same of 64 bits.
    ArithmeticF64,
    /// Some reference of the host's.
    AnyExtern,
    /// A null of either type.
    AnyNull,
}

/// Why a step was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Skip {
    /// It tests the text format.
    Text,
    /// It imports from another module of the file.
    OtherModule,
    /// It tests that a memory, table or global must not link. `wamr` links none, so this would prove nothing.
    ImportKind,
    /// A function has more than [`MAX_VALUES`] parameters or results.
    ManyValues,
    /// The module needs another proposal.
    Proposal,
    /// The directive is from a newer specification.
    Directive,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "malformed text: the test runner translates the text format before `wamr` reads a module",
            Self::OtherModule => "imports from another module, which `wamr` does not support",
            Self::ImportKind => {
                "must not link because of the type of a memory, table or global: `wamr` rejects every such import"
            }
            Self::Proposal => "a module that needs a later proposal than the one that lists it",
            Self::ManyValues => "a call with more values than `wamr` supports",
            Self::Directive => "a directive from a later specification",
        })
    }
}
