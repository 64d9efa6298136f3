//! What is behind the tests that fail.

/// Why some tests fail, each of them known.
pub struct Cause {
    /// In a few words.
    pub title: &'static str,
    /// What happens, and where that is known.
    pub text: &'static str,
    /// What tells the tests that fail for this cause: the end of the path of a file, and what the runner says of it.
    pub tests: &'static [(&'static str, &'static str)],
}

impl Cause {
    /// The cause of a failure in a file.
    pub fn find(path: &str, failure: &str) -> Option<&'static Self> {
        CAUSES
            .iter()
            .find(|cause| cause.tests.iter().any(|(file, said)| path.ends_with(file) && failure.starts_with(said)))
    }
}

/// All of them.
pub const CAUSES: &[Cause] = &[
    Cause {
        title: "Names with NUL",
        text: "WAMR keeps names as C strings and refuses modules in which the name of an export, an import or a custom section contains \
               the character NUL: WAMR issue \
               [#3858](https://github.com/wasm-micro-runtime/wasm-micro-runtime/issues/3858), open. The other exports of such \
               a module are tested without those.",
        tests: &[
            ("/names.wast", "not a valid WebAssembly module: invalid UTF-8 encoding"),
            ("/names.wast", "the module exports no function of this name"),
            ("/custom.wast", "not a valid WebAssembly module: invalid UTF-8 encoding"),
        ],
    },
    Cause {
        title: "A zero in several bytes",
        text: "The byte behind `memory.size` and `memory.grow` had to be a single zero until WebAssembly 3.0 made it the index of a \
               memory. WAMR reads an index already (`WASM_OP_MEMORY_SIZE` in `core/iwasm/interpreter/wasm_loader.c`) and so accepts \
               zeros in several bytes. Such modules run as they are meant. No issue is known.",
        tests: &[("/binary.wast", "loaded")],
    },
    Cause {
        title: "An outdated test",
        text: "Since the proposal for reference types a `br_table` in unreachable code may have targets with different types. This \
               test in the proposal's directory still forbids it; that of WebAssembly 2.0 demands the opposite \
               (`unreached-valid.wast`), which passes. See \
               [WebAssembly/reference-types#43](https://github.com/WebAssembly/reference-types/pull/43).",
        tests: &[("reference-types/unreached-invalid.wast", "loaded")],
    },
];
