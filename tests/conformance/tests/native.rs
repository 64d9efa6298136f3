//! Native code on this computer against the interpreter: the same results and traps, and the same fuel. Needs WAMR's compiler.

mod pairs;

use std::path::Path;

use conformance::corpus::{self, File};
use conformance::spectest;
use pairs::{End, Pair, results};
use wamr::{Error, Instance, Limits, Linker, Module, Pool, Runtime, Trap};
use wamr_compiler::{Goal, Target, compile, find_wamrc};

static MEMORY: Pool<{ 64 * 1024 * 1024 }> = Pool::new();

const LIMITS: Limits = Limits { fuel: Some(2_000_000), stack_size: 256 * 1024, ..Limits::DEFAULT };

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
    let attacks = attack(&runtime, &wamrc, &mut different);
    assert!(attacks > 50, "only {attacks} attacks");
    assert!(different.is_empty(), "{} of {calls} calls differ:\n{}", different.len(), different.join("\n"));
    assert!(calls > 5_000, "only {calls} calls");
}

fn run(runtime: &Runtime, wamrc: &Path, file: &File, calls: &mut u32, different: &mut Vec<String>) {
    let mut linker = Linker::new(runtime);
    spectest::define(&mut linker).unwrap();
    let load = |bytes: &[u8], place: &str| {
        let module = Module::with_limits(runtime, bytes, &LIMITS).ok()?;
        let plain = linker.instantiate(&module, ()).ok()?;
        let aot = compile(wamrc, bytes, Target::Host, Goal::Speed).unwrap_or_else(|error| panic!("{place}: {error}"));
        // SAFETY: as it was compiled, and it stays where it is.
        let module = unsafe { Module::from_native(runtime, aot.leak(), &LIMITS) };
        let module = module.unwrap_or_else(|error| panic!("{place}: {error}"));
        let other = linker.instantiate(&module, ()).unwrap_or_else(|error| panic!("{place}: {error}"));
        Some(Pair { plain, other })
    };
    pairs::run(file, load, |pair, call, args, place| {
        let end = |instance: &mut Instance<'_>| -> End {
            let results = results(instance, call.name, args);
            (results, instance.usage().fuel)
        };
        let (expected, actual) = (end(&mut pair.plain), end(&mut pair.other));
        *calls += 1;
        if expected != actual && !(is_full(&expected.0) && is_full(&actual.0)) {
            different.push(format!("{place}: {actual:?}, not {expected:?}"));
        }
        true
    });
}

fn is_full<T>(results: &Result<T, Error>) -> bool {
    matches!(results, Err(Error::Trap(Trap::StackOverflow | Trap::NativeStackOverflow)))
}

/// Runs the hostile modules that need nothing of a device.
fn attack(runtime: &Runtime, wamrc: &Path, different: &mut Vec<String>) -> u32 {
    let limits =
        Limits { fuel: Some(200_000), memory_pages: 2, table_elements: 1024, stack_size: 8192, ..Limits::DEFAULT };
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hostile");
    let mut attacks = 0;
    for entry in std::fs::read_dir(directory).expect("the corpus") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let bytes = wat::parse_file(&path).expect("valid text");
        let Ok(module) = Module::with_limits(runtime, &bytes, &limits) else { continue };
        if module.imports().count() > 0 || module.memory().is_some_and(|memory| memory.page_size == 1) {
            continue;
        }
        let expected = run_once(&module);
        let code = match compile(wamrc, &bytes, Target::Host, Goal::Size) {
            Ok(code) => code.leak(),
            // It has limits of its own, such as on the number of results.
            Err(wamr_compiler::Error::Failed(_)) => continue,
            Err(error) => {
                different.push(format!("{name}: {error}"));
                continue;
            }
        };
        // SAFETY: as it was compiled.
        let actual = unsafe { Module::from_native(runtime, code, &limits) }.map(|module| run_once(&module));
        attacks += 1;
        match actual {
            Ok(actual) if actual == expected || is_full(&expected.0) => {}
            actual => different.push(format!("{name}: {actual:?}, not {expected:?}")),
        }
    }
    attacks
}

/// Instantiates a module and calls its export `run`. Gives the number of results, and the fuel.
fn run_once(module: &Module<'_>) -> (Result<usize, Error>, u64) {
    let mut instance = match Instance::new(module) {
        Ok(instance) => instance,
        Err(error) => return (Err(error), 0),
    };
    let results = instance.get_func("run").and_then(|function| function.call(&mut instance, &[]));
    (results.map(|values| values.iter().count()), instance.usage().fuel)
}
