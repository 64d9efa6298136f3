use std::cell::{Cell, RefCell};

use wamr::{Caller, Error, Instance, Linker, Module, Runtime, Trap};

use crate::{wat, with_runtime};

/// Runs `test` with an instance of `text` that is linked to the functions that `define` defines.
fn with_linked<'a, T: 'a>(
    text: &str,
    data: T,
    define: impl FnOnce(&mut Linker<'_, T>),
    test: impl FnOnce(Instance<'_, T>),
) {
    with_runtime(|runtime: &Runtime| {
        let mut linker = Linker::new(runtime);
        define(&mut linker);
        let module = Module::new(runtime, &wat(text)).unwrap();
        test(linker.instantiate(&module, data).unwrap());
    });
}

#[test]
fn every_type_passes_both_ways() {
    let text = r#"(module
        (import "h" "i32" (func $a (param i32) (result i32)))
        (import "h" "i64" (func $b (param i64) (result i64)))
        (import "h" "f32" (func $c (param f32) (result f32)))
        (import "h" "f64" (func $d (param f64) (result f64)))
        (export "i32" (func $a)) (export "f64 direct" (func $d))
        (func (export "all") (param i32 i64 f32 f64) (result i32 i64 f32 f64)
            (call $a (local.get 0)) (call $b (local.get 1)) (call $c (local.get 2)) (call $d (local.get 3))))"#;
    with_linked(
        text,
        (),
        |linker| {
            linker.func_wrap("h", "i32", |n: i32| n - 1).unwrap();
            linker.func_wrap("h", "i64", |n: u64| n.wrapping_add(1 << 40)).unwrap();
            linker.func_wrap("h", "f32", |n: f32| n * 0.5).unwrap();
            linker.func_wrap("h", "f64", |n: f64| -n).unwrap();
        },
        |mut instance| {
            let all = instance.get_typed_func::<(i32, i64, f32, f64), (i32, i64, f32, f64)>("all").unwrap();
            let results = all.call(&mut instance, (i32::MIN + 1, -(1 << 40), 3.0, 1e300)).unwrap();
            assert_eq!(results, (i32::MIN, 0, 1.5, -1e300));
            // A host function that the guest exports again.
            let direct = instance.get_typed_func::<i32, i32>("i32").unwrap();
            assert_eq!(direct.call(&mut instance, 8), Ok(7));
            let direct = instance.get_typed_func::<f64, f64>("f64 direct").unwrap();
            assert_eq!(direct.call(&mut instance, 8.0), Ok(-8.0));
        },
    );
}

#[test]
fn sixteen_parameters_in_order() {
    let text = r#"(module
        (import "h" "f" (func $f (param i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 f64) (result i64)))
        (func (export "f") (result i64)
            i64.const 1 i32.const 2 i64.const 3 i32.const 4 i64.const 5 i32.const 6 i64.const 7 i32.const 8
            i64.const 9 i32.const 10 i64.const 11 i32.const 12 i64.const 13 i32.const 14 i64.const 15 f64.const 16
            call $f))"#;
    with_linked(
        text,
        (),
        |linker| {
            #[rustfmt::skip]
            let f = |a: i64, b: i32, c: i64, d: i32, e: i64, f: i32, g: i64, h: i32,
                     i: i64, j: i32, k: i64, l: i32, m: i64, n: i32, o: i64, p: f64| -> i64 {
                [a, b.into(), c, d.into(), e, f.into(), g, h.into(), i, j.into(), k, l.into(), m, n.into(), o, p as i64]
                    .into_iter()
                    .fold(0, |sum, value| sum * 17 + value)
            };
            linker.func_wrap("h", "f", f).unwrap();
        },
        |mut instance| {
            let f = instance.get_typed_func::<(), i64>("f").unwrap();
            let expected = (1..=16).fold(0i64, |sum, value| sum.wrapping_mul(17).wrapping_add(value));
            assert_eq!(f.call(&mut instance, ()), Ok(expected));
        },
    );
}

