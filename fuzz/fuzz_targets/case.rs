//! A case that runs twice, made from the fuzzer's input.

use std::fmt;
use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use wamr::ValType;

use crate::config::supported;
use crate::ending::Value;

/// A valid module that ends, and arguments for its functions.
pub struct Case {
    pub module: Vec<u8>,
    arguments: [u64; 4],
}

/// The import that a module may have.
static IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat::parse_str(r#"(module (import "env" "mix" (func (param i32 i64 f32 f64) (result f64))))"#).expect("valid")
});

/// Rounds of loops and calls of functions, all together, after which the module traps by itself.
const ROUNDS: u32 = 500;

impl Arbitrary<'_> for Case {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let arguments = input.arbitrary()?;
        let config = wasm_smith::Config {
            available_imports: Some(IMPORTS.clone()),
            max_instructions: input.int_in_range(10..=1000)?,
            export_everything: true,
            canonicalize_nans: true,
            // How far they grow without is the engine's to say.
            memory_max_size_required: true,
            table_max_size_required: true,
            custom_page_sizes_enabled: crate::CUSTOM_PAGE_SIZES,
            ..supported()
        };
        let mut module = wasm_smith::Module::new(config, input)?;
        module.ensure_termination(ROUNDS).expect("all code comes from wasm-smith");
        Ok(Self { module: module.to_bytes(), arguments })
    }
}

impl Case {
    /// An amount of fuel that often does not suffice.
    #[allow(dead_code, reason = "only the engines of `wamr` count alike")]
    pub fn fuel(&self) -> u64 {
        self.arguments[0] % 4096
    }

    /// Arguments for a function with these parameters.
    pub fn arguments(&self, types: &[ValType]) -> Vec<Value> {
        let numbers = self.arguments.iter().cycle();
        let values = types.iter().zip(numbers).map(|(ty, &number)| match ty {
            ValType::I32 => Value::I32(number as i32),
            ValType::I64 => Value::I64(number as i64),
            ValType::F32 => Value::F32(number as u32),
            ValType::F64 => Value::F64(number),
            ValType::ExternRef if number % 2 == 1 => Value::Extern(number as u32 >> 1),
            ValType::ExternRef | ValType::FuncRef | ValType::V128 => Value::Null,
        });
        values.collect()
    }
}

/// Prints an input that failed, with the module as text.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = wasmprinter::print_bytes(&self.module).unwrap_or_else(|error| error.to_string());
        write!(f, "arguments: {:#x?}\n{text}", self.arguments)
    }
}
