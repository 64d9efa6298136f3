//! Host functions whose types are known at run time only.

use wamr::{Error, Limits, Linker, Module, Trap, Val, ValType};

use crate::{wat, with_runtime};

/// Calls `run` of a module that calls `h.f`, defined with these types, with one argument of each type.
fn run(result: Option<ValType>, function: impl Fn(&[Val]) -> Result<Option<Val>, Trap>) -> Result<Option<i64>, Error> {
    let text = match result {
        Some(ty) => format!(
            r#"(module (import "h" "f" (func $f (param i32 i64 f32 f64) (result {ty}))) (func (export "run") (result {ty})
                (call $f (i32.const -1) (i64.const -2) (f32.const 0.5) (f64.const -0.25))))"#
        ),
        None => r#"(module (import "h" "f" (func $f (param i32 i64 f32 f64))) (func (export "run")
            (call $f (i32.const -1) (i64.const -2) (f32.const 0.5) (f64.const -0.25))))"#
            .into(),
    };
    let mut outcome = Ok(None);
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        let params = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
        linker.func_new("h", "f", &params, result, |_, args| function(args)).unwrap();
        let module = Module::new(runtime, &wat(&text)).unwrap();
        let mut instance = linker.instantiate(&module, &Limits::DEFAULT, ()).unwrap();
        outcome = match result {
            Some(_) => instance.get_typed_func::<(), i64>("run").unwrap().call(&mut instance, ()).map(Some),
            None => instance.get_typed_func::<(), ()>("run").unwrap().call(&mut instance, ()).map(|()| None),
        };
    });
    outcome
}

#[test]
fn arguments_come_with_their_types_and_a_result_goes_back() {
    let result = run(Some(ValType::I64), |args| {
        assert_eq!(args, [Val::I32(-1), Val::I64(-2), Val::F32(0.5), Val::F64(-0.25)]);
        Ok(Some(Val::I64(1 << 40)))
    });
    assert_eq!(result, Ok(Some(1 << 40)));
    assert_eq!(run(None, |_| Ok(None)), Ok(None));
}

#[test]
fn a_result_of_another_type_is_a_trap() {
    let trap = |result: Option<ValType>, returned: Option<Val>| {
        let error = run(result, move |_| Ok(returned)).unwrap_err();
        assert!(error.to_string().contains("another type"), "{error}");
    };
    trap(Some(ValType::I64), Some(Val::I32(1)));
    trap(Some(ValType::I64), None);
    trap(None, Some(Val::I32(1)));
}

#[test]
fn a_trap_ends_the_guest() {
    let error = run(None, |_| Err(Trap::host("no"))).unwrap_err();
    assert_eq!(error.as_trap(), Some(&Trap::host("no")));
}

#[test]
fn only_imports_of_the_same_type_are_bound() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        linker.func_new("h", "f", &[ValType::I32], None, |_, _| Ok(None)).unwrap();
        let module = Module::new(runtime, &wat(r#"(module (import "h" "f" (func (param i64))))"#)).unwrap();
        let error = linker.instantiate(&module, &Limits::DEFAULT, ()).unwrap_err();
        assert!(matches!(error, Error::UnresolvedImports(_)), "{error}");
    });
}

#[test]
fn definitions_that_cannot_be_are_refused() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        let error = linker.func_new("h", "f", &[ValType::I32; 17], None, |_, _| Ok(None)).unwrap_err();
        assert_eq!(error, Error::TooManyValues);
        let error = linker.func_new("h", "f", &[], Some(ValType::V128), |_, _| Ok(None)).unwrap_err();
        assert!(matches!(error, Error::TypeMismatch(_)), "{error}");
        linker.func_new("h", "f", &[], None, |_, _| Ok(None)).unwrap();
        let error = linker.func_new("h", "f", &[], None, |_, _| Ok(None)).unwrap_err();
        assert_eq!(error, Error::DuplicateDefinition);
    });
}
