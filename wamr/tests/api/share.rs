//! Memory quotas, and runtimes on an allocator.

use wamr::{Caller, Error, Instance, Limits, Linker, Module, Runtime};

use crate::{POOL_SIZE, wat, with_pool, with_runtime};

const SHARE: u32 = 256 * 1024;
const LIMITS: Limits = Limits { pool: Some(SHARE), ..Limits::DEFAULT };

/// Grows its memory by a page as often as possible, and returns how often that was.
const GREEDY: &str = r#"(module (memory (export "memory") 1)
    (func (export "grow") (result i32) (local $times i32)
        (loop $again
            (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
                (then (local.set $times (i32.add (local.get $times) (i32.const 1))) (br $again))))
        (local.get $times))
    (func (export "trap") unreachable))"#;

fn grow(instance: &mut Instance<'_>) -> i32 {
    instance.get_typed_func::<(), i32>("grow").unwrap().call(instance, ()).unwrap()
}

#[test]
fn a_greedy_module_gets_its_memory_quota_and_no_more() {
    with_runtime(|runtime| {
        let greedy = Module::with_limits(runtime, &wat(GREEDY), &LIMITS).unwrap();
        let mut greedy = Instance::new(&greedy).unwrap();
        let all = runtime.pool_usage().used;
        // One page, and then two beside it, do not leave room for three.
        assert_eq!(grow(&mut greedy), 1);
        assert_eq!(runtime.pool_usage().used, all, "the share was set aside before");
        let usage = greedy.module().pool_usage();
        assert!(usage.total <= SHARE && usage.peak > 3 * 65536 && usage.used < usage.peak, "{usage:?}");

        // Another module gets all the rest.
        let other = Module::new(runtime, &wat(GREEDY)).unwrap();
        let mut other = Instance::new(&other).unwrap();
        assert!(grow(&mut other) > 10);
        assert_eq!(greedy.module().pool_usage(), usage);
    });
}

#[test]
fn a_memory_quota_is_available_when_others_have_taken_the_rest() {
    with_runtime(|runtime| {
        let module = Module::with_limits(runtime, &wat(GREEDY), &LIMITS).unwrap();
        let mut late = Instance::new(&module).unwrap();
        let mut others: Vec<Instance> = Vec::new();
        let all = Module::new(runtime, &wat(GREEDY)).unwrap();
        while let Ok(other) = Instance::new(&all) {
            others.push(other);
        }
        assert_eq!(grow(&mut late), 1);
        assert!(late.grow_memory(1).is_err(), "nor can the host take more than the share");
        drop(others);
    });
}

/// Carries 20 values of 64 bits out of a block, and into another one. Where each value lies before and behind a branch is different for
/// each, because some are in local variables and another one lies below them. Returns a number that depends on each value and its place.
fn carrier() -> Vec<u8> {
    let many = "i64 ".repeat(20);
    let values: String = (0..20)
        .map(|i| match i % 3 {
            0 => "local.get 0 ".to_owned(),
            _ => format!("local.get 0 i64.const {i} i64.mul "),
        })
        .collect();
    let kept: String = (1..=20).rev().map(|i| format!("local.set {i} ")).collect();
    let mixed: String = (1..=20).map(|i| format!("i64.const 31 i64.mul local.get {i} i64.add ")).collect();
    wat(&format!(
        "(module (func (export \"carry\") (param i64) (result i64) (local {many})
            block (result {many}) local.get 0 i64.const 5 i64.add {values} br 0 end
            block (param {many}) (result {many}) br 0 end
            {kept} i64.const 0 {mixed}))"
    ))
}

#[test]
fn branches_need_no_memory() {
    with_runtime(|runtime| {
        let module = Module::with_room(runtime, &carrier(), &LIMITS).unwrap();
        let mut instance = Instance::new(&module).unwrap();
        module.fit_quota().unwrap();
        assert!(module.room() < 20 * 8, "{} bytes are free, which suffices for the values", module.room());
        let carry = instance.get_typed_func::<i64, i64>("carry").unwrap();
        let value = |i: i64| if i % 3 == 0 { 7 } else { 7 * i };
        let expected = (0..20).fold(0_i64, |mixed, i| mixed.wrapping_mul(31).wrapping_add(value(i)));
        assert_eq!(carry.call(&mut instance, 7), Ok(expected));
    });
}

#[test]
fn an_error_gives_the_free_bytes_for_a_memory_quota() {
    with_runtime(|runtime| {
        let bytes = wat("(module)");
        let mut modules: Vec<Module> = Vec::new();
        let error = loop {
            match Module::with_limits(runtime, &bytes, &LIMITS) {
                Ok(module) => modules.push(module),
                Err(error) => break error,
            }
        };
        assert_eq!(modules.len(), POOL_SIZE / SHARE as usize - 1, "the heap of all needs some bytes, too");
        let Error::NoShare { wanted, free } = error else { panic!("{error}") };
        let usage = runtime.pool_usage();
        // Besides its quota a module takes some bytes.
        let all = usage.total - usage.used;
        assert!(wanted == SHARE && free < all && free + 256 > all, "{wanted} bytes, {free} of {all}");
        let text = format!("the pool has no room for a memory quota of {SHARE} bytes: {free} are free");
        assert_eq!(error.to_string(), text);

        modules.pop();
        modules.push(Module::with_limits(runtime, &bytes, &LIMITS).unwrap());
    });
}

