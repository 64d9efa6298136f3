use std::cell::RefCell;

use wamr::{Caller, Error, Instance, Limits, Linker, MAX_NESTED_CALLS, Module, Runtime, Trap};

use crate::{wat, with_runtime};

const MODULE: &str = r#"(module
    (import "env" "call_back" (func $call_back (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $call_back (local.get 0)))
    (func (export "back") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 100))
            (else (i32.add (i32.const 1) (call $call_back (i32.sub (local.get 0) (i32.const 1)))))))
    (func (export "spin") (param i32) (result i32) (loop br 0) unreachable)
    (func (export "trap") (param i32) (result i32) unreachable))"#;

/// Runs `test` with an instance whose `call_back` calls the export `name` and counts in the host's data.
fn with_call_back(name: &'static str, limits: Limits, test: impl FnOnce(Instance<'_, u32>)) {
    with_runtime(|runtime: &Runtime| {
        let mut linker = Linker::<u32>::new(runtime);
        let call_back = move |mut caller: Caller<'_, u32>, argument: i32| -> Result<i32, Trap> {
            *caller.data_mut() += 1;
            let function = caller.get_typed_func::<i32, i32>(name).map_err(|error| Trap::host(&error.to_string()))?;
            let result = function.call(&mut caller, argument);
            *caller.data_mut() += 1000;
            result.map_err(|error| error.as_trap().cloned().unwrap_or_else(|| Trap::host(&error.to_string())))
        };
        linker.func_wrap("env", "call_back", call_back).unwrap();
        let module = Module::with_limits(runtime, &wat(MODULE), &limits).unwrap();
        test(linker.instantiate(&module, 0).unwrap());
    });
}

fn run(instance: &mut Instance<'_, u32>, argument: i32) -> Result<i32, Error> {
    instance.get_typed_func::<i32, i32>("run").unwrap().call(instance, argument)
}

#[test]
fn a_host_function_calls_the_guest() {
    with_call_back("back", Limits::DEFAULT, |mut instance| {
        assert_eq!(run(&mut instance, 3), Ok(103));
        assert_eq!(*instance.data(), 4004);
        assert_eq!(instance.usage().host_calls, 4);
    });
}

#[test]
fn the_budget_covers_both() {
    with_call_back("back", Limits::DEFAULT, |mut instance| {
        run(&mut instance, 3).unwrap();
        let used = instance.usage().fuel;
        instance.set_fuel(Some(used));
        assert_eq!(run(&mut instance, 3), Ok(103));
        instance.set_fuel(Some(used - 1));
        assert_eq!(run(&mut instance, 3), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.usage().fuel, used - 1);
        instance.set_fuel(None);
        instance.set_host_limits(3, None);
        assert_eq!(run(&mut instance, 3), Err(Trap::TooManyHostCalls.into()));
    });
}

#[test]
fn a_guest_that_spins_further_inside_is_stopped() {
    with_call_back("spin", Limits { fuel: Some(100_000), ..Limits::DEFAULT }, |mut instance| {
        assert_eq!(run(&mut instance, 1), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.usage().fuel, 100_000);
        assert_eq!(instance.usage().backtrace(), [3, 0, 1]);
        assert_eq!(*instance.data(), 1001);
    });
}

#[test]
fn a_trap_further_inside_goes_through() {
    with_call_back("trap", Limits::DEFAULT, |mut instance| {
        assert_eq!(run(&mut instance, 1), Err(Trap::Unreachable.into()));
        assert_eq!(instance.usage().backtrace(), [4, 0, 1]);
    });
}

#[test]
fn endless_nesting_ends_at_the_stack() {
    let limits = Limits { native_stack: Some(256 * 1024), ..Limits::DEFAULT };
    with_call_back("run", limits, |mut instance| {
        let trap = run(&mut instance, 1).unwrap_err();
        assert!(matches!(trap, Error::Trap(Trap::NativeStackOverflow | Trap::StackOverflow)), "{trap:?}");
    });
}

#[test]
fn functions_of_another_instance_are_refused() {
    with_runtime(|runtime| {
        let mut linker = Linker::<Option<wamr::TypedFunc<i32, i32>>>::new(runtime);
        linker
            .func_wrap(
                "env",
                "call_back",
                |mut caller: Caller<'_, Option<wamr::TypedFunc<i32, i32>>>, argument: i32| {
                    let foreign = caller.data().expect("set by the test");
                    foreign.call(&mut caller, argument).map_err(|error| Trap::host(&error.to_string()))
                },
            )
            .unwrap();
        let module = Module::new(runtime, &wat(MODULE)).unwrap();
        let other = linker.instantiate(&module, None).unwrap();
        let mut instance = linker.instantiate(&module, None).unwrap();
        *instance.data_mut() = Some(other.get_typed_func("back").unwrap());
        let run = instance.get_typed_func::<i32, i32>("run").unwrap();
        let error = run.call(&mut instance, 1).unwrap_err();
        assert_eq!(error, Trap::host(&Error::WrongInstance.to_string()).into());
    });
}

