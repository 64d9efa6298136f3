use wamr::{Error, Instance, Limits, Module};

use crate::{wat, with_runtime};

fn assert_refused(runtime: &wamr::Runtime, bytes: &[u8], what: &str) {
    match Module::new(runtime, bytes) {
        Err(Error::InvalidModule(message)) => assert!(!message.is_empty(), "{what}"),
        other => panic!("{what}: {other:?}"),
    }
}

const MODULE: &str = r#"(module
    (type (func (param i32) (result i32)))
    (import "env" "f" (func (type 0)))
    (memory (export "memory") 1 2) (table 2 funcref) (global (mut i64) (i64.const 5))
    (func (export "g") (param i32) (result i32) (local i64 f32)
        (block (result i32) (loop (br_if 0 (local.get 0))) (call 0 (i32.const 7))))
    (start $s) (func $s) (elem (i32.const 0) 1) (data (i32.const 3) "data"))"#;

#[test]
fn bytes_that_are_not_a_module() {
    with_runtime(|runtime| {
        assert_refused(runtime, b"", "empty");
        assert_refused(runtime, b"\0", "a byte");
        assert_refused(runtime, b"\0asm", "only the magic number");
        assert_refused(runtime, b"\0asm\x02\0\0\0", "another version");
        assert_refused(runtime, b"\0asm\x0d\0\x01\0", "a component");
        assert_refused(runtime, b"(module)", "text");
        assert_refused(runtime, b"#!/bin/sh\necho hello\n", "a script");
        assert_refused(runtime, &[0xff; 4096], "an erased flash");
        assert_eq!(Module::new(runtime, b"\0aot\x06\0\0\0and more").err(), Some(Error::AotFile));
    });
}

#[test]
fn truncated_at_every_byte() {
    let module = wat(MODULE);
    with_runtime(|runtime| {
        Module::new(runtime, &module).unwrap();
        for length in 0..module.len() {
            // A file that ends between two sections can be a module.
            if let Err(error) = Module::new(runtime, &module[..length]) {
                assert!(matches!(error, Error::InvalidModule(_)), "{length}: {error}");
            }
        }
        let refused = (0..module.len()).filter(|&length| Module::new(runtime, &module[..length]).is_err()).count();
        assert!(refused > module.len() - 12, "{refused} of {}", module.len());
    });
}

#[test]
fn every_byte_changed() {
    let module = wat(MODULE);
    with_runtime(|runtime| {
        for at in 0..module.len() {
            for change in [0x01, 0x40, 0x80, 0xff] {
                let mut module = module.clone();
                module[at] ^= change;
                try_to_run(runtime, &module);
            }
        }
    });
}

#[test]
fn random_bytes() {
    let mut random = xorshift(0x9e37_79b9_7f4a_7c15);
    with_runtime(|runtime| {
        for _ in 0..2000 {
            let length = (random() % 200) as usize;
            let bytes: Vec<u8> = (0..length).map(|_| random() as u8).collect();
            assert!(Module::new(runtime, &bytes).is_err());
            // The same as sections of a module.
            try_to_run(runtime, &[b"\0asm\x01\0\0\0", &bytes[..]].concat());
        }
    });
}

#[test]
fn random_changes_of_a_module() {
    let module = wat(MODULE);
    let mut random = xorshift(42);
    with_runtime(|runtime| {
        for _ in 0..5000 {
            let mut module = module.clone();
            for _ in 0..1 + random() % 4 {
                let at = 8 + (random() as usize) % (module.len() - 8);
                module[at] = random() as u8;
            }
            try_to_run(runtime, &module);
        }
    });
}

/// The module is refused, or runs until it returns or exceeds its limits.
fn try_to_run(runtime: &wamr::Runtime, bytes: &[u8]) {
    let config = Limits { fuel: Some(1000), ..Default::default() };
    let Ok(module) = Module::with_limits(runtime, bytes, &config) else { return };
    for import in module.imports() {
        assert!(!format!("{import} {import:?}").is_empty());
    }
    for export in module.exports() {
        assert!(!format!("{export:?}").is_empty());
    }
    let mut linker = wamr::Linker::<()>::new(runtime);
    linker.func_wrap("env", "f", |n: i32| n).unwrap();
    let instance: Result<Instance<'_>, _> = linker.instantiate(&module, ());
    if let Ok(mut instance) = instance
        && let Ok(g) = instance.get_typed_func::<i32, i32>("g")
    {
        let _ = g.call(&mut instance, 1);
    }
}

/// A table of constants so large that the fast interpreter's loader writes beyond a buffer (CVE-2026-54912).
#[test]
#[cfg(not(feature = "classic-interp"))]
fn too_many_constants() {
    let constants =
        |count: usize| wat(&format!("(module (func {}))", "i64.const 81985529216486895 drop ".repeat(count)));
    with_runtime(|runtime| {
        Module::new(runtime, &constants(5000)).unwrap();
        let error = Module::new(runtime, &constants(17000)).unwrap_err();
        assert!(matches!(error, Error::TooLarge { what: "words of constants in one function", .. }), "{error}");
    });
}

fn xorshift(mut state: u64) -> impl FnMut() -> u64 {
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}