#[test]
fn an_error_gives_the_missing_bytes_of_a_memory_quota() {
    with_runtime(|runtime| {
        let module = Module::with_limits(runtime, &wat("(module (memory 5))"), &LIMITS).unwrap();
        let before = module.pool_usage();
        let error = Instance::new(&module).unwrap_err();
        let Error::OutOfMemory { wanted, free } = error else { panic!("{error}") };
        assert_eq!(wanted, 5 * 65536);
        let text = format!("the pool lacks {} bytes: {wanted} are needed and {free} are free", wanted - free);
        assert_eq!(error.to_string(), text);
        assert!(free < SHARE && free > SHARE - 16 * 1024, "{free}");
        assert_eq!(module.pool_usage().used, before.used);

        let tiny = Limits { pool: Some(100), ..LIMITS };
        assert_eq!(Module::with_limits(runtime, &wat("(module)"), &tiny).unwrap_err(), Error::PoolSize);
    });
}

#[test]
fn a_host_function_may_run_another_module_in_its_own_memory_quota() {
    with_runtime(|runtime| {
        let inner = Module::with_limits(runtime, &wat(GREEDY), &LIMITS).unwrap();
        let inner = Instance::new(&inner).unwrap();
        let peak = inner.module().pool_usage().peak;
        let inner = std::rc::Rc::new(std::cell::RefCell::new(inner));
        let mut linker = Linker::new(runtime);
        let called = inner.clone();
        linker.func_wrap("host", "run", move |_: Caller<'_, ()>| grow(&mut called.borrow_mut())).unwrap();

        let outer = wat(r#"(module (import "host" "run" (func $run (result i32))) (memory 1)
            (func (export "f") (result i32) (drop (call $run)) (memory.grow (i32.const 1))))"#);
        let outer = Module::with_limits(runtime, &outer, &LIMITS).unwrap();
        let mut outer = linker.instantiate(&outer, ()).unwrap();
        let before = outer.module().pool_usage().peak;
        assert_eq!(outer.get_typed_func::<(), i32>("f").unwrap().call(&mut outer, ()), Ok(1));
        assert!(inner.borrow().module().pool_usage().peak > peak + 65536, "the inner one grew in its share");
        assert!(outer.module().pool_usage().peak > before + 65536, "and then the outer one in its own");
    });
}

#[test]
fn a_module_that_traps_leaves_its_neighbour_alone() {
    with_runtime(|runtime| {
        let load = || Module::with_limits(runtime, &wat(GREEDY), &LIMITS).unwrap();
        let (mut bad, mut good) = (Instance::new(&load()).unwrap(), Instance::new(&load()).unwrap());
        good.write_memory(0, b"good").unwrap();
        let before = good.module().pool_usage();
        let trap = bad.get_typed_func::<(), ()>("trap").unwrap();
        for _ in 0..100 {
            trap.call(&mut bad, ()).unwrap_err();
        }
        drop(bad);
        assert_eq!((&good.memory()[..4], good.module().pool_usage()), (&b"good"[..], before));
        assert_eq!(grow(&mut good), 1);
    });
}

#[test]
fn the_system_allocator_serves_as_well() {
    with_pool(0, |_| {
        let runtime = Runtime::with_allocator(&std::alloc::System).unwrap();
        assert_eq!(Runtime::with_allocator(&std::alloc::System).unwrap_err(), Error::AlreadyInitialized);
        let idle = runtime.pool_usage();
        {
            let limits = Limits { memory_pages: 100, ..Limits::DEFAULT };
            let module = Module::with_limits(&runtime, &wat(GREEDY), &limits).unwrap();
            let mut instance = Instance::new(&module).unwrap();
            assert_eq!(grow(&mut instance), 99);
            assert!(runtime.pool_usage().used > idle.used + 100 * 65536);
            // Memory quotas are blocks of the allocator, with the same bounds.
            let module = Module::with_limits(&runtime, &wat(GREEDY), &LIMITS).unwrap();
            assert_eq!(grow(&mut Instance::new(&module).unwrap()), 1);
        }
        assert_eq!(runtime.pool_usage().used, idle.used);
        assert!(runtime.into_pool().is_empty());
    });
}

/// Allocates up to a bound.
struct Stingy;

// SAFETY: forwards to the system's allocator.
unsafe impl std::alloc::GlobalAlloc for Stingy {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        if layout.size() > 65536 { std::ptr::null_mut() } else { unsafe { std::alloc::System.alloc(layout) } }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: std::alloc::Layout) {
        // SAFETY: the caller's promise.
        unsafe { std::alloc::System.dealloc(pointer, layout) }
    }
}

#[test]
fn an_allocator_that_gives_nothing_is_an_error() {
    with_pool(0, |_| {
        let runtime = Runtime::with_allocator(&Stingy).unwrap();
        let module = Module::new(&runtime, &wat("(module (memory 2))")).unwrap();
        let error = Instance::new(&module).unwrap_err();
        assert!(matches!(error, Error::OutOfMemory { wanted: 131_072, .. }), "{error}");
    });
}
