use wamr::{Error, ExternRef, Instance, Limits, Module, Trap, Val, ValType};

use crate::{wat, with_instance, with_runtime};

const MODULE: &str = r#"(module
    (type $i (func (result i32)))
    (table $f (export "functions") 4 8 funcref)
    (table $e (export "handles") 2 externref)
    (elem (table $f) (i32.const 0) func $one $two)
    (elem (table $f) (i32.const 3) funcref (ref.null func))
    (func $one (result i32) i32.const 1)
    (func $two (export "two") (result i32) i32.const 2)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "call") (param i32) (result i32) (call_indirect $f (type $i) (local.get 0)))
    (func (export "handle") (param i32) (result externref) (table.get $e (local.get 0)))
    (func (export "clear") (param i32) (table.set $f (local.get 0) (ref.null func)))
    (func (export "grow") (result i32) (table.grow $f (ref.func $one) (i32.const 3)))
    (elem $passive funcref (ref.null func) (ref.func $one))
    (func (export "init") (table.init $f $passive (i32.const 0) (i32.const 0) (i32.const 2))))"#;

#[test]
fn functions_are_called_through_their_elements() {
    with_instance(MODULE, Limits::DEFAULT, |mut instance| {
        let table = instance.get_table("functions").unwrap();
        assert_eq!((table.element(), table.size(&instance)), (ValType::FuncRef, Ok(4)));
        for (index, result) in [(0, 1), (1, 2)] {
            let Ok(Val::FuncRef(Some(function))) = table.get(&instance, index) else { panic!("{index}") };
            assert_eq!(function.index(), index);
            let function = function.func(&instance).unwrap();
            assert_eq!(*function.call(&mut instance, &[]).unwrap(), [Val::I32(result)]);
            assert_eq!(function.typed::<(), i32>().unwrap().call(&mut instance, ()), Ok(result));
            assert!(matches!(function.typed::<(), i64>(), Err(Error::TypeMismatch(_))));
        }
        // One that was never set, which WAMR holds with more bits, one set to null at the start, and one by the guest.
        instance.get_typed_func::<i32, ()>("clear").unwrap().call(&mut instance, 1).unwrap();
        for index in [1, 2, 3] {
            assert_eq!(table.get(&instance, index), Ok(Val::FuncRef(None)), "{index}");
        }
        for index in [4, 5, 8, 1 << 31, u32::MAX] {
            assert_eq!(table.get(&instance, index), Err(Error::TableAccess), "{index}");
            assert_eq!(table.set(&mut instance, index, Val::FuncRef(None)), Err(Error::TableAccess), "{index}");
        }
    });
}

#[test]
fn the_guest_calls_functions_that_the_host_sets() {
    with_instance(MODULE, Limits::DEFAULT, |mut instance| {
        let table = instance.get_table("functions").unwrap();
        let call = instance.get_typed_func::<i32, i32>("call").unwrap();
        assert_eq!(call.call(&mut instance, 2), Err(Trap::UninitializedElement.into()));
        let two = instance.get_func("two").unwrap().to_ref(&instance).unwrap();
        assert_eq!(two.index(), 1);
        table.set(&mut instance, 2, Val::FuncRef(Some(two))).unwrap();
        assert_eq!(call.call(&mut instance, 2), Ok(2));
        let add = instance.get_func("add").unwrap().to_ref(&instance).unwrap();
        table.set(&mut instance, 2, Val::FuncRef(Some(add))).unwrap();
        assert_eq!(call.call(&mut instance, 2), Err(Trap::IndirectCallTypeMismatch.into()));
        table.set(&mut instance, 0, Val::FuncRef(None)).unwrap();
        assert_eq!(call.call(&mut instance, 0), Err(Trap::UninitializedElement.into()));
    });
}

