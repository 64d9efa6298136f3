//! Modules that WAMR's interpreters computed incorrectly.

use wamr::{Error, Instance, Limits, Module, Trap, Val};

use crate::{wat, with_instance, with_runtime};

/// The fast interpreter stored values computed after the outer block in the slots of operands from before it
/// (`wamr-sys/cmake/loader.cmake`).
#[test]
fn operands_outlive_a_block_whose_end_is_not_reached() {
    let text = r#"(module (func (export "sum") (param i32) (result i32)
        (i32.popcnt (local.get 0))
        (i32.clz (local.get 0))
        block
            br 0
            (i32.ctz (local.get 0))
            loop
                (br 2 (i32.const 0))
            end
            drop
        end
        (i32.ctz (local.get 0))
        i32.add
        i32.add))"#;
    with_instance(text, Limits::default(), |mut instance| {
        let sum = instance.get_typed_func::<i32, i32>("sum").unwrap();
        assert_eq!(sum.call(&mut instance, 0xf00), Ok(4 + 20 + 8));
    });
}

/// The frame must also have room for the single result of a block that a branch leaves, even if nothing else needs that room
/// (`wamr-sys/cmake/loader.cmake`).
#[test]
fn the_result_of_a_block_has_room() {
    let text = r#"(module
        (func $nothing)
        (func (export "run") (result i64)
            (block (result i64) (br 0 (i64.const 0x1122334455667788)))
            (call $nothing)))"#;
    with_instance(text, Limits::default(), |mut instance| {
        let run = instance.get_typed_func::<(), i64>("run").unwrap();
        assert_eq!(run.call(&mut instance, ()), Ok(0x1122_3344_5566_7788));
    });
}

/// The fast interpreter numbers the slots of a frame with 16 bits, half of them for constants. A function may use them all, and
/// none that needs more may be loaded: its operands would be taken for constants.
#[test]
#[cfg(not(feature = "classic-interp"))]
fn operands_that_have_no_slots_are_refused() {
    let limits = Limits { stack_size: 1 << 20, ..Limits::default() };
    // The type of the operands, parameters, which take a slot each, and how many operands are too many.
    let cases = [("i32", 0, 32_767), ("i32", 1, 32_766), ("i64", 0, 16_384), ("i64", 1, 16_383), ("i64", 2, 16_383)];
    let text = |ty: &str, params: usize, count: usize| {
        let params = "i32 ".repeat(params);
        let operands = "global.get $three ".repeat(count);
        let add = format!("{ty}.add ").repeat(count - 1);
        format!(
            "(module (global $three {ty} ({ty}.const 3)) (func (export \"sum\") (param {params}) (result {ty}) {operands} {add}))"
        )
    };
    with_runtime(|runtime| {
        for (ty, params, too_many) in cases {
            let error = Module::new(runtime, &wat(&text(ty, params, too_many))).unwrap_err();
            assert!(matches!(&error, Error::InvalidModule(text) if text.contains("offset overflow")), "{error}");

            let module = Module::with_limits(runtime, &wat(&text(ty, params, too_many - 1)), &limits).unwrap();
            let mut instance = Instance::new(&module).unwrap();
            let sum = instance.get_func("sum").unwrap().call(&mut instance, &vec![Val::I32(0); params]).unwrap();
            let right = 3 * (too_many - 1);
            let right = if ty == "i32" { Val::I32(right as i32) } else { Val::I64(right as i64) };
            assert_eq!(sum[..], [right], "{ty} {params}");
        }
    });
}

/// A module that exports `__heap_base` and `__data_end` may use its globals as it likes (`wamr-sys/cmake/loader.cmake`).
#[test]
fn no_global_is_taken_for_a_stack_pointer() {
    let text = r#"(module (memory 1)
        (global $first (mut i32) (i32.const 2048))
        (global (export "__data_end") i32 (i32.const 1024))
        (global (export "__heap_base") i32 (i32.const 2048))
        (func (export "set") (param i32) (result i32) (global.set $first (local.get 0)) (global.get $first)))"#;
    with_instance(text, Limits::default(), |mut instance| {
        let set = instance.get_typed_func::<i32, i32>("set").unwrap();
        for value in [2048, 1025, 1024, 0, 2049, -1] {
            assert_eq!(set.call(&mut instance, value), Ok(value));
        }
    });
}

/// Only fails under the sanitizers, at a write of zero bytes through a null pointer.
#[test]
fn a_memory_without_pages_is_filled_with_nothing() {
    let text = r#"(module (memory 0) (func (export "fill") (param i32)
        (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))"#;
    with_instance(text, Limits::default(), |mut instance| {
        let fill = instance.get_typed_func::<i32, ()>("fill").unwrap();
        assert_eq!(fill.call(&mut instance, 0), Ok(()));
        assert_eq!(fill.call(&mut instance, 1), Err(Trap::MemoryOutOfBounds.into()));
    });
}