#[test]
fn state_and_memory_of_the_caller() {
    let text = r#"(module
        (import "h" "log" (func $log (param i32 i32)))
        (import "h" "fill" (func $fill (param i32 i32 i32)))
        (memory 1)
        (data (i32.const 8) "hello")
        (func (export "log") (param i32 i32) (call $log (local.get 0) (local.get 1)))
        (func (export "fill") (param i32 i32) (result i32)
            (call $fill (local.get 0) (local.get 1) (i32.const 7)) (i32.load8_u (local.get 0))))"#;
    with_linked(
        text,
        Vec::<String>::new(),
        |linker| {
            let log = |mut caller: Caller<'_, Vec<String>>, address: u32, length: u32| {
                let text = String::from_utf8_lossy(caller.bytes(address, length)?).into_owned();
                caller.data_mut().push(text);
                Ok::<(), Trap>(())
            };
            let fill = |mut caller: Caller<'_, Vec<String>>, address: u32, length: u32, value: i32| {
                caller.bytes_mut(address, length)?.fill(value as u8);
                Ok::<(), Trap>(())
            };
            linker.func_wrap("h", "log", log).unwrap().func_wrap("h", "fill", fill).unwrap();
        },
        |mut instance| {
            let log = instance.get_typed_func::<(u32, u32), ()>("log").unwrap();
            log.call(&mut instance, (8, 5)).unwrap();
            log.call(&mut instance, (65536, 0)).unwrap();
            for (address, length) in [(65536, 1), (0, 65537), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX)] {
                let result = log.call(&mut instance, (address, length));
                assert_eq!(result, Err(Trap::MemoryOutOfBounds.into()), "{address} {length}");
            }
            assert_eq!(*instance.data(), ["hello", ""]);
            instance.data_mut().clear();
            log.call(&mut instance, (9, 4)).unwrap();
            assert_eq!(*instance.data(), ["ello"]);

            let fill = instance.get_typed_func::<(u32, u32), i32>("fill").unwrap();
            assert_eq!(fill.call(&mut instance, (100, 3)), Ok(7));
            assert_eq!(instance.memory()[99..104], [0, 7, 7, 7, 0]);
            assert_eq!(fill.call(&mut instance, (65535, 2)), Err(Trap::MemoryOutOfBounds.into()));
        },
    );
}

#[test]
fn data_of_each_instance_is_its_own() {
    with_runtime(|runtime| {
        let mut linker = Linker::<u32>::new(runtime);
        linker.func_wrap("h", "count", |mut caller: Caller<'_, u32>| *caller.data_mut() += 1).unwrap();
        let module =
            wat(r#"(module (import "h" "count" (func $count)) (func (export "run") call $count) (start $count))"#);
        let module = Module::new(runtime, &module).unwrap();
        let mut a = linker.instantiate(&module, 10).unwrap();
        let b = linker.instantiate(&module, 20).unwrap();
        a.get_typed_func::<(), ()>("run").unwrap().call(&mut a, ()).unwrap();
        assert_eq!((*a.data(), *b.data()), (12, 21));
    });
}

#[test]
fn host_functions_of_a_start_function_have_data() {
    let text = r#"(module (import "h" "count" (func $count)) (func $start call $count call $count) (start $start))"#;
    let define = |linker: &mut Linker<'_, u32>| {
        linker.func_wrap("h", "count", |mut caller: Caller<'_, u32>| *caller.data_mut() += 1).unwrap();
    };
    with_linked(text, 40, define, |instance| assert_eq!(*instance.data(), 42));
}

#[test]
fn a_refusal_becomes_a_trap_and_the_next_call_is_clean() {
    let text = r#"(module
        (import "h" "check" (func $check (param i32) (result i32)))
        (global $after (mut i32) (i32.const 0))
        (func (export "check") (param i32) (result i32)
            (call $check (local.get 0)) (global.set $after (i32.const 1)))
        (func (export "after") (result i32) global.get $after))"#;
    with_linked(
        text,
        (),
        |linker| {
            let check = |n: i32| match n {
                0 => Err(Trap::host("zero")),
                1 => Err(Trap::host(&"long ".repeat(100))),
                2 => Err(Trap::Unreachable),
                3 => Err(Trap::host("a\0b")),
                n => Ok(n),
            };
            linker.func_wrap("h", "check", check).unwrap();
        },
        |mut instance| {
            let check = instance.get_typed_func::<i32, i32>("check").unwrap();
            let after = instance.get_typed_func::<(), i32>("after").unwrap();
            assert_eq!(check.call(&mut instance, 0), Err(Trap::host("zero").into()));
            let Err(Error::Trap(Trap::Host(reason))) = check.call(&mut instance, 1) else { panic!() };
            assert!(reason.starts_with("long long") && reason.len() > 80);
            assert_eq!(check.call(&mut instance, 2), Err(Trap::Unreachable.into()));
            assert_eq!(check.call(&mut instance, 3), Err(Trap::host("a").into()));
            assert_eq!(after.call(&mut instance, ()), Ok(0), "the guest did not go on after a refusal");
            assert_eq!(check.call(&mut instance, 9), Ok(9));
            assert_eq!(after.call(&mut instance, ()), Ok(1));
        },
    );
}

#[test]
#[cfg(feature = "std")]
fn a_panic_becomes_a_trap() {
    let text = r#"(module (import "h" "panic" (func $p (param i32))) (func (export "f") (param i32) (call $p (local.get 0))))"#;
    let define = |linker: &mut Linker<'_>| {
        linker.func_wrap("h", "panic", |n: i32| assert_eq!(n, 0, "expected by the test")).unwrap();
    };
    with_linked(text, (), define, |mut instance| {
        let f = instance.get_typed_func::<i32, ()>("f").unwrap();
        assert_eq!(f.call(&mut instance, 1), Err(Trap::HostPanic.into()));
        assert_eq!(f.call(&mut instance, 0), Ok(()));
    });
}