#[test]
fn growth_is_seen() {
    with_instance(MODULE, Limits::DEFAULT, |mut instance| {
        let table = instance.get_table("functions").unwrap();
        let grow = instance.get_typed_func::<(), i32>("grow").unwrap();
        assert_eq!(grow.call(&mut instance, ()), Ok(4));
        assert_eq!(table.size(&instance), Ok(7));
        let Ok(Val::FuncRef(Some(one))) = table.get(&instance, 6) else { panic!() };
        assert_eq!(one.index(), 0);
        assert_eq!(grow.call(&mut instance, ()), Ok(-1));
        assert_eq!(table.get(&instance, 7), Err(Error::TableAccess));
    });
}

/// WAMR takes a null in an active segment for the first function of the module, or a handle of the host.
#[test]
fn nulls_in_segments_are_null() {
    with_instance(MODULE, Limits::DEFAULT, |mut instance| {
        let table = instance.get_table("functions").unwrap();
        instance.get_typed_func::<(), ()>("init").unwrap().call(&mut instance, ()).unwrap();
        assert_eq!(table.get(&instance, 0), Ok(Val::FuncRef(None)));
        assert!(matches!(table.get(&instance, 1), Ok(Val::FuncRef(Some(one))) if one.index() == 0));
    });
    let text = r#"(module (table (export "f") 1 funcref) (elem (i32.const 0) funcref (ref.null func))
        (table $e (export "e") 1 externref) (elem (table $e) (i32.const 0) externref (ref.null extern)))"#;
    with_instance(text, Limits::DEFAULT, |instance| {
        let get = |name| instance.get_table(name).unwrap().get(&instance, 0);
        assert_eq!((get("f"), get("e")), (Ok(Val::FuncRef(None)), Ok(Val::ExternRef(None))));
    });
}

#[test]
fn handles_of_the_host() {
    with_instance(MODULE, Limits::DEFAULT, |mut instance| {
        let table = instance.get_table("handles").unwrap();
        assert_eq!((table.element(), table.size(&instance)), (ValType::ExternRef, Ok(2)));
        assert_eq!(table.get(&instance, 1), Ok(Val::ExternRef(None)));
        // Not an index of a function: WAMR's function for elements must not see it.
        let handle = ExternRef::new(u32::MAX - 1);
        table.set(&mut instance, 1, Val::ExternRef(handle)).unwrap();
        assert_eq!(table.get(&instance, 1), Ok(Val::ExternRef(handle)));
        let guest = instance.get_typed_func::<i32, Option<ExternRef>>("handle").unwrap();
        assert_eq!(guest.call(&mut instance, 1), Ok(handle));
        assert_eq!(guest.call(&mut instance, 0), Ok(None));
    });
}

#[test]
fn wrong_uses_are_errors() {
    with_runtime(|runtime| {
        let module = Module::new(runtime, &wat(MODULE)).unwrap();
        let mut a = Instance::new(&module).unwrap();
        let mut b = Instance::new(&module).unwrap();
        for name in ["absent", "", "two"] {
            assert!(a.get_table(name).is_none(), "{name}");
        }
        let table = a.get_table("functions").unwrap();
        for value in [Val::I32(0), Val::ExternRef(None), Val::I64(1)] {
            assert_eq!(table.set(&mut a, 0, value), Err(Error::TypeMismatch("funcref".into())));
        }
        assert_eq!(table.size(&b), Err(Error::WrongInstance));
        assert_eq!(table.get(&b, 0), Err(Error::WrongInstance));
        assert_eq!(table.set(&mut b, 0, Val::FuncRef(None)), Err(Error::WrongInstance));

        let Ok(Val::FuncRef(Some(one))) = table.get(&a, 0) else { panic!() };
        assert_eq!(one.func(&b).err(), Some(Error::WrongInstance));
        assert_eq!(a.get_func("two").unwrap().to_ref(&b), Err(Error::WrongInstance));
        let other = b.get_table("functions").unwrap();
        assert_eq!(other.set(&mut b, 0, Val::FuncRef(Some(one))), Err(Error::WrongInstance));
        drop(a);
        let c = Instance::new(&module).unwrap();
        assert_eq!(table.size(&c), Err(Error::WrongInstance), "even where the old instance was");
    });
}
