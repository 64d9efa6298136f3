//! Native code on this computer against the interpreter: the same results and traps, and the same fuel. Needs WAMR's compiler.

use conformance::corpus::{self, File};
use conformance::{Action, Call, SLOTS, Values, from_val, spectest, to_val};
use wamr::{Error, Instance, Limits, Linker, Module, Pool, Runtime, Trap, Val};
use wamr_compiler::{Goal, Target, compile, find_wamrc};

static MEMORY: Pool<{ 64 * 1024 * 1024 }> = Pool::new();

const LIMITS: Limits = Limits { fuel: Some(2_000_000), stack_size: 256 * 1024, ..Limits::DEFAULT };

struct Pair<'l> {
    plain: Instance<'l>,
    native: Instance<'l>,
}

#[test]
fn native_code_ends_as_the_interpreter_does() {
    let Ok(wamrc) = find_wamrc() else {
        println!("conformance: left out native code: no wamrc, see scripts/wamrc");
        return;
    };
    let runtime = Runtime::new(MEMORY.take().unwrap()).unwrap();
    let empty = runtime.pool_usage().used;
    let (mut calls, mut different) = (0, Vec::new());
    for file in corpus::subset() {
        run(&runtime, &wamrc, &file, &mut calls, &mut different);
        assert_eq!(runtime.pool_usage().used, empty, "{} leaves something in the pool", file.name);
    }
    assert!(different.is_empty(), "{} of {calls} calls differ:\n{}", different.len(), different.join("\n"));
    assert!(calls > 5_000, "only {calls} calls");
}

fn run(runtime: &Runtime, wamrc: &std::path::Path, file: &File, calls: &mut u32, different: &mut Vec<String>) {
    let mut linker = Linker::new(runtime);
    spectest::define(&mut linker).unwrap();
    // Native code stays where it is.
    let mut code: Vec<&'static [u8]> = Vec::new();
    file.with_script(|script| {
        let mut pairs: [Option<Pair<'_>>; SLOTS] = [const { None }; SLOTS];
        for step in script.steps() {
            let step = step.unwrap();
            match &step.action {
                Action::Module { slot, module, .. } => {
                    let bytes = script.modules[usize::from(*module)];
                    pairs[usize::from(*slot)] = None;
                    let Ok(module) = Module::with_limits(runtime, bytes, &LIMITS) else { continue };
                    let Ok(plain) = linker.instantiate(&module, ()) else { continue };
                    let place = format!("{}:{}", file.name, step.line);
                    let aot = compile(wamrc, bytes, Target::Host, Goal::Speed)
                        .unwrap_or_else(|error| panic!("{place}: {error}"));
                    code.push(aot.leak());
                    // SAFETY: as it was compiled.
                    let module = unsafe { Module::from_native(runtime, code[code.len() - 1], &LIMITS) };
                    let module = module.unwrap_or_else(|error| panic!("{place}: {error}"));
                    let native = linker.instantiate(&module, ()).unwrap_or_else(|error| panic!("{place}: {error}"));
                    pairs[usize::from(*slot)] = Some(Pair { plain, native });
                }
                Action::Invoke { call } | Action::Return { call, .. } | Action::Trap { call, .. } => {
                    let Some(pair) = &mut pairs[usize::from(call.slot)] else { continue };
                    if pair.plain.get_func(call.name).is_err() {
                        continue;
                    }
                    let Some(args) = call.args.iter().map(|&value| to_val(value)).collect() else { continue };
                    let expected = end(&mut pair.plain, call, &args);
                    let actual = end(&mut pair.native, call, &args);
                    *calls += 1;
                    let full = |error: &Result<_, Error>| {
                        matches!(error, Err(Error::Trap(Trap::StackOverflow | Trap::NativeStackOverflow)))
                    };
                    if expected != actual && !(full(&expected.0) && full(&actual.0)) {
                        different.push(format!("{}:{}: {actual:?}, not {expected:?}", file.name, step.line));
                    }
                }
                _ => {}
            }
        }
    });
}

fn end(instance: &mut Instance<'_>, call: &Call<'_>, args: &Values<Val>) -> (Result<Vec<String>, Error>, u64) {
    let values = instance.get_func(call.name).and_then(|function| function.call(instance, args));
    let values = values.map(|values| values.iter().map(|&value| format!("{:x?}", from_val(value))).collect());
    (values, instance.usage().fuel)
}
