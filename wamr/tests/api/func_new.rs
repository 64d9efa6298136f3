//! Host functions whose type is known at run time only.

use std::rc::Rc;

use wamr::{Caller, Error, ExternRef, FuncRef, Instance, Linker, Module, Runtime, Trap, Val, ValType};

use crate::{wat, with_runtime};

const MANY: [ValType; 6] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::ExternRef, ValType::FuncRef];

fn link<'l, T>(linker: &'l Linker<'l, T>, runtime: &'l Runtime, text: &str, data: T) -> Result<Instance<'l, T>, Error> {
    linker.instantiate(&Module::new(runtime, &wat(text)).unwrap(), data)
}

#[test]
fn values_of_every_type_are_passed_and_returned() {
    with_runtime(|runtime| {
        let mut linker = Linker::<Vec<Val>>::new(runtime);
        for (index, ty) in MANY.into_iter().enumerate() {
            let name: &'static str = ["0", "1", "2", "3", "4", "5"][index];
            let echo = move |mut caller: Caller<'_, Vec<Val>>, params: &[Val], results: &mut [Val]| {
                assert_eq!((params.len(), results.len()), (7, 1));
                assert_eq!(results[0].ty(), ty);
                caller.data_mut().extend_from_slice(params);
                results[0] = params[index];
                Ok(())
            };
            let params: Vec<_> = MANY.into_iter().chain([ValType::I32]).collect();
            linker.func_new("echo", name, &params, &[ty], echo).unwrap();
        }
        let functions: String = ["i32", "i64", "f32", "f64", "externref", "funcref"]
            .iter()
            .enumerate()
            .map(|(index, ty)| {
                format!(
                    r#"(func (export "{index}") (param externref funcref) (result {ty})
                        (call $import{index} (i32.const -1) (i64.const 0x100000002) (f32.const 1.5) (f64.const -2.5)
                            (local.get 0) (local.get 1) (i32.const 99)))"#
                )
            })
            .collect();
        let imports: String = ["i32", "i64", "f32", "f64", "externref", "funcref"]
            .iter()
            .enumerate()
            .map(|(index, ty)| {
                format!(
                    r#"(import "echo" "{index}" (func $import{index}
                        (param i32 i64 f32 f64 externref funcref i32) (result {ty})))"#
                )
            })
            .collect();
        let mut instance = link(&linker, runtime, &format!("(module {imports} {functions})"), Vec::new()).unwrap();
        let zero = instance.get_func("0").unwrap().to_ref(&instance).unwrap();
        let sent = [
            Val::I32(-1),
            Val::I64(0x1_0000_0002),
            Val::F32(1.5),
            Val::F64(-2.5),
            Val::ExternRef(ExternRef::new(7)),
            Val::FuncRef(Some(zero)),
            Val::I32(99),
        ];
        for index in 0..6 {
            let function = instance.get_func(&index.to_string()).unwrap();
            let result = function.call(&mut instance, &sent[4..6]).unwrap();
            assert_eq!(result[..], sent[index..=index]);
            assert_eq!(std::mem::take(instance.data_mut()), sent);
        }
    });
}

