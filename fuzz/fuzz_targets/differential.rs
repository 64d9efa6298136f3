//! Runs random valid modules in `wamr` and in `wasmi`, which must come to the same. See README.md.

#![no_main]

mod asan;
mod case;
mod config;
mod guest;
#[allow(dead_code, reason = "the pool is large enough for all")]
mod redzones;
mod reference;

use libfuzzer_sys::fuzz_target;
use wamr::{Pool, Runtime};

use case::Case;

/// Pool that a case needs in `wamr`: its memory twice while it grows, its stack, and some more.
static POOL: Pool<{ 4 * 1024 * 1024 }> = Pool::new();

thread_local! {
    static RUNTIME: Runtime = Runtime::new(POOL.take().expect("one thread")).expect("the first");
}

/// How a call, or the making of an instance, ended.
#[derive(Debug, PartialEq)]
pub enum End {
    Values(Vec<Value>),
    Trap(Trap),
    /// Out of fuel, stack or memory, which the two count differently.
    Resources,
}

/// A trap by the words of the specification, as far as both tell.
#[derive(Debug, PartialEq)]
pub enum Trap {
    Unreachable,
    MemoryOutOfBounds,
    /// By an access or by an indirect call.
    TableOutOfBounds,
    UninitializedElement,
    IndirectCallTypeMismatch,
    DivisionByZero,
    IntegerOverflow,
    InvalidConversion,
}

/// A value that compares by its bits. Modules make canonical NaNs only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    /// Which function it is has a name in neither of the two.
    Func,
    Extern(u32),
    Null,
}

/// All that can be seen of an instance between calls.
#[derive(Debug, PartialEq)]
pub struct State<'a> {
    /// Exported globals and elements of exported tables, by the name of the export.
    values: Vec<(&'a str, Vec<Value>)>,
    /// The arguments of all calls of the host function, as one number.
    host: u64,
}

/// The value of [`State::host`] after a call of the host function.
fn mixed(host: u64, a: i32, b: i64, c: f32, d: f64) -> u64 {
    let bits = [a as u64, b as u64, c.to_bits().into(), d.to_bits()];
    bits.into_iter().fold(host, |host, bits| (host ^ bits).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
}

/// The result of the host function: never a NaN, because the modules do not make NaNs canonical.
fn mix(a: i32, b: i64, c: f32, d: f64) -> f64 {
    let result = f64::from(a) + b as f64 + f64::from(c) * d;
    if result.is_nan() { 0.0 } else { result }
}

fuzz_target!(|case: Case| {
    RUNTIME.with(|runtime| {
        let before = runtime.pool_usage().used;
        compare(runtime, &case);
        assert_eq!(runtime.pool_usage().used, before, "the case leaves bytes in the pool");
    });
});

fn compare(runtime: &Runtime, case: &Case) {
    let reference = reference::Module::new(&case.module);
    let linker = guest::linker(runtime);
    let Some(module) = guest::load(runtime, case) else { return };
    let (mut instance, mut reference) = match (guest::start(&linker, &module), reference.start()) {
        (Ok(instance), Ok(reference)) => (instance, reference),
        (Err(End::Resources), _) | (_, Err(End::Resources)) => return,
        // Segments of both kinds may be out of bounds; WAMR begins with those of memory.
        (Err(End::Trap(Trap::MemoryOutOfBounds)), Err(End::Trap(Trap::TableOutOfBounds))) => return,
        (wamr, wasmi) => {
            assert_eq!(wamr.err(), wasmi.err(), "no instance in one of wamr and wasmi");
            return;
        }
    };
    let exports: Vec<&str> = module.exports().map(|export| export.name).collect();
    assert_same(&instance, &reference, &exports);
    for name in &exports {
        let Some((types, function)) = guest::function(&instance, name) else { continue };
        let arguments = case.arguments(&types);
        let wamr = guest::call(&mut instance, &function, &arguments);
        let wasmi = reference.call(name, &arguments);
        if wamr == End::Resources || wasmi == End::Resources {
            return;
        }
        assert_eq!(wamr, wasmi, "{name:?} in wamr and in wasmi");
        assert_same(&instance, &reference, &exports);
    }
}

fn assert_same(wamr: &guest::Instance<'_>, wasmi: &reference::Instance, exports: &[&str]) {
    assert_eq!(guest::state(wamr, exports), wasmi.state(exports), "what is left in wamr and in wasmi");
    if let Some(memory) = wasmi.memory() {
        assert_eq!(wamr.memory().len(), memory.len(), "bytes of memory in wamr and in wasmi");
        if wamr.memory() != memory {
            let place = wamr.memory().iter().zip(memory).position(|(a, b)| a != b);
            panic!("wamr and wasmi have another byte at {place:?}");
        }
    }
}
