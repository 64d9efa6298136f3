//! Runs random valid modules as native code, in the interpreter and in `wasmi`, which must come to the same. See README.md.

#![no_main]

mod asan;
mod case;
mod comparison;
mod config;
mod ending;
mod guest;
#[allow(dead_code, reason = "the pool is large enough for all")]
mod redzones;
mod reference;

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use wamr::{Limits, Linker, Module, Pool, Runtime};
use wamr_compiler::{Error, Goal, Target};

use case::Case;
use ending::{End, Trap};

/// Pool for two instances of a case.
static POOL: Pool<{ 8 * 1024 * 1024 }> = Pool::new();

/// WAMR's compiler supports only the standard's.
const CUSTOM_PAGE_SIZES: bool = false;

thread_local! {
    static RUNTIME: Runtime = Runtime::new(POOL.take().expect("one thread")).expect("the first");
}

static WAMRC: LazyLock<PathBuf> =
    LazyLock::new(|| wamr_compiler::find_wamrc().expect("WAMRC names WAMR's compiler, see scripts/wamrc"));

fuzz_target!(|case: Case| -> Corpus {
    let Some(file) = compile(&case) else { return Corpus::Reject };
    RUNTIME.with(|runtime| {
        let before = runtime.pool_usage().used;
        check(runtime, &case, &file);
        assert_eq!(runtime.pool_usage().used, before, "the case leaves bytes in the pool");
    });
    Corpus::Keep
});

/// Compiles the module. `None` if it has more than the compiler supports, such as names with zeros.
fn compile(case: &Case) -> Option<Vec<u8>> {
    match wamr_compiler::compile(&WAMRC, &case.module, Target::Host, Goal::Speed) {
        Ok(file) => Some(file),
        Err(Error::Failed(reason)) => {
            eprintln!("not compiled: {reason}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn check(runtime: &Runtime, case: &Case, file: &[u8]) {
    let linker = guest::linker(runtime);
    for fuel in [guest::LIMITS.fuel, Some(case.fuel())] {
        let limits = Limits { fuel, ..guest::LIMITS };
        let Some(interpreted) = guest::load(runtime, case, &limits) else { return };
        // SAFETY: as it was compiled.
        let native = unsafe { Module::from_native(runtime, file, &limits) }.expect("what the interpreter accepts");
        if fuel == guest::LIMITS.fuel {
            comparison::compare(&linker, &native, case);
        }
        compare(&linker, &interpreted, &native, case);
    }
}

/// Runs a case in the interpreter and as native code, which also use the same fuel.
fn compare<'rt>(linker: &Linker<'rt, u64>, interpreted: &Module<'rt>, native: &Module<'rt>, case: &Case) {
    let (mut instance, mut other) = match (guest::start(linker, interpreted), guest::start(linker, native)) {
        (Ok(instance), Ok(other)) => (instance, other),
        // Segments of both kinds may be out of bounds; native code begins with those of tables.
        (Err(End::Trap(Trap::MemoryOutOfBounds)), Err(End::Trap(Trap::TableOutOfBounds))) => return,
        (interpreted, native) => {
            assert_eq!(native.err(), interpreted.err(), "no instance of native code or in the interpreter");
            return;
        }
    };
    let exports: Vec<&str> = interpreted.exports().map(|export| export.name).collect();
    assert!(native.exports().map(|export| export.name).eq(exports.iter().copied()));
    for name in &exports {
        let Some((types, function)) = guest::function(&instance, name) else { continue };
        let (_, compiled) = guest::function(&other, name).expect("the same exports");
        let arguments = case.arguments(&types);
        let interpreted = (guest::call(&mut instance, &function, &arguments), instance.usage().fuel);
        let native = (guest::call(&mut other, &compiled, &arguments), other.usage().fuel);
        // Of stack, which the two count differently, and not of fuel.
        let is_full = |(end, fuel): &(End, u64)| *end == End::Resources && Some(*fuel) != instance.limits().fuel;
        if is_full(&interpreted) || is_full(&native) {
            return;
        }
        assert_eq!(native, interpreted, "{name:?} as native code and in the interpreter");
        if native.0 == End::Resources {
            // Native code may have gone on to the next place where it looks at its fuel.
            return;
        }
        assert_eq!(guest::state(&other, &exports), guest::state(&instance, &exports), "what is left after {name:?}");
        assert!(other.memory() == instance.memory(), "the memories differ after {name:?}");
    }
}
