use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use wamr::{Error, Instance, Limits, Linker, Module, Runtime, Trap};

use crate::{wat, with_instance, with_runtime};

const SPIN: &str = r#"(module
    (func $inner (loop br 0))
    (func $outer call $inner)
    (func (export "spin") call $outer)
    (func (export "quick")))"#;

/// Deadlines are seen within this, also on a busy machine.
const LATE: Duration = Duration::from_secs(5);

fn deadline(time: Duration) -> Limits {
    Limits { deadline: Some(time), ..Limits::DEFAULT }
}

#[test]
fn a_deadline_ends_a_loop() {
    with_instance(SPIN, deadline(Duration::from_millis(20)), |mut instance| {
        let spin = instance.get_typed_func::<(), ()>("spin").unwrap();
        let start = Instant::now();
        assert_eq!(spin.call(&mut instance, ()), Err(Trap::DeadlineExceeded.into()));
        assert!((Duration::from_millis(20)..LATE).contains(&start.elapsed()), "{:?}", start.elapsed());
        assert!(instance.usage().fuel > 0);

        // The next call has its own deadline.
        instance.get_typed_func::<(), ()>("quick").unwrap().call(&mut instance, ()).unwrap();
    });
}

#[test]
fn a_runtime_has_a_clock_of_its_own() {
    /// An hour passes between two readings.
    fn clock() -> u64 {
        static TIME: AtomicU64 = AtomicU64::new(0);
        TIME.fetch_add(3_600_000_000, Ordering::Relaxed)
    }
    let limits = Limits { fuel: Some(10_000), ..deadline(Duration::from_secs(600)) };
    let spin = |runtime: &Runtime| {
        let module = Module::with_limits(runtime, &wat(SPIN), &limits).unwrap();
        let mut instance = Instance::new(&module).unwrap();
        instance.get_typed_func::<(), ()>("spin").unwrap().call(&mut instance, ())
    };
    with_runtime(|runtime| {
        runtime.set_clock(clock);
        assert_eq!(spin(runtime), Err(Trap::DeadlineExceeded.into()));
    });
    with_runtime(|runtime| assert_eq!(spin(runtime), Err(Trap::OutOfFuel.into())));
}

#[test]
fn a_deadline_ends_a_start_function() {
    with_runtime(|runtime| {
        let module = Module::with_limits(
            runtime,
            &wat("(module (func $f (loop br 0)) (start $f))"),
            &deadline(Duration::from_millis(1)),
        )
        .unwrap();
        let error = Instance::new(&module).unwrap_err();
        assert_eq!(error, Error::Trap(Trap::DeadlineExceeded));
    });
}

#[test]
fn another_thread_ends_a_loop() {
    with_instance(SPIN, Limits::DEFAULT, |mut instance| {
        let spin = instance.get_typed_func::<(), ()>("spin").unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            // Repeatedly: the call may begin late, and ignores earlier interruptions.
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(5));
                    wamr::interrupt();
                }
            });
            let outcome = spin.call(&mut instance, ());
            done.store(true, Ordering::Relaxed);
            assert_eq!(outcome, Err(Trap::Interrupted.into()));
        });
    });
}

#[test]
fn a_trap_has_a_backtrace() {
    with_instance(SPIN, Limits { fuel: Some(100), ..Limits::DEFAULT }, |mut instance| {
        let spin = instance.get_typed_func::<(), ()>("spin").unwrap();
        assert_eq!(spin.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.usage().backtrace(), [0, 1, 2]);
        instance.get_typed_func::<(), ()>("quick").unwrap().call(&mut instance, ()).unwrap();
        assert!(instance.usage().backtrace().is_empty());
    });
}

#[test]
fn a_backtrace_keeps_the_innermost_functions() {
    let text = r#"(module (func $f (export "f") (param i32)
        (if (i32.eqz (local.get 0)) (then unreachable)) (call $f (i32.sub (local.get 0) (i32.const 1)))))"#;
    with_instance(text, Limits::DEFAULT, |mut instance| {
        let f = instance.get_typed_func::<i32, ()>("f").unwrap();
        assert_eq!(f.call(&mut instance, 50), Err(Trap::Unreachable.into()));
        assert_eq!(instance.usage().backtrace(), [0; 8]);
    });
}