#[test]
fn the_type_is_compared_when_a_module_is_linked() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        let nothing = |_: Caller<'_, ()>, _: &[Val], _: &mut [Val]| Ok(());
        linker.func_new("h", "f", &[ValType::I32, ValType::F64], &[ValType::I64], nothing).unwrap();
        linker.func_new("h", "r", &[ValType::FuncRef], &[], nothing).unwrap();
        link(&linker, runtime, r#"(module (import "h" "f" (func (param i32 f64) (result i64))))"#, ()).unwrap();
        link(&linker, runtime, r#"(module (import "h" "r" (func (param funcref))))"#, ()).unwrap();
        for wrong in [
            r#""f" (func (param i32 f64))"#,
            r#""f" (func (param i32 f64) (result i32))"#,
            r#""f" (func (param i32 i64) (result i64))"#,
            r#""f" (func (param i32) (result i64))"#,
            r#""f" (func (param i32 f64 i32) (result i64))"#,
            r#""f" (func (param i32 f64) (result i64 i64))"#,
            r#""r" (func (param externref))"#,
            r#""r" (func (param i32))"#,
        ] {
            let error = link(&linker, runtime, &format!(r#"(module (import "h" {wrong}))"#), ()).unwrap_err();
            assert!(matches!(error, Error::UnresolvedImports(_)), "{wrong}: {error}");
        }
    });
}

#[test]
fn types_that_no_host_function_has_are_refused() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        let before = runtime.pool_usage().used;
        let nothing = |_: Caller<'_, ()>, _: &[Val], _: &mut [Val]| Ok(());
        let mut error = |params: &[_], results: &[_]| linker.func_new("h", "f", params, results, nothing).unwrap_err();
        assert_eq!(error(&[ValType::I32; 17], &[]), Error::TooManyValues);
        assert_eq!(error(&[], &[ValType::I32; 2]), Error::TooManyValues);
        assert_eq!(error(&[ValType::V128], &[]), Error::TypeMismatch("v128".into()));
        assert_eq!(error(&[], &[ValType::V128]), Error::TypeMismatch("v128".into()));
        assert_eq!(runtime.pool_usage().used, before);
        linker.func_new("h", "f", &[], &[], nothing).unwrap();
        assert_eq!(linker.func_new("h", "f", &[], &[], nothing).unwrap_err(), Error::DuplicateDefinition);
        assert_eq!(linker.func_wrap("h", "f", || ()).unwrap_err(), Error::DuplicateDefinition);
    });
}

#[test]
fn the_maximum_number_of_parameters_arrives() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        let sum = |_: Caller<'_, ()>, params: &[Val], results: &mut [Val]| {
            let sum = params.iter().map(|param| if let Val::I64(param) = param { *param } else { 0 }).sum();
            results[0] = Val::I64(sum);
            Ok(())
        };
        linker.func_new("h", "sum", &[ValType::I64; 16], &[ValType::I64], sum).unwrap();
        let values: String = (0..16).map(|bit| format!("(i64.const {})", 1u64 << (4 * bit))).collect();
        let text = format!(
            r#"(module (import "h" "sum" (func $sum (param {}) (result i64)))
                (func (export "run") (result i64) (call $sum {values})))"#,
            "i64 ".repeat(16)
        );
        let mut instance = link(&linker, runtime, &text, ()).unwrap();
        let run = instance.get_typed_func::<(), u64>("run").unwrap();
        assert_eq!(run.call(&mut instance, ()), Ok(0x1111_1111_1111_1111));
    });
}

/// An import `h.f` with one result, and an export `run` that calls it.
fn returns(ty: &str) -> String {
    format!(
        r#"(module (import "h" "f" (func $f (result {ty}))) (memory 1)
            (func (export "run") (result {ty}) (call $f)) (func (export "other")))"#
    )
}

#[test]
fn a_result_of_another_type_is_a_trap() {
    with_runtime(|runtime| {
        for (ty, name) in MANY.into_iter().zip(["i32", "i64", "f32", "f64", "externref", "funcref"]) {
            for value in
                [Val::I32(1), Val::I64(1), Val::F32(1.0), Val::F64(1.0), Val::ExternRef(None), Val::FuncRef(None)]
            {
                let mut linker = Linker::<()>::new(runtime);
                let function = move |_: Caller<'_, ()>, _: &[Val], results: &mut [Val]| {
                    results[0] = value;
                    Ok(())
                };
                linker.func_new("h", "f", &[], &[ty], function).unwrap();
                let mut instance = link(&linker, runtime, &returns(name), ()).unwrap();
                let run = instance.get_func("run").unwrap();
                let result = run.call(&mut instance, &[]);
                if value.ty() == ty {
                    assert_eq!(result.unwrap()[..], [value]);
                } else {
                    let trap = Trap::host("the host function returned a value of another type");
                    assert_eq!(result, Err(trap.into()), "{name} {value:?}");
                }
            }
        }
    });
}

