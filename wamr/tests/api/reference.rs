use wamr::{Caller, Error, ExternRef, FuncRef, Instance, Limits, Linker, Module, Trap, Val};

use crate::{wat, with_instance, with_runtime};

const MODULE: &str = r#"(module
    (table $kept 1 externref)
    (func (export "is_null") (param externref) (result i32) (ref.is_null (local.get 0)))
    (func (export "keep") (param externref) (table.set $kept (i32.const 0) (local.get 0)))
    (func (export "kept") (result externref) (table.get $kept (i32.const 0)))
    (func (export "local") (result externref) (local externref) (local.get 0))
    (func (export "mix") (param i64 externref f32 externref i32) (result externref i32 externref i64)
        (local.get 3) (local.get 4) (local.get 1) (local.get 0))
    (func $seven (export "seven") (result i32) (i32.const 7))
    (func (export "pick") (param funcref i32) (result funcref)
        (select (result funcref) (local.get 0) (ref.func $seven) (local.get 1)))
    (func (export "trap") (param externref) (result externref) unreachable))"#;

#[test]
fn a_handle_is_returned_unchanged() {
    with_instance(MODULE, Limits::DEFAULT, |mut instance| {
        let is_null = instance.get_typed_func::<Option<ExternRef>, i32>("is_null").unwrap();
        let keep = instance.get_typed_func::<Option<ExternRef>, ()>("keep").unwrap();
        let kept = instance.get_typed_func::<(), Option<ExternRef>>("kept").unwrap();
        assert_eq!(kept.call(&mut instance, ()), Ok(None));
        for number in [0, 1, 1000, i32::MAX as u32, i32::MAX as u32 + 1, u32::MAX - 1, u32::MAX] {
            let handle = ExternRef::new(number);
            assert_eq!(handle.is_none(), number == u32::MAX);
            assert_eq!(is_null.call(&mut instance, handle), Ok(handle.is_none().into()));
            keep.call(&mut instance, handle).unwrap();
            assert_eq!(kept.call(&mut instance, ()), Ok(handle));
        }
        let local = instance.get_typed_func::<(), Option<ExternRef>>("local").unwrap();
        assert_eq!(local.call(&mut instance, ()), Ok(None));
    });
}

#[test]
fn handles_mix_with_other_values() {
    type Params = (i64, Option<ExternRef>, f32, Option<ExternRef>, i32);
    type Results = (Option<ExternRef>, i32, Option<ExternRef>, i64);
    with_instance(MODULE, Limits::DEFAULT, |mut instance| {
        let mix = instance.get_typed_func::<Params, Results>("mix").unwrap();
        let (a, b) = (ExternRef::new(1), ExternRef::new(2));
        assert_eq!(mix.call(&mut instance, (1 << 50, a, 0.5, b, -3)), Ok((b, -3, a, 1 << 50)));
        let params = [Val::I64(1 << 50), Val::ExternRef(a), Val::F32(0.5), Val::ExternRef(None), Val::I32(-3)];
        let results = instance.get_func("mix").unwrap().call(&mut instance, &params).unwrap();
        assert_eq!(*results, [Val::ExternRef(None), Val::I32(-3), Val::ExternRef(a), Val::I64(1 << 50)]);
        assert!(matches!(
            instance.get_func("is_null").unwrap().call(&mut instance, &[Val::FuncRef(None)]),
            Err(Error::TypeMismatch(_))
        ));
    });
}

/// In WAMR each new handle would take memory until the instance goes.
#[test]
fn handles_take_no_memory() {
    with_runtime(|runtime| {
        let module = Module::new(runtime, &wat(MODULE)).unwrap();
        let mut instance = Instance::new(&module).unwrap();
        let keep = instance.get_typed_func::<Option<ExternRef>, ()>("keep").unwrap();
        let trap = instance.get_typed_func::<Option<ExternRef>, Option<ExternRef>>("trap").unwrap();
        let before = runtime.pool_usage();
        for number in 0..1000 {
            keep.call(&mut instance, ExternRef::new(number)).unwrap();
            assert_eq!(trap.call(&mut instance, ExternRef::new(number)), Err(Trap::Unreachable.into()));
        }
        assert_eq!(runtime.pool_usage(), before);
    });
}

#[test]
fn functions_pass_as_values() {
    with_runtime(|runtime| {
        let module = Module::new(runtime, &wat(MODULE)).unwrap();
        let mut a = Instance::new(&module).unwrap();
        let mut b = Instance::new(&module).unwrap();
        let pick = a.get_typed_func::<(Option<FuncRef>, i32), Option<FuncRef>>("pick").unwrap();
        assert_eq!(pick.call(&mut a, (None, 1)), Ok(None));
        let seven = pick.call(&mut a, (None, 0)).unwrap().expect("not null");
        assert_eq!(seven.func(&a).unwrap().typed::<(), i32>().unwrap().call(&mut a, ()), Ok(7));
        assert_eq!(a.get_func("seven").unwrap().to_ref(&a), Ok(seven));
        assert_eq!(pick.call(&mut a, (Some(seven), 1)), Ok(Some(seven)));

        let foreign = b.get_func("seven").unwrap().to_ref(&b).unwrap();
        assert_ne!(foreign, seven);
        assert_eq!(pick.call(&mut a, (Some(foreign), 1)), Err(Error::WrongInstance));
        let untyped = a.get_func("pick").unwrap();
        let params = [Val::FuncRef(Some(foreign)), Val::I32(1)];
        assert_eq!(untyped.call(&mut a, &params), Err(Error::WrongInstance));
        assert_eq!(seven.func(&b).err(), Some(Error::WrongInstance));
        assert!(pick.call(&mut b, (None, 0)).is_err());
    });
}

