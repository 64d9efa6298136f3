//! Modules that count their own instructions, as `wamr-compiler` rewrites them, against the interpreter that counts those of the
//! original: the same results and traps, and the same fuel.

use std::cell::Cell;

use conformance::corpus::{self, File};
use conformance::{Action, Call, SLOTS, Values, from_val, spectest, to_val};
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

type End = (Result<Vec<String>, Error>, u64);

struct Pair<'l> {
    plain: Instance<'l>,
    counting: Instance<'l>,
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
    file.with_script(|script| {
        let mut pairs: [Option<Pair<'_>>; SLOTS] = [const { None }; SLOTS];
        for step in script.steps() {
            let step = step.unwrap();
            match &step.action {
                Action::Module { slot, module, .. } => {
                    let bytes = script.modules[usize::from(*module)];
                    pairs[usize::from(*slot)] = None;
                    let Ok(module) = Module::with_limits(runtime, bytes, &LIMITS) else { continue };
                    let Ok(instance) = plain.instantiate(&module, ()) else { continue };
                    let bytes =
                        instrument(bytes, true).unwrap_or_else(|error| panic!("{}:{}: {error}", file.name, step.line));
                    let limits = Limits { fuel: None, ..LIMITS };
                    let module = Module::with_limits(runtime, &bytes, &limits)
                        .unwrap_or_else(|error| panic!("{}:{}: {error}", file.name, step.line));
                    fuel.0.set(1_000_000);
                    let other = counting.instantiate(&module, ()).unwrap();
                    pairs[usize::from(*slot)] = Some(Pair { plain: instance, counting: other });
                }
                Action::Invoke { call } | Action::Return { call, .. } | Action::Trap { call, .. } => {
                    let Some(pair) = &mut pairs[usize::from(call.slot)] else { continue };
                    if pair.plain.get_func(call.name).is_err() {
                        continue;
                    }
                    let Some(args) = call.args.iter().map(|&value| to_val(value)).collect() else { continue };
                    let (expected, actual) = pair.call(call, &args, &fuel);
                    *calls += 1;
                    if matches!(&expected.0, Err(Error::Trap(Trap::StackOverflow | Trap::NativeStackOverflow))) {
                        // The stack is full at another time, perhaps in the import: the module then owes what a host would forget.
                        assert_eq!(expected.0, actual.0, "{}:{}", file.name, step.line);
                        pairs[usize::from(call.slot)] = None;
                    } else if !same(&expected, &actual) {
                        different.push(format!("{}:{}: {actual:?}, not {expected:?}", file.name, step.line));
                    }
                }
                _ => {}
            }
        }
    });
}

impl Pair<'_> {
    fn call(&mut self, call: &Call<'_>, args: &Values<Val>, fuel: &Fuel) -> (End, End) {
        fn end(instance: &mut Instance<'_>, name: &str, args: &[Val]) -> Result<Vec<String>, Error> {
            let values = instance.get_func(name).and_then(|function| function.call(instance, args))?;
            Ok(values.iter().map(|&value| format!("{:x?}", from_val(value))).collect())
        }
        let results = end(&mut self.plain, call.name, args);
        let expected = (results, self.plain.usage().fuel);
        let limit = LIMITS.fuel.expect("they have one");
        fuel.0.set(limit);
        let results = end(&mut self.counting, call.name, args);
        (expected, fuel.settle(&mut self.counting, results, limit))
    }
}