#[test]
fn calls_of_host_functions_are_counted_and_limited() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        linker.func_wrap("env", "nop", || ()).unwrap();
        let text = r#"(module (import "env" "nop" (func $nop))
            (func (export "five") call $nop call $nop call $nop call $nop call $nop))"#;
        let limits = Limits { host_calls: 5, ..Limits::DEFAULT };
        let module = Module::with_limits(runtime, &wat(text), &limits).unwrap();
        let mut instance = linker.instantiate(&module, ()).unwrap();
        let five = instance.get_typed_func::<(), ()>("five").unwrap();
        for _ in 0..2 {
            five.call(&mut instance, ()).unwrap();
            assert_eq!(instance.usage().host_calls, 5);
        }
        instance.set_host_limits(4, None);
        assert_eq!(five.call(&mut instance, ()), Err(Trap::TooManyHostCalls.into()));
        assert_eq!(instance.usage().host_calls, 4);
    });
}

#[test]
fn start_functions_have_the_limits_of_calls() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        linker.func_wrap("env", "nop", || ()).unwrap();
        let text = r#"(module (import "env" "nop" (func $nop)) (func $f (loop call $nop br 0)) (start $f))"#;
        let limits = Limits { host_calls: 5, ..Limits::DEFAULT };
        let module = Module::with_limits(runtime, &wat(text), &limits).unwrap();
        assert_eq!(linker.instantiate(&module, ()).unwrap_err(), Trap::TooManyHostCalls.into());
    });
}

#[test]
fn host_functions_that_wait_end_at_the_deadline() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        linker
            .func_wrap("env", "wait", |caller: wamr::Caller<'_, ()>, millis: u32| {
                let wanted = Duration::from_millis(millis.into());
                thread::sleep(caller.time_left().map_or(wanted, |left| wanted.min(left)));
            })
            .unwrap();
        let text = r#"(module (import "env" "wait" (func $wait (param i32)))
            (func (export "run") (param i32) (loop (call $wait (local.get 0)) (br 0))))"#;
        let limits = deadline(Duration::from_millis(30));
        let module = Module::with_limits(runtime, &wat(text), &limits).unwrap();
        let mut instance = linker.instantiate(&module, ()).unwrap();
        let run = instance.get_typed_func::<i32, ()>("run").unwrap();
        for millis in [1, 1_000_000] {
            let start = Instant::now();
            assert_eq!(run.call(&mut instance, millis), Err(Trap::DeadlineExceeded.into()));
            assert!((Duration::from_millis(30)..LATE).contains(&start.elapsed()), "{:?}", start.elapsed());
        }

        // The time in host functions can have its own limit.
        instance.set_deadline(None);
        instance.set_host_limits(u32::MAX, Some(Duration::from_millis(10)));
        assert_eq!(run.call(&mut instance, 2), Err(Trap::HostTimeExceeded.into()));
        assert!((1..=6).contains(&instance.usage().host_calls), "{:?}", instance.usage());
    });
}

#[test]
fn a_module_beyond_a_limit_is_not_loaded() {
    with_runtime(|runtime| {
        let text = "(module (memory 1) (table 20 funcref) (func) (func (drop (i32.const 1)) (drop (i32.const 1))))";
        let bytes = wat(text);
        let load = |limits: Limits| Module::with_limits(runtime, &bytes, &limits).map(drop);
        let refused = |limits: Limits| match load(limits) {
            Err(Error::TooLarge { what, size, limit }) => (what, size, limit),
            other => panic!("{other:?}"),
        };
        load(Limits::MCU).unwrap();
        let size = bytes.len();
        let tight = Limits { module_size: size as u32, functions: 2, table_elements: 20, ..Limits::DEFAULT };
        load(Limits { function_size: 8, ..tight }).unwrap();
        assert_eq!(refused(Limits { module_size: size as u32 - 1, ..tight }), ("bytes in the module", size, size - 1));
        assert_eq!(refused(Limits { functions: 1, ..tight }), ("functions", 2, 1));
        assert_eq!(refused(Limits { table_elements: 19, ..tight }), ("elements in a table", 20, 19));
        assert_eq!(refused(Limits { function_size: 7, ..tight }), ("bytes in one function", 8, 7));
    });
}

#[test]
fn no_more_instances_than_allowed() {
    with_runtime(|runtime| {
        let limits = Limits { instances: 2, ..Limits::DEFAULT };
        let module = Module::with_limits(runtime, &wat("(module)"), &limits).unwrap();
        let first = Instance::new(&module).unwrap();
        let _second = Instance::new(&module).unwrap();
        assert_eq!(Instance::new(&module).unwrap_err(), Error::TooManyInstances { limit: 2 });
        drop(first);
        Instance::new(&module).unwrap();
    });
}
