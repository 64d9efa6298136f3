//! Modules that WAMR's interpreters were seen to compute wrong.

use wamr::{Limits, Trap};

use crate::with_instance;

/// The fast interpreter gave what is computed behind the outer block the places of operands from before it
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

/// With the sanitizers this fails where nothing is written to nowhere.
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