/// Without `std` the panic of a host function must end the process rather than cross WAMR's frames: the test runs itself as a child.
#[test]
#[cfg(not(feature = "std"))]
fn a_panic_ends_the_process() {
    const CHILD: &str = "WAMR_TEST_PANICKING_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let text = r#"(module (import "h" "panic" (func $p)) (func (export "f") (call $p)))"#;
        let define = |linker: &mut Linker<'_>| {
            linker.func_wrap("h", "panic", || -> () { panic!("expected by the test") }).unwrap();
        };
        with_linked(text, (), define, |mut instance| {
            let f = instance.get_typed_func::<(), ()>("f").unwrap();
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f.call(&mut instance, ())));
            println!("unwound");
        });
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["host_func::a_panic_ends_the_process", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(!child.status.success() && !out.contains("unwound"), "{out}{err}");
    assert!(err.contains("expected by the test") && err.contains("cannot unwind"), "{err}");
}

#[test]
fn closures_and_data_are_dropped_once() {
    struct Counts<'a>(&'a Cell<u32>);
    impl Drop for Counts<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let (closures, data) = (Cell::new(0), Cell::new(0));
    with_runtime(|runtime| {
        let mut linker = Linker::new(runtime);
        let counts = Counts(&closures);
        linker
            .func_wrap("h", "f", move || {
                let _ = &counts;
            })
            .unwrap();
        let module = Module::new(runtime, &wat(r#"(module (import "h" "f" (func)))"#)).unwrap();
        let instance = linker.instantiate(&module, Counts(&data)).unwrap();
        assert_eq!((closures.get(), data.get()), (0, 0));
        drop(instance);
        assert_eq!((closures.get(), data.get()), (0, 1));
        drop(linker);
        assert_eq!((closures.get(), data.get()), (1, 1));

        // Also on the ways that fail.
        let mut linker = Linker::new(runtime);
        let other = Module::new(runtime, &wat(r#"(module (import "h" "g" (func)))"#)).unwrap();
        linker.instantiate(&other, Counts(&data)).unwrap_err();
        assert_eq!(data.get(), 2);
        for _ in 0..2 {
            let counts = Counts(&closures);
            let _ = linker.func_wrap("h", "f", move || {
                let _ = &counts;
            });
        }
        assert_eq!(closures.get(), 2, "the second definition was refused");
    });
    assert_eq!(closures.get(), 3);
}

#[test]
fn the_data_of_the_host_may_borrow() {
    let log = RefCell::new(Vec::new());
    with_runtime(|runtime| {
        let text = String::from("seen");
        let mut linker = Linker::<(&RefCell<Vec<String>>, &str)>::new(runtime);
        let note = |caller: Caller<'_, (&RefCell<Vec<String>>, &str)>| {
            let (log, text) = *caller.data();
            log.borrow_mut().push(text.to_owned());
        };
        linker.func_wrap("env", "note", note).unwrap();
        let module = wat(r#"(module (import "env" "note" (func $note)) (func (export "run") (call $note)))"#);
        let module = Module::new(runtime, &module).unwrap();
        let mut instance = linker.instantiate(&module, (&log, &text)).unwrap();
        instance.get_typed_func::<(), ()>("run").unwrap().call(&mut instance, ()).unwrap();
    });
    assert_eq!(*log.borrow(), ["seen"]);
}
