//! Objects that the host creates while a guest runs belong to the host: they are in the pool, not in the memory quota of the app.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wamr::{Error, Instance, Limits, Linker, Module, Runtime};

use crate::{wat, with_pool, with_runtime};

const SHARE: u32 = 128 * 1024;
const LIMITS: Limits = Limits { pool: Some(SHARE), ..Limits::DEFAULT };

/// Calls the host when its export is called.
const CALLS: &str = r#"(module (import "host" "make" (func $make)) (memory 1) (func (export "run") (call $make)))"#;
/// Calls the host while it is instantiated.
const STARTS: &str = r#"(module (import "host" "make" (func $make)) (memory 1) (func $run (call $make)) (start $run) (func (export "run")))"#;

const SEVEN: &str = r#"(module (memory 1) (func (export "f") (result i32) (i32.const 7)))"#;
const NEEDY: &str =
    r#"(module (import "host" "seven" (func $seven (result i32))) (func (export "f") (result i32) (call $seven)))"#;

/// Runs `test` in a runtime on a pool and in one on an allocator, each with an app that calls the host from an export and with one that
/// does so while it starts.
fn in_all_ways(test: impl Fn(&Runtime, &str)) {
    for app in [CALLS, STARTS] {
        with_runtime(|runtime| test(runtime, app));
        with_pool(0, |_| {
            let runtime = Runtime::with_allocator(&std::alloc::System).unwrap();
            let before = runtime.pool_usage().used;
            test(&runtime, app);
            assert_eq!(runtime.pool_usage().used, before, "something was not freed");
        });
    }
}

/// Returns the result of `make`, which an app with a memory quota calls. The app is gone afterwards, and its memory is in use again.
fn made_by_an_app<'rt, V: 'rt>(runtime: &'rt Runtime, app: &str, make: impl Fn() -> V + 'rt) -> V {
    let made = Rc::new(Cell::new(None));
    let kept = made.clone();
    let mut linker = Linker::new(runtime);
    linker.func_wrap("host", "make", move || kept.set(Some(make()))).unwrap();
    let module = Module::with_limits(runtime, &wat(app), &LIMITS).unwrap();
    let mut instance = linker.instantiate(&module, ()).unwrap();
    let run = instance.get_typed_func::<(), ()>("run").unwrap();
    run.call(&mut instance, ()).unwrap();
    drop((instance, module));
    overwrite_a_share(runtime);
    made.take().expect("the app called")
}

fn overwrite_a_share(runtime: &Runtime) {
    let module = Module::with_limits(runtime, &wat("(module (memory 1))"), &LIMITS).unwrap();
    Instance::new(&module).unwrap().memory_mut().fill(0xff);
}

fn call_f<T>(instance: &mut Instance<'_, T>) -> i32 {
    instance.get_typed_func::<(), i32>("f").unwrap().call(instance, ()).unwrap()
}

#[test]
fn a_module_outlives_the_app_that_ran() {
    in_all_ways(|runtime, app| {
        let module = made_by_an_app(runtime, app, || Module::new(runtime, &wat(SEVEN)).unwrap());
        let clone = module.clone();
        drop(module);
        assert_eq!(call_f(&mut Instance::new(&clone).unwrap()), 7);
    });
}

#[test]
fn a_module_with_a_memory_quota_outlives_the_app_that_ran() {
    in_all_ways(|runtime, app| {
        let module = made_by_an_app(runtime, app, || Module::with_limits(runtime, &wat(SEVEN), &LIMITS).unwrap());
        assert_eq!(call_f(&mut Instance::new(&module).unwrap()), 7);
    });
}

#[test]
fn an_instance_outlives_the_app_that_ran() {
    in_all_ways(|runtime, app| {
        let mut instance =
            made_by_an_app(runtime, app, || Instance::new(&Module::new(runtime, &wat(SEVEN)).unwrap()).unwrap());
        assert_eq!(call_f(&mut instance), 7);
        instance.grow_memory(1).unwrap_err();
    });
}

#[test]
fn a_linker_and_its_functions_outlive_the_app_that_ran() {
    in_all_ways(|runtime, app| {
        let seven = 7;
        let linker = made_by_an_app(runtime, app, || {
            let mut linker = Linker::<()>::new(runtime);
            linker.func_wrap("host", "seven", move || seven).unwrap();
            linker
        });
        let module = Module::new(runtime, &wat(NEEDY)).unwrap();
        assert_eq!(call_f(&mut linker.instantiate(&module, ()).unwrap()), 7);
        drop(module);
    });
}

#[test]
fn a_function_added_to_a_linker_outlives_the_app_that_ran() {
    in_all_ways(|runtime, app| {
        let linker = Rc::new(RefCell::new(Linker::<()>::new(runtime)));
        linker.borrow_mut().func_wrap("host", "unused", || 1).unwrap();
        let extended = linker.clone();
        made_by_an_app(runtime, app, move || {
            extended.borrow_mut().func_wrap("host", "seven", || 7).unwrap();
        });
        let linker = linker.borrow();
        let module = Module::new(runtime, &wat(NEEDY)).unwrap();
        assert_eq!(call_f(&mut linker.instantiate(&module, ()).unwrap()), 7);
        drop(module);
    });
}

#[test]
fn host_objects_are_not_charged_to_the_memory_quota_of_an_app() {
    with_runtime(|runtime| {
        let (made, linkers) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Vec::new())));
        let (modules, more) = (made.clone(), linkers.clone());
        let mut linker = Linker::new(runtime);
        let make = move || {
            // More than the memory quota, so the guest would find it full.
            for _ in 0..4 {
                modules.borrow_mut().push(Module::with_limits(runtime, &wat(SEVEN), &LIMITS).unwrap());
                let mut linker = Linker::<()>::new(runtime);
                let large = [0; 16 * 1024];
                linker.func_wrap("host", "large", move || large[7]).unwrap();
                more.borrow_mut().push(linker);
            }
        };
        linker.func_wrap("host", "make", make).unwrap();
        let module = Module::with_limits(runtime, &wat(CALLS), &LIMITS).unwrap();
        let mut instance = linker.instantiate(&module, ()).unwrap();
        let (share, pool) = (module.pool_usage(), runtime.pool_usage());
        instance.get_typed_func::<(), ()>("run").unwrap().call(&mut instance, ()).unwrap();
        assert_eq!(module.pool_usage(), share);
        assert!(runtime.pool_usage().used > pool.used + 4 * (SHARE + 64 * 1024), "{:?}", runtime.pool_usage());
    });
}

#[test]
fn an_app_that_fills_its_memory_quota_does_not_prevent_host_objects() {
    with_runtime(|runtime| {
        let linker = made_by_an_app(runtime, STARTS, || {
            // The import's names are registered with WAMR while it is bound.
            let mut linker = Linker::<()>::new(runtime);
            linker.func_wrap("host", "seven", || 7).unwrap();
            let module = Module::new(runtime, &wat(NEEDY)).unwrap();
            assert_eq!(call_f(&mut linker.instantiate(&module, ()).unwrap()), 7);
            let needs = Limits { pool: Some(8 * SHARE), ..LIMITS };
            let error = Module::with_limits(runtime, b"\0asm\x01\0\0\0\xff", &needs).map(drop);
            assert!(matches!(error, Err(Error::InvalidModule(_))), "{error:?}");
            linker
        });
        assert_eq!(format!("{linker:?}"), r#"[("host", "seven")]"#);
    });
}