#[test]
fn host_functions_take_and_return_references() {
    #[derive(Default)]
    struct State {
        seen: Vec<(i64, Option<ExternRef>, i32, Option<ExternRef>)>,
        foreign: Option<FuncRef>,
    }
    with_runtime(|runtime| {
        let mut linker = Linker::<State>::new(runtime);
        linker
            .func_wrap(
                "h",
                "swap",
                |mut caller: Caller<'_, State>, a: i64, b: Option<ExternRef>, c: i32, d: Option<ExternRef>| {
                    caller.data_mut().seen.push((a, b, c, d));
                    d
                },
            )
            .unwrap()
            .func_wrap(
                "h",
                "run",
                |mut caller: Caller<'_, State>, function: Option<FuncRef>, n: i32| -> Result<i32, Trap> {
                    let failed = |error: Error| Trap::host(&error.to_string());
                    let function = function.ok_or(Trap::host("no function"))?;
                    let function =
                        function.func(&caller).and_then(|function| function.typed::<i32, i32>()).map_err(failed)?;
                    function.call(&mut caller, n).map_err(failed)
                },
            )
            .unwrap()
            .func_wrap("h", "pass", |caller: Caller<'_, State>, function: Option<FuncRef>| {
                caller.data().foreign.or(function)
            })
            .unwrap();
        let text = r#"(module
            (import "h" "swap" (func $swap (param i64 externref i32 externref) (result externref)))
            (import "h" "run" (func $run (param funcref i32) (result i32)))
            (import "h" "pass" (func $pass (param funcref) (result funcref)))
            (elem declare func $double)
            (func $double (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
            (func (export "swap") (param externref externref) (result externref)
                (call $swap (i64.const -1) (local.get 0) (i32.const 5) (local.get 1)))
            (func (export "run") (param i32) (result i32)
                (call $run (call $pass (ref.func $double)) (local.get 0)))
            (func (export "run null") (param i32) (result i32) (call $run (ref.null func) (local.get 0))))"#;
        let module = Module::new(runtime, &wat(text)).unwrap();
        let mut instance = linker.instantiate(&module, State::default()).unwrap();
        let swap =
            instance.get_typed_func::<(Option<ExternRef>, Option<ExternRef>), Option<ExternRef>>("swap").unwrap();
        let (a, b) = (ExternRef::new(3), ExternRef::new(u32::MAX - 1));
        assert_eq!(swap.call(&mut instance, (a, b)), Ok(b));
        assert_eq!(swap.call(&mut instance, (b, None)), Ok(None));
        assert_eq!(instance.data().seen, [(-1, a, 5, b), (-1, b, 5, None)]);

        let run = instance.get_typed_func::<i32, i32>("run").unwrap();
        assert_eq!(run.call(&mut instance, 21), Ok(42));
        let run_null = instance.get_typed_func::<i32, i32>("run null").unwrap();
        assert_eq!(run_null.call(&mut instance, 21), Err(Trap::host("no function").into()));

        let other = linker.instantiate(&module, State::default()).unwrap();
        instance.data_mut().foreign = Some(other.get_func("double").unwrap().to_ref(&other).unwrap());
        assert!(matches!(run.call(&mut instance, 21), Err(Error::Trap(Trap::Host(_)))));
        assert!(run.call(&mut instance, 21).unwrap_err().to_string().contains("another instance"));
    });
}

/// WAMR has no letter for `funcref`, so the linker alone compares such types.
#[test]
fn types_with_references_are_compared() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        linker.func_wrap("h", "f", |_: Option<FuncRef>| 1i32).unwrap();
        linker.func_wrap("h", "e", |_: Option<ExternRef>| 1i32).unwrap();
        for (import, fits) in [
            (r#""f" (func (param funcref) (result i32))"#, true),
            (r#""f" (func (param i32) (result i32))"#, false),
            (r#""f" (func (param externref) (result i32))"#, false),
            (r#""f" (func (param funcref))"#, false),
            (r#""f" (func (param funcref) (result funcref))"#, false),
            (r#""e" (func (param externref) (result i32))"#, true),
            (r#""e" (func (param funcref) (result i32))"#, false),
            (r#""e" (func (param i32) (result i32))"#, false),
        ] {
            let module = Module::new(runtime, &wat(&format!(r#"(module (import "h" {import}))"#))).unwrap();
            let result = linker.instantiate(&module, ());
            assert_eq!(result.is_ok(), fits, "{import}");
        }
    });
}
