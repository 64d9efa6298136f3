//! Functions that run when a module is instantiated: its start function, `_initialize` of a reactor, and those that WAMR calls by name.

use wamr::{Caller, Error, Limits, Linker, Module, Trap};

use crate::{wat, with_runtime};

/// Numbers that the guest has passed to the host.
type Passed = Vec<i32>;

/// The numbers that a module passes to the host while it is instantiated. It may import `h.pass (i32)`, `h.ready ()`, which passes -1,
/// and `two () -> i32` from a module without a name, which passes -2.
fn passed(text: &str, limits: &Limits) -> Result<Passed, Error> {
    let mut result = Ok(Vec::new());
    with_runtime(|runtime| {
        let mut linker = Linker::<Passed>::new(runtime);
        linker
            .func_wrap("h", "pass", |mut caller: Caller<'_, Passed>, number: i32| caller.data_mut().push(number))
            .unwrap();
        linker.func_wrap("h", "ready", |mut caller: Caller<'_, Passed>| caller.data_mut().push(-1)).unwrap();
        let two = |mut caller: Caller<'_, Passed>| {
            caller.data_mut().push(-2);
            2
        };
        linker.func_wrap("", "two", two).unwrap();
        let module = Module::with_limits(runtime, &wat(text), limits);
        result = module.and_then(|module| linker.instantiate(&module, Vec::new()).map(|it| it.data().clone()));
    });
    result
}

/// A module that exports functions with these names. Each passes its number to the host.
fn module_with(functions: &[(&str, i32)], more: &str) -> String {
    let functions = functions
        .iter()
        .map(|(name, number)| format!(r#"(func ${name} (export "{name}") (call $pass (i32.const {number})))"#));
    format!(r#"(module (import "h" "pass" (func $pass (param i32))) {} {more})"#, functions.collect::<String>())
}

#[test]
fn a_reactor_is_initialized_once_and_before_its_exports_are_called() {
    let passed = |functions: &[_], more| passed(&module_with(functions, more), &Limits::DEFAULT);
    assert_eq!(passed(&[("_initialize", 1)], ""), Ok(vec![1]));
    let all = [("__wasm_call_ctors", 4), ("__post_instantiate", 3), ("_initialize", 2), ("_begin", 1)];
    assert_eq!(passed(&all, "(start $_begin)"), Ok(vec![1, 2, 3]), "the constructors are for `_initialize` to call");
    assert_eq!(passed(&all[..2], ""), Ok(vec![3, 4]), "no reactor");
    assert_eq!(passed(&[("_initialize", 1)], "(start $_initialize)"), Ok(vec![1]));
    assert_eq!(passed(&[("__wasm_call_ctors", 1)], "(start $__wasm_call_ctors)"), Ok(vec![1]));
}

#[test]
fn the_host_cannot_call_initialize() {
    with_runtime(|runtime| {
        let module = Module::new(runtime, &wat(r#"(module (func (export "_initialize")) (func (export "run")))"#));
        let mut instance = wamr::Instance::new(&module.unwrap()).unwrap();
        assert_eq!(instance.get_func("_initialize").err(), Some(Error::UnknownFunction));
        assert_eq!(instance.get_typed_func::<(), ()>("_initialize").err(), Some(Error::UnknownFunction));
        instance.get_typed_func::<(), ()>("run").unwrap().call(&mut instance, ()).unwrap();
    });
}

#[test]
fn initialize_is_metered_together_with_the_start_function() {
    let count = "(local i32)
        (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10000))))";
    let start = format!("(func $start {count}) (start $start)");
    let initialize = format!(r#"(func (export "_initialize") {count})"#);
    let with = |fuel, functions: &str| {
        passed(&format!("(module {functions})"), &Limits { fuel: Some(fuel), ..Limits::DEFAULT })
    };
    let (enough, both) = (75_000, format!("{start} {initialize}"));
    assert_eq!((with(enough, &start), with(enough, &initialize)), (Ok(vec![]), Ok(vec![])));
    assert_eq!(with(enough, &both), Err(Trap::OutOfFuel.into()));
    assert_eq!(with(2 * enough, &both), Ok(vec![]));
}

#[test]
fn a_trap_in_initialize_is_reported_like_one_in_a_start_function() {
    for (body, trap) in [
        ("unreachable", Trap::Unreachable),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", Trap::DivisionByZero),
        ("(call 0)", Trap::StackOverflow),
    ] {
        for text in [
            format!(r#"(module (func (export "_initialize") {body}))"#),
            format!("(module (func $start {body}) (start $start))"),
        ] {
            assert_eq!(passed(&text, &Limits::DEFAULT), Err(trap.clone().into()), "{text}");
        }
    }
}

#[test]
fn an_invalid_reactor_is_refused_with_the_reason() {
    for (text, reason) in [
        (r#"(module (func (export "_start")) (func (export "_initialize")))"#, "`_start`"),
        (r#"(module (func (export "_initialize") (param i32)))"#, "`_initialize`"),
        (r#"(module (func (export "_initialize") (result i32) i32.const 0))"#, "`_initialize`"),
        (r#"(module (memory (export "_initialize") 1))"#, "`_initialize`"),
    ] {
        let Err(Error::InvalidModule(message)) = passed(text, &Limits::DEFAULT) else { panic!("{text} is accepted") };
        assert!(message.contains(reason), "{message}");
    }
    assert_eq!(passed(r#"(module (func (export "_start")))"#, &Limits::DEFAULT), Ok(vec![]), "a command");
}

/// WAMR leaves out a start function that is imported.
#[test]
fn an_imported_function_is_called_like_one_of_the_module() {
    for text in ["(start $f)", r#"(export "_initialize" (func $f))"#, r#"(export "__wasm_call_ctors" (func $f))"#] {
        let text = format!(r#"(module (import "h" "ready" (func $f)) {text})"#);
        assert_eq!(passed(&text, &Limits::DEFAULT), Ok(vec![-1]), "{text}");
    }
}

/// WAMR takes the name of the module that an import is from for its type.
#[test]
fn an_imported_function_is_called_by_its_own_type() {
    let text = r#"(module (import "" "two" (func $two (result i32))) (export "__wasm_call_ctors" (func $two)))"#;
    assert_eq!(passed(text, &Limits::DEFAULT), Ok(vec![]));
    let text = r#"(module (import "h" "pass" (func $pass (param i32))) (export "__post_instantiate" (func $pass)))"#;
    assert_eq!(passed(text, &Limits::DEFAULT), Ok(vec![]));
}
