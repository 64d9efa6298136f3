use wamr::{Error, Instance, Limits, Module, Trap};

use crate::{wat, with_runtime};

fn instantiate(text: &str, config: Limits) -> Result<(), Error> {
    let mut result = Ok(());
    with_runtime(|runtime| {
        let module = Module::with_limits(runtime, &wat(text), &config).expect("a valid module");
        result = Instance::new(&module).map(drop);
    });
    result
}

#[test]
fn a_trap_of_the_start_function_is_an_error() {
    for (body, trap) in [
        ("unreachable", Trap::Unreachable),
        ("i32.const 1 i32.const 0 i32.div_u drop", Trap::DivisionByZero),
        ("i32.const 65536 i32.load drop", Trap::MemoryOutOfBounds),
        ("call $start", Trap::StackOverflow),
    ] {
        let text = format!("(module (memory 1) (func $start {body}) (start $start))");
        assert_eq!(instantiate(&text, Limits::default()), Err(Error::Trap(trap)), "{body}");
    }
}

#[test]
fn segments_must_fit() {
    let text = r#"(module (memory 1) (data (i32.const 65535) "ab"))"#;
    assert_eq!(instantiate(text, Limits::default()), Err(Trap::MemoryOutOfBounds.into()));
    let text = "(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))";
    assert_eq!(instantiate(text, Limits::default()), Err(Trap::TableOutOfBounds.into()));
}

#[test]
fn pages_are_limited_from_the_start() {
    let limit = |pages| Limits { memory_pages: pages, ..Default::default() };
    assert_eq!(instantiate("(module (memory 2 4))", limit(2)), Ok(()));
    let error = instantiate("(module (memory 3 4))", limit(2));
    assert_eq!(error, Err(Error::MemoryTooLarge { pages: 3, limit: 2 }));

    assert_eq!(instantiate("(module)", limit(0)), Ok(()));
    assert_eq!(instantiate("(module (memory 0 0))", limit(0)), Ok(()));
    let error = instantiate("(module (memory 0 2))", limit(0));
    assert_eq!(error, Err(Error::MemoryTooLarge { pages: 2, limit: 0 }));
}

#[test]
fn an_instance_that_does_not_fit_into_the_pool_is_an_error() {
    let huge = Limits { stack_size: crate::POOL_SIZE as u32, ..Default::default() };
    assert!(matches!(instantiate("(module)", huge), Err(Error::OutOfMemory { .. })));
    let huge = Limits { stack_size: u32::MAX, ..Default::default() };
    assert!(matches!(instantiate("(module)", huge), Err(Error::OutOfMemory { .. })));
    for pages in [64, 100, 65535, 65536] {
        let text = format!("(module (memory {pages}))");
        assert!(matches!(instantiate(&text, Limits::default()), Err(Error::OutOfMemory { .. })), "{pages}");
    }
}

#[test]
fn an_instance_keeps_its_module() {
    with_runtime(|runtime| {
        let module = Module::new(runtime, &wat(r#"(module (func (export "f") (result i32) i32.const 4))"#)).unwrap();
        let clone = module.clone();
        let mut instance = Instance::new(&module).unwrap();
        drop((module, clone));
        let f = instance.get_typed_func::<(), i32>("f").unwrap();
        assert_eq!(f.call(&mut instance, ()), Ok(4));
        assert_eq!(instance.module().exports().count(), 1);
    });
}

#[test]
fn instances_do_not_share_state() {
    with_runtime(|runtime| {
        let text = r#"(module (memory 1) (global $g (mut i32) (i32.const 0))
            (func (export "add") (result i32)
                (global.set $g (i32.add (global.get $g) (i32.const 1))) global.get $g))"#;
        let module = Module::new(runtime, &wat(text)).unwrap();
        let mut a = Instance::new(&module).unwrap();
        let mut b = Instance::new(&module).unwrap();
        let (add_a, add_b) = (a.get_typed_func::<(), i32>("add").unwrap(), b.get_typed_func::<(), i32>("add").unwrap());
        assert_eq!((add_a.call(&mut a, ()), add_a.call(&mut a, ()), add_b.call(&mut b, ())), (Ok(1), Ok(2), Ok(1)));
        a.memory_mut()[0] = 9;
        assert_eq!((a.memory()[0], b.memory()[0]), (9, 0));
    });
}

/// A device that runs for years must not leak memory, not even after failures.
#[test]
fn many_instances_leak_nothing() {
    with_runtime(|runtime| {
        let module = wat(r#"(module (memory 1) (func (export "f") unreachable))"#);
        let mut used = None;
        for _ in 0..200 {
            let module = Module::new(runtime, &module).unwrap();
            let mut instance = Instance::new(&module).unwrap();
            let f = instance.get_typed_func::<(), ()>("f").unwrap();
            f.call(&mut instance, ()).unwrap_err();
            Module::new(runtime, b"\0asm\x01\0\0\0\x01").unwrap_err();
            let now = runtime.pool_usage().used;
            assert_eq!(*used.get_or_insert(now), now);
        }
    });
}

#[test]
fn no_allocation_after_instantiation() {
    with_runtime(|runtime| {
        let text = r#"(module (func $f (export "f") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 8)))))"#;
        let module = Module::new(runtime, &wat(text)).unwrap();
        let mut instance = Instance::new(&module).unwrap();
        let f = instance.get_typed_func::<i32, i32>("f").unwrap();
        // The peak is the current usage, so any further allocation would raise it.
        drop(Module::new(runtime, &wat("(module)")).unwrap());
        let (before, peak) = (runtime.pool_usage().used, runtime.pool_usage().peak);
        for depth in 0..50 {
            assert_eq!(f.call(&mut instance, depth), Ok(8));
        }
        assert_eq!((runtime.pool_usage().used, runtime.pool_usage().peak), (before, peak));
    });
}
