use wamr::{Error, Limits, Trap, TypedFunc};

use crate::with_instance;

const MODULE: &str = r#"(module
    (memory 1)
    (table 3 funcref)
    (elem (i32.const 0) $unit)
    (type $unit (func))
    (type $number (func (result i32)))
    (func $unit)
    (global $calls (mut i32) (i32.const 0))
    (func (export "calls") (result i32) global.get $calls)
    (func $count global.get $calls i32.const 1 i32.add global.set $calls)
    (func (export "unreachable") call $count unreachable)
    (func (export "load") i32.const -1 i32.load drop)
    (func (export "load at end") i32.const 65533 i32.load drop)
    (func (export "load far") i32.const -1 i32.load offset=4294967295 drop)
    (func (export "store") i32.const 65536 i32.const 1 i32.store8)
    (func (export "fill") i32.const 0 i32.const 1 i32.const 65537 memory.fill)
    (func (export "divide") i32.const 1 i32.const 0 i32.div_s drop)
    (func (export "overflow") i32.const 0x80000000 i32.const -1 i32.div_s drop)
    (func (export "convert") f32.const nan i32.trunc_f32_s drop)
    (func (export "undefined") i32.const 99 call_indirect (type $unit))
    (func (export "uninitialized") i32.const 1 call_indirect (type $unit))
    (func (export "type") i32.const 0 call_indirect (type $number) drop)
    (func (export "table") i32.const 9 table.get 0 drop)
    (func $deep (export "recurse") call $deep)
    (func (export "fine") (result i32) i32.const 42))"#;

#[test]
fn each_trap_has_its_kind_and_the_next_call_is_clean() {
    with_instance(MODULE, Limits::default(), |mut instance| {
        let fine: TypedFunc<(), i32> = instance.get_typed_func("fine").unwrap();
        for (name, trap) in [
            ("unreachable", Trap::Unreachable),
            ("load", Trap::MemoryOutOfBounds),
            ("load at end", Trap::MemoryOutOfBounds),
            ("load far", Trap::MemoryOutOfBounds),
            ("store", Trap::MemoryOutOfBounds),
            ("fill", Trap::MemoryOutOfBounds),
            ("divide", Trap::DivisionByZero),
            ("overflow", Trap::IntegerOverflow),
            ("convert", Trap::InvalidConversion),
            ("undefined", Trap::UndefinedElement),
            ("uninitialized", Trap::UninitializedElement),
            ("type", Trap::IndirectCallTypeMismatch),
            ("table", Trap::TableOutOfBounds),
            ("recurse", Trap::StackOverflow),
        ] {
            let function = instance.get_typed_func::<(), ()>(name).unwrap();
            for _ in 0..3 {
                assert_eq!(function.call(&mut instance, ()), Err(Error::Trap(trap.clone())), "{name}");
                assert_eq!(fine.call(&mut instance, ()), Ok(42), "after {name}");
            }
        }
        let calls = instance.get_typed_func::<(), i32>("calls").unwrap();
        assert_eq!(calls.call(&mut instance, ()), Ok(3), "each call of `unreachable` ran once");
    });
}

#[test]
fn the_native_stack_is_limited() {
    let config = Limits { native_stack: Some(0), ..Default::default() };
    with_instance(MODULE, config, |mut instance| {
        let fine: TypedFunc<(), i32> = instance.get_typed_func("fine").unwrap();
        assert_eq!(fine.call(&mut instance, ()), Err(Trap::NativeStackOverflow.into()));
    });
    let config = Limits { native_stack: Some(64 * 1024), ..Default::default() };
    with_instance(MODULE, config, |mut instance| {
        let fine: TypedFunc<(), i32> = instance.get_typed_func("fine").unwrap();
        assert_eq!(fine.call(&mut instance, ()), Ok(42));
    });
}