#[test]
fn a_result_that_is_not_set_is_zero_or_null() {
    with_runtime(|runtime| {
        for (ty, name) in MANY.into_iter().zip(["i32", "i64", "f32", "f64", "externref", "funcref"]) {
            let mut linker = Linker::<()>::new(runtime);
            linker.func_new("h", "f", &[], &[ty], |_, _, _| Ok(())).unwrap();
            let mut instance = link(&linker, runtime, &returns(name), ()).unwrap();
            let result = instance.get_func("run").unwrap().call(&mut instance, &[]).unwrap();
            assert!(["0", "null"].contains(&&*result[0].to_string()), "{name}: {}", result[0]);
            assert_eq!(result[0].ty(), ty);
        }
    });
}

#[test]
fn a_function_of_another_instance_cannot_be_returned() {
    with_runtime(|runtime| {
        let mut linker = Linker::<Option<FuncRef>>::new(runtime);
        let function = |caller: Caller<'_, Option<FuncRef>>, _: &[Val], results: &mut [Val]| {
            results[0] = Val::FuncRef(*caller.data());
            Ok(())
        };
        linker.func_new("h", "f", &[], &[ValType::FuncRef], function).unwrap();
        let a = link(&linker, runtime, &returns("funcref"), None).unwrap();
        let mut b = link(&linker, runtime, &returns("funcref"), None).unwrap();
        let run = b.get_func("run").unwrap();
        *b.data_mut() = Some(a.get_func("other").unwrap().to_ref(&a).unwrap());
        let trap = Trap::host("the function belongs to another instance");
        assert_eq!(run.call(&mut b, &[]), Err(trap.into()));
        let own = b.get_func("other").unwrap().to_ref(&b).unwrap();
        *b.data_mut() = Some(own);
        assert_eq!(run.call(&mut b, &[]).unwrap()[..], [Val::FuncRef(Some(own))]);
    });
}

#[test]
fn the_closure_reaches_the_guest_and_is_dropped_with_the_linker() {
    let dropped = Rc::new(());
    with_runtime(|runtime| {
        let mut linker = Linker::<u32>::new(runtime);
        let (held, at) = (dropped.clone(), 12);
        let function = move |mut caller: Caller<'_, u32>, params: &[Val], _: &mut [Val]| {
            let _ = &held;
            let [Val::I32(length)] = *params else { return Err(Trap::Unreachable) };
            if length == 0 {
                return Err(Trap::host("nothing to write"));
            }
            caller.bytes_mut(at, length as u32)?.fill(7);
            *caller.data_mut() += 1;
            let call = caller.get_typed_func::<(), ()>("back").map_err(|_| Trap::Unreachable)?;
            call.call(&mut caller, ()).map_err(|_| Trap::Unreachable)
        };
        linker.func_new("h", "f", &[ValType::I32], &[], function).unwrap();
        let text = r#"(module (import "h" "f" (func $f (param i32))) (memory 1) (global (export "g") (mut i32) (i32.const 0))
            (func (export "back") (global.set 0 (i32.const 5)))
            (func (export "run") (param i32) (call $f (local.get 0))))"#;
        let mut instance = link(&linker, runtime, text, 40).unwrap();
        let run = instance.get_typed_func::<i32, ()>("run").unwrap();
        run.call(&mut instance, 3).unwrap();
        assert_eq!(instance.memory()[11..16], [0, 7, 7, 7, 0]);
        assert_eq!(instance.get_global("g").unwrap().get(&instance), Ok(Val::I32(5)));
        assert_eq!(run.call(&mut instance, 65536), Err(Trap::MemoryOutOfBounds.into()));
        assert_eq!(run.call(&mut instance, 0), Err(Trap::host("nothing to write").into()));
        assert_eq!(*instance.data(), 41);
        assert_eq!(instance.usage().host_calls, 1);
        drop(instance);
        assert_eq!(Rc::strong_count(&dropped), 2);
    });
    assert_eq!(Rc::strong_count(&dropped), 1);
}
