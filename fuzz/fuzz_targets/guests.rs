//! The modules of `api.rs`.
#![forbid(unsafe_code)]

use std::sync::LazyLock;

/// Functions of the type `i32 -> i32` that guests export; each guest exports some. The argument of `fill` is the byte to fill memory with.
pub const EXPORTS: [&str; 9] = ["run", "seven", "fill", "back", "grow", "spin", "deep", "trap", "pass"];

/// Calls the host.
const APP: &str = r#"
    (import "host" "steps" (func $steps (param i32) (result i32)))
    (import "host" "back" (func $back (param funcref i32) (result i32)))
    (import "host" "pass" (func $pass (param externref i64 f64) (result externref)))
    (memory (export "memory") 1 2)
    (table (export "table") 4 8 funcref) (elem (i32.const 1) $seven $run)
    (global (export "global") (mut i64) (i64.const 0))
    (func $seven (export "seven") (param i32) (result i32) (i32.const 7))
    (func $run (export "run") (param i32) (result i32) (call $steps (local.get 0)))
    (func (export "fill") (param i32) (result i32)
        (memory.fill (i32.const 0) (local.get 0) (i32.mul (memory.size) (i32.const 65536))) (i32.const 7))
    (func (export "back") (param i32) (result i32) (call $back (ref.func $run) (local.get 0)))
    (func (export "grow") (param i32) (result i32) (drop (memory.grow (i32.const 1))) (i32.const 7))
    (func (export "spin") (param i32) (result i32) (loop br 0) unreachable)
    (func $deep (export "deep") (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))
    (func (export "trap") (param i32) (result i32) (drop (call $steps (local.get 0))) unreachable)
    (func (export "pass") (param i32) (result i32)
        (drop (call $pass (ref.null extern) (i64.const 1) (f64.const 2))) (i32.const 7))"#;

/// Asks nothing of the host.
const ALONE: &str = r#"
    (memory (export "memory") 1 2) (global (export "global") (mut i64) (i64.const 0))
    (func (export "seven") (param i32) (result i32) (i32.const 7))
    (func (export "grow") (param i32) (result i32) (drop (memory.grow (i32.const 1))) (i32.const 7))
    (func (export "fill") (param i32) (result i32)
        (memory.fill (i32.const 0) (local.get 0) (i32.mul (memory.size) (i32.const 65536))) (i32.const 7))"#;

/// Adds the results of the host's two functions.
const SUM: &str = r#"
    (import "env" "a" (func $a (result i32))) (import "env" "b" (func $b (result i32)))
    (func (export "sum") (result i32) (i32.add (call $a) (call $b)))"#;

pub static GUESTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let modules = [
        format!("(module {APP})"),
        format!("(module {APP} (func $start (drop (call $steps (i32.const 3)))) (start $start))"),
        format!("(module {ALONE})"),
        format!("(module {SUM})"),
        "(module)".to_owned(),
        format!("(module {ALONE} (func (export \"first\") unreachable) (start 3))"),
    ];
    let modules = modules.iter().map(|text| wat::parse_str(text).expect("valid text"));
    // The last one is cut.
    modules.chain([b"\0asm\x01\0\0\0\x01\x7f".to_vec()]).collect()
});
