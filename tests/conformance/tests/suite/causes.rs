//! The known causes of failing tests.

/// A known cause for which some tests fail.
pub struct Cause {
    /// A short title.
    pub title: &'static str,
    /// What happens, and where it is reported.
    pub text: &'static str,
    /// Identifies the tests that fail for this cause: the end of a file's path, and the start of the runner's message.
    pub tests: &'static [(&'static str, &'static str)],
}

impl Cause {
    /// Finds the cause of a failure in a file.
    pub fn find(path: &str, failure: &str) -> Option<&'static Self> {
        CAUSES
            .iter()
            .find(|cause| cause.tests.iter().any(|(file, said)| path.ends_with(file) && failure.starts_with(said)))
    }
}

/// All known causes.
pub const CAUSES: &[Cause] = &[
    Cause {
        title: "Names with NUL",
        text: "WAMR stores names as C strings and rejects modules in which the name of an export, an import or a custom section \
               contains the character NUL. This is WAMR issue \
               [#3858](https://github.com/wasm-micro-runtime/wasm-micro-runtime/issues/3858), which is open. The other exports of such \
               a module are tested without these names.",
        tests: &[
            ("/names.wast", "not a valid WebAssembly module: invalid UTF-8 encoding"),
            ("/names.wast", "the module exports no function of this name"),
            ("/custom.wast", "not a valid WebAssembly module: invalid UTF-8 encoding"),
        ],
    },
    Cause {
        title: "Zero encoded in several bytes",
        text: "The byte after `memory.size` and `memory.grow` had to be a single zero until WebAssembly 3.0 turned it into a memory \
               index. WAMR already reads an index (`WASM_OP_MEMORY_SIZE` in `core/iwasm/interpreter/wasm_loader.c`), so it accepts \
               a zero that is encoded in several bytes. Such modules run as intended. No WAMR issue is known.",
        tests: &[("/binary.wast", "loaded")],
    },
    Cause {
        title: "An outdated test",
        text: "Since the reference types proposal, a `br_table` in unreachable code may have targets with different types. This \
               test in the proposal's directory still forbids it. The corresponding test of WebAssembly 2.0 \
               (`unreached-valid.wast`) requires the opposite and passes. See \
               [WebAssembly/reference-types#43](https://github.com/WebAssembly/reference-types/pull/43).",
        tests: &[("reference-types/unreached-invalid.wast", "loaded")],
    },
];
