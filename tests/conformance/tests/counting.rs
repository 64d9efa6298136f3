//! Modules that count their own instructions, as `wamr-compiler` rewrites them, against the interpreter that counts those of the
//! original: the same results and traps, and the same fuel.

mod pairs;

use std::cell::Cell;

use conformance::corpus::{self, File};
use conformance::spectest;
use pairs::{End, Pair, results};
use wamr::{Error, Instance, Limits, Linker, Module, Pool, Runtime, Trap, Val};
use wamr_compiler::{IMPORT_MODULE, IMPORT_NAME, instrument};

static MEMORY: Pool<{ 256 * 1024 * 1024 }> = Pool::new();

const LIMITS: Limits = Limits { fuel: Some(2_000_000), stack_size: 256 * 1024, ..Limits::DEFAULT };

/// The fuel of a module that counts for itself.
#[derive(Default)]
struct Fuel(Cell<u64>);

impl Fuel {
    /// What a host does when a call has ended: it takes what the module still owes.
    fn settle(&self, instance: &mut Instance<'_>, results: Result<Vec<String>, Error>, limit: u64) -> End {
        let budget = instance.get_global(IMPORT_MODULE).expect("its budget");
        let Ok(Val::I32(left)) = budget.get(instance) else { panic!("it is a number") };
        budget.set(instance, Val::I32(0)).expect("it is mutable");
        let owed = if self.0.get() == 0 && results == Err(Trap::OutOfFuel.into()) { 0 } else { -left };
        match self.0.get().checked_sub(owed.try_into().expect("it has no portion")) {
            Some(fuel) => (results, limit - fuel),
            None => (Err(Trap::OutOfFuel.into()), limit),
        }
    }

    /// What the import does: pays what the module owes, and not more, so that each payment is seen.
    fn more(&self, owed: i32) -> Result<i32, Trap> {
        let left = self.0.get().checked_sub(owed.try_into().expect("it owes something"));
        self.0.set(left.unwrap_or(0));
        left.map(|_| 0).ok_or(Trap::OutOfFuel)
    }
}

#[test]
fn instrumented_modules_count_as_the_interpreter_does() {
    let runtime = Runtime::new(MEMORY.take().unwrap()).unwrap();
    let (mut calls, mut different) = (0, Vec::new());
    // The other parts are contained in WebAssembly 2.0.
    let parts = corpus::supported().into_iter().rev().take(2);
    for part in parts {
        for file in part.files() {
            run(&runtime, &file, &mut calls, &mut different);
        }
    }
    assert!(different.is_empty(), "{} of {calls} calls differ:\n{}", different.len(), different.join("\n"));
    assert!(calls > 10_000, "only {calls} calls");
}

/// The classic interpreter does not count the rest of a run in which a trap came.
fn same(expected: &End, actual: &End) -> bool {
    expected.0 == actual.0 && (expected.1 == actual.1 || cfg!(feature = "classic-interp") && expected.0.is_err())
}

/// Runs a file with both modules of each pair.
fn run(runtime: &Runtime, file: &File, calls: &mut u32, different: &mut Vec<String>) {
    let fuel = Fuel::default();
    let mut plain = Linker::new(runtime);
    spectest::define(&mut plain).unwrap();
    let mut counting = Linker::new(runtime);
    spectest::define(&mut counting).unwrap();
    counting.func_wrap(IMPORT_MODULE, IMPORT_NAME, |owed: i32| fuel.more(owed)).unwrap();
    let load = |bytes: &[u8], place: &str| {
        let module = Module::with_limits(runtime, bytes, &LIMITS).ok()?;
        let instance = plain.instantiate(&module, ()).ok()?;
        let bytes = instrument(bytes, true).unwrap_or_else(|error| panic!("{place}: {error}"));
        let limits = Limits { fuel: None, ..LIMITS };
        let module = Module::with_limits(runtime, &bytes, &limits).unwrap_or_else(|error| panic!("{place}: {error}"));
        fuel.0.set(1_000_000);
        let other = counting.instantiate(&module, ()).unwrap_or_else(|error| panic!("{place}: {error}"));
        Some(Pair { plain: instance, other })
    };
    pairs::run(file, load, |pair, call, args, place| {
        let expected = (results(&mut pair.plain, call.name, args), pair.plain.usage().fuel);
        let limit = LIMITS.fuel.expect("they have one");
        fuel.0.set(limit);
        let actual = results(&mut pair.other, call.name, args);
        let actual = fuel.settle(&mut pair.other, actual, limit);
        *calls += 1;
        if matches!(&expected.0, Err(Error::Trap(Trap::StackOverflow | Trap::NativeStackOverflow))) {
            // The stack is full at another time, perhaps in the import: the module then owes what a host would forget.
            assert_eq!(expected.0, actual.0, "{place}");
            return false;
        }
        if !same(&expected, &actual) {
            different.push(format!("{place}: {actual:?}, not {expected:?}"));
        }
        true
    });
}