#[test]
fn a_trap_that_the_host_handles_leaves_no_trace() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        linker
            .func_wrap("env", "try", |mut caller: Caller<'_, ()>| {
                let trap = caller.get_typed_func::<(), ()>("trap").unwrap();
                assert_eq!(trap.call(&mut caller, ()), Err(Trap::Unreachable.into()));
            })
            .unwrap();
        let module = wat(r#"(module
            (import "env" "try" (func $try))
            (func (export "trap") unreachable)
            (func (export "run") (param i32) (result i32) (call $try) (i32.div_u (i32.const 1) (local.get 0))))"#);
        let module = Module::new(runtime, &module).unwrap();
        let mut instance = linker.instantiate(&module, ()).unwrap();
        let run = instance.get_typed_func::<i32, i32>("run").unwrap();
        assert_eq!(run.call(&mut instance, 0), Err(Trap::DivisionByZero.into()));
        assert_eq!(instance.usage().backtrace(), [2]);
        assert_eq!(run.call(&mut instance, 1), Ok(1));
        assert!(instance.usage().backtrace().is_empty());
    });
}

#[test]
fn another_instance_has_a_budget_of_its_own() {
    with_runtime(|runtime| {
        let limits = Limits { fuel: Some(5000), ..Limits::DEFAULT };
        let inner =
            Module::with_limits(runtime, &wat(r#"(module (func (export "spin") (loop br 0)))"#), &limits).unwrap();
        let inner = RefCell::new(Instance::new(&inner).unwrap());
        let spin = inner.borrow().get_typed_func::<(), ()>("spin").unwrap();

        let mut linker = Linker::<()>::new(runtime);
        let host = || {
            let mut inner = inner.borrow_mut();
            assert_eq!(spin.call(&mut *inner, ()), Err(Trap::OutOfFuel.into()));
            assert_eq!(inner.usage().fuel, 5000);
        };
        linker.func_wrap("env", "spin", host).unwrap();
        let module = wat(r#"(module
            (import "env" "spin" (func $spin))
            (func (export "run") (result i32) (call $spin) (call $spin) (i32.const 7)))"#);
        let module = Module::with_limits(runtime, &module, &limits).unwrap();
        let mut instance = linker.instantiate(&module, ()).unwrap();
        let run = instance.get_typed_func::<(), i32>("run").unwrap();
        assert_eq!(run.call(&mut instance, ()), Ok(7));
        assert!((3..10).contains(&instance.usage().fuel), "{:?}", instance.usage());
    });
}

/// The guest's own stack would let calls nest far deeper than the thread's stack does.
#[test]
fn calls_through_the_host_nest_to_a_documented_depth() {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(|| {
        let limits = Limits { stack_size: 2 << 20, ..Limits::DEFAULT };
        with_call_back("run", limits, |mut instance| {
            for round in 1..3 {
                assert_eq!(run(&mut instance, 5), Err(Trap::NativeStackOverflow.into()));
                assert_eq!(*instance.data(), round * 1001 * MAX_NESTED_CALLS);
            }
        });
        with_call_back("back", limits, |mut instance| {
            let deepest = MAX_NESTED_CALLS as i32 - 2;
            for _ in 0..2 {
                assert_eq!(run(&mut instance, deepest), Ok(100 + deepest));
                assert_eq!(run(&mut instance, deepest + 1), Err(Trap::NativeStackOverflow.into()));
            }
        });
    });
    thread.unwrap().join().unwrap();
}

/// A nested call must not discard an interruption of the outer call as an old one.
#[test]
fn an_interruption_lasts_while_a_host_function_runs_another_guest() {
    with_runtime(|runtime| {
        let inner = Module::new(runtime, &wat(r#"(module (func (export "f")))"#)).unwrap();
        let called = RefCell::new(Instance::new(&inner).unwrap());
        let f = called.borrow().get_typed_func::<(), ()>("f").unwrap();
        let mut linker = Linker::<()>::new(runtime);
        linker
            .func_wrap("h", "instantiate", || {
                wamr::interrupt();
                drop(Instance::new(&inner));
            })
            .unwrap();
        linker
            .func_wrap("h", "call", || {
                wamr::interrupt();
                _ = f.call(&mut *called.borrow_mut(), ());
            })
            .unwrap();
        for name in ["instantiate", "call"] {
            let text = format!(
                r#"(module (import "h" "{name}" (func $host)) (func (export "run") (param i32)
                    (call $host) (loop (br_if 0 (local.get 0)))))"#
            );
            let limits = Limits { fuel: Some(1_000_000), ..Limits::DEFAULT };
            let module = Module::with_limits(runtime, &wat(&text), &limits).unwrap();
            let mut instance = linker.instantiate(&module, ()).unwrap();
            let run = instance.get_typed_func::<i32, ()>("run").unwrap();
            assert_eq!(run.call(&mut instance, 1), Err(Trap::Interrupted.into()), "{name}");
            // A later call is not interrupted.
            assert_eq!(f.call(&mut *called.borrow_mut(), ()), Ok(()));
        }
    });
}
