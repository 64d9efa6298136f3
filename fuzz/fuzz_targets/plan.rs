//! The actions of a run, made from the fuzzer's input.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};
use wamr::{ExternRef, Limits, Val, ValType};

use crate::config::supported;

/// A valid module, its limits, and the arguments for its functions.
pub struct Plan {
    pub module: Vec<u8>,
    pub limits: Limits,
    /// Bytes of the pool that it may use.
    pub room: usize,
    arguments: [u64; 4],
}

/// The imports that a module may have: the functions of `host.rs`.
static IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat::parse_str(
        r#"(module
            (import "env" "read" (func (param i32 i32) (result i32)))
            (import "env" "write" (func (param i32 i32 i32)))
            (import "env" "again" (func (param i32) (result i64)))
            (import "env" "mix" (func (param i32 i64 f32 f64) (result f64)))
            (import "env" "refuse" (func)))"#,
    )
    .expect("valid")
});

impl Arbitrary<'_> for Plan {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let limits = limits(input)?;
        let room = if seldom(input)? { input.int_in_range(0..=256 * 1024)? } else { usize::MAX };
        let arguments = input.arbitrary()?;
        let module = wasm_smith::Module::new(config(input)?, input)?.to_bytes();
        Ok(Self { module, limits, room, arguments })
    }
}

/// Prints an input that failed, with the module as text.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = wasmprinter::print_bytes(&self.module).unwrap_or_else(|error| error.to_string());
        write!(f, "{:#?}\nroom: {}\narguments: {:#x?}\n{text}", self.limits, self.room, self.arguments)
    }
}

impl Plan {
    /// Arguments for a function with these parameters.
    pub fn arguments(&self, types: &[ValType]) -> Vec<Val> {
        let numbers = self.arguments.iter().cycle();
        let values = types.iter().zip(numbers).map(|(ty, &number)| match ty {
            ValType::I64 => Val::I64(number as i64),
            ValType::F32 => Val::F32(f32::from_bits(number as u32)),
            ValType::F64 => Val::F64(f64::from_bits(number)),
            ValType::ExternRef => Val::ExternRef(ExternRef::new(number as u32)),
            ValType::FuncRef => Val::FuncRef(None),
            ValType::I32 | ValType::V128 => Val::I32(number as i32),
        });
        values.collect()
    }
}

/// Once in 16 times; not when the input has ended.
fn seldom(input: &mut Unstructured<'_>) -> Result<bool> {
    Ok(input.arbitrary::<u8>()? >= 240)
}

fn limits(input: &mut Unstructured<'_>) -> Result<Limits> {
    let mut limits = Limits {
        memory_pages: 3 - input.int_in_range(0..=3)?,
        stack_size: input.int_in_range(1024..=16 * 1024)?,
        fuel: Some(20_000 - input.int_in_range(0..=20_000)?),
        deadline: Some(Duration::from_millis(200)),
        host_calls: 64 - input.int_in_range(0..=64)?,
        ..Limits::DEFAULT
    };
    if seldom(input)? {
        limits.fuel = None;
        limits.deadline = Some(Duration::from_micros(input.int_in_range(0..=1000)?));
    }
    if seldom(input)? {
        limits.native_stack = Some(input.int_in_range(8..=128)? * 1024);
    }
    if seldom(input)? {
        limits.host_time = Some(Duration::from_micros(input.int_in_range(0..=100)?));
    }
    if seldom(input)? {
        limits.instances = input.int_in_range(0..=1)?;
        limits.module_size = input.int_in_range(8..=4096)?;
        limits.functions = input.int_in_range(0..=20)?;
        limits.function_size = input.int_in_range(0..=1024)?;
        limits.table_elements = input.int_in_range(0..=100)?;
    }
    Ok(limits)
}

fn config(input: &mut Unstructured<'_>) -> Result<wasm_smith::Config> {
    Ok(wasm_smith::Config {
        available_imports: Some(IMPORTS.clone()),
        max_instructions: input.int_in_range(10..=1000)?,
        export_everything: input.arbitrary()?,
        generate_custom_sections: seldom(input)?,
        ..supported()
    })
}
