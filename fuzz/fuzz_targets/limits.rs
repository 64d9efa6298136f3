//! Runs random valid modules under small limits and checks that they stay within them. See README.md.

#![no_main]

mod asan;
mod config;
mod host;
mod plan;
mod redzones;

use std::rc::Rc;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use wamr::{Error, ExternType, Instance, Limits, Module, PAGE_SIZE, Pool, Runtime, Trap};

use host::Host;
use plan::Plan;

/// Two memories of the largest size, while one grows, and some.
static POOL: Pool<{ 1024 * 1024 }> = Pool::new();

/// Delay of a deadline on a busy machine.
const SLACK: Duration = Duration::from_secs(5);

thread_local! {
    static RUNTIME: Runtime = Runtime::new(POOL.take().expect("one thread")).expect("the first");
}

fuzz_target!(|plan: Plan| {
    RUNTIME.with(|runtime| {
        let before = runtime.pool_usage().used;
        run(runtime, Rc::new(plan));
        redzones::set_room(usize::MAX);
        assert_eq!(runtime.pool_usage().used, before, "the run leaves bytes in the pool");
    });
});

fn run(runtime: &Runtime, plan: Rc<Plan>) {
    let limits = plan.limits;
    let linker = host::linker(runtime).expect("the pool is empty");
    redzones::set_room(plan.room);
    let module = match Module::with_limits(runtime, &plan.module, &limits) {
        Ok(module) => module,
        Err(error) => return check_refused(&error, &plan),
    };
    let exports: Vec<String> = module
        .exports()
        .filter(|export| matches!(export.ty, ExternType::Func(_)))
        .map(|export| export.name.to_owned())
        .collect();

    let start = Instant::now();
    let made = linker.instantiate(&module, Host::new(&plan, &exports));
    check_time(&limits, start);
    let mut instance = match made {
        Ok(instance) => instance,
        Err(error) => return check_not_made(&error, &limits),
    };

    for name in exports {
        let function = match instance.get_func(&name) {
            Ok(function) => function,
            Err(Error::TypeMismatch(_) | Error::TooManyValues) => continue,
            Err(error) => panic!("{name:?} is exported, but: {error}"),
        };
        let start = Instant::now();
        let outcome = function.call(&mut instance, &plan.arguments(function.params()));
        check_time(&limits, start);
        check_usage(&instance, &limits);
        match outcome {
            Ok(results) => assert!(results.iter().map(|value| value.ty()).eq(function.results().iter().copied())),
            Err(Error::Trap(trap)) => check_trap(&trap, &limits, Some(&instance)),
            Err(error) => panic!("a call failed with: {error}"),
        }
    }
}

fn check_time(limits: &Limits, start: Instant) {
    let deadline = limits.deadline.expect("every plan has one");
    assert!(start.elapsed() <= deadline + SLACK, "{:?} with a deadline of {deadline:?}", start.elapsed());
}

fn check_usage(instance: &Instance<'_, Host>, limits: &Limits) {
    let usage = instance.usage();
    assert!(limits.fuel.is_none_or(|fuel| usage.fuel <= fuel), "{usage:?}");
    assert!(usage.host_calls <= limits.host_calls, "{usage:?}");
    assert!(instance.memory().len() <= limits.memory_pages as usize * PAGE_SIZE, "{}", instance.memory().len());
}

/// If a trap reports a limit, the limit must be exceeded.
fn check_trap(trap: &Trap, limits: &Limits, instance: Option<&Instance<'_, Host>>) {
    let usage = instance.map(Instance::usage);
    match trap {
        Trap::OutOfFuel => {
            let fuel = limits.fuel.expect("fuel ran out, so there is a limit");
            assert!(usage.is_none_or(|usage| usage.fuel == fuel), "out of fuel with {usage:?}");
        }
        Trap::TooManyHostCalls => {
            assert!(usage.is_none_or(|usage| usage.host_calls == limits.host_calls), "{usage:?}");
        }
        Trap::HostTimeExceeded => assert!(limits.host_time.is_some()),
        Trap::Host(reason) => assert_eq!(&**reason, "refused"),
        Trap::Interrupted | Trap::HostPanic => panic!("{trap}"),
        Trap::Other(text) => panic!("a trap without a name: {text}"),
        _ => {}
    }
}

/// The module is valid, so it may only be refused because of limits or of known restrictions of WAMR.
fn check_refused(error: &Error, plan: &Plan) {
    match error {
        Error::OutOfMemory { .. } => {}
        // WAMR hands names out as C strings, so it takes none with a NUL.
        Error::InvalidModule(reason) if &**reason == "invalid UTF-8 encoding" => {
            assert!(format!("{plan:?}").contains(r"\u{0}"), "{error}");
        }
        // By WASI's application ABI.
        Error::InvalidModule(reason) if reason.contains("`_initialize`") => {
            assert!(format!("{plan:?}").contains(r#"(export "_initialize" "#), "{error}");
        }
        Error::TooLarge { size, limit, .. } => assert!(size > limit, "{error}"),
        _ => panic!("a valid module is refused: {error}"),
    }
}

/// The errors of a segment that lies outside its memory or table.
const OUTSIDE: [&str; 2] = ["out of bounds memory access", "out of bounds table access"];

fn check_not_made(error: &Error, limits: &Limits) {
    match error {
        Error::OutOfMemory { .. } => {}
        Error::MemoryTooLarge { pages, limit } => assert!(pages > limit, "{error}"),
        Error::TooManyInstances { limit } => assert_eq!(*limit, 0),
        Error::Trap(trap) => check_trap(trap, limits, None),
        Error::Instantiation(reason) if OUTSIDE.contains(&&**reason) => {}
        _ => panic!("a valid module has no instance: {error}"),
    }
}
