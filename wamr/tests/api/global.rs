use wamr::{Caller, Error, ExternRef, Instance, Limits, Linker, Module, Val, ValType};

use crate::{wat, with_instance, with_runtime};

const MODULE: &str = r#"(module
    (global $a (export "a") (mut i32) (i32.const -5))
    (global $b (export "b") (mut i64) (i64.const 0x123456789abcdef))
    (global $c (export "c") (mut f32) (f32.const 1.5))
    (global $d (export "d") (mut f64) (f64.const -2.25))
    (global $e (export "e") (mut externref) (ref.null extern))
    (global $f (export "f") (mut funcref) (ref.func $get))
    (global (export "constant") i32 (i32.const 7))
    (func $get (export "get") (result i32 i64 f32 f64)
        (global.get $a) (global.get $b) (global.get $c) (global.get $d))
    (func (export "extern") (result externref) (global.get $e))
    (func (export "not a global")))"#;

#[test]
fn every_type_is_read_and_set() {
    with_instance(MODULE, Limits::DEFAULT, |mut instance| {
        let get = |name| instance.get_global(name).unwrap();
        let globals = ["a", "b", "c", "d"].map(get);
        let values = [Val::I32(-5), Val::I64(0x0123_4567_89ab_cdef), Val::F32(1.5), Val::F64(-2.25)];
        assert_eq!(globals.map(|global| global.get(&instance).unwrap()), values);
        assert!(globals.iter().all(|global| global.ty().mutable));

        let values = [Val::I32(1 << 30), Val::I64(i64::MIN + 1), Val::F32(-0.5), Val::F64(1e300)];
        for (global, value) in globals.iter().zip(values) {
            assert_eq!(global.ty().content, value.ty());
            global.set(&mut instance, value).unwrap();
        }
        assert_eq!(globals.map(|global| global.get(&instance).unwrap()), values);
        let seen = instance.get_func("get").unwrap().call(&mut instance, &[]).unwrap();
        assert_eq!(*seen, values, "the guest sees them, and none overlaps another");
    });
}

#[test]
fn references_are_read_and_set() {
    with_instance(MODULE, Limits::DEFAULT, |mut instance| {
        let (e, f) = (instance.get_global("e").unwrap(), instance.get_global("f").unwrap());
        assert_eq!(e.get(&instance), Ok(Val::ExternRef(None)));
        e.set(&mut instance, Val::ExternRef(ExternRef::new(9))).unwrap();
        let read = instance.get_typed_func::<(), Option<ExternRef>>("extern").unwrap();
        assert_eq!(read.call(&mut instance, ()), Ok(ExternRef::new(9)));

        let Ok(Val::FuncRef(Some(get))) = f.get(&instance) else { panic!() };
        assert_eq!(get.index(), 0);
        assert_eq!(get.func(&instance).unwrap().call(&mut instance, &[]).unwrap().len(), 4);
        f.set(&mut instance, Val::FuncRef(None)).unwrap();
        assert_eq!(f.get(&instance), Ok(Val::FuncRef(None)));
    });
}

#[test]
fn wrong_uses_are_errors() {
    with_runtime(|runtime| {
        let module = Module::new(runtime, &wat(MODULE)).unwrap();
        let mut a = Instance::new(&module).unwrap();
        let mut b = Instance::new(&module).unwrap();
        for name in ["absent", "", "get", "not a global"] {
            assert!(a.get_global(name).is_none(), "{name}");
        }
        let constant = a.get_global("constant").unwrap();
        assert_eq!(constant.get(&a), Ok(Val::I32(7)));
        assert!(!constant.ty().mutable);
        assert_eq!(constant.set(&mut a, Val::I32(8)), Err(Error::ImmutableGlobal));
        assert_eq!(constant.get(&a), Ok(Val::I32(7)));

        let global = a.get_global("a").unwrap();
        for value in [Val::I64(1), Val::F32(1.0), Val::ExternRef(None)] {
            assert_eq!(global.set(&mut a, value), Err(Error::TypeMismatch("i32".into())));
        }
        assert_eq!(global.get(&b), Err(Error::WrongInstance));
        assert_eq!(global.set(&mut b, Val::I32(1)), Err(Error::WrongInstance));
        let foreign = b.get_global("f").unwrap().get(&b).unwrap();
        assert_eq!(a.get_global("f").unwrap().set(&mut a, foreign), Err(Error::WrongInstance));
        drop(a);
        let c = Instance::new(&module).unwrap();
        assert_eq!(global.get(&c), Err(Error::WrongInstance), "even where the old instance was");
    });
}

#[test]
fn a_host_function_reaches_them() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        let count = |mut caller: Caller<'_, ()>| {
            let global = caller.get_global("count").expect("exported");
            let Ok(Val::I32(count)) = global.get(&caller) else { panic!() };
            global.set(&mut caller, Val::I32(count + 1)).unwrap();
        };
        linker.func_wrap("h", "count", count).unwrap();
        let text = r#"(module (import "h" "count" (func $count)) (global $n (export "count") (mut i32) (i32.const 40))
            (func (export "f") (result i32) (call $count) (call $count) (global.get $n)))"#;
        let module = Module::new(runtime, &wat(text)).unwrap();
        let mut instance = linker.instantiate(&module, ()).unwrap();
        let f = instance.get_typed_func::<(), i32>("f").unwrap();
        assert_eq!(f.call(&mut instance, ()), Ok(42));
        assert_eq!(instance.get_global("count").unwrap().ty().content, ValType::I32);
    });
}
