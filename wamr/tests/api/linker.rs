use wamr::{Error, ExternType, Instance, Linker, Module};

use crate::{wat, with_pool, with_runtime};

#[test]
fn all_unresolved_imports_are_named() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        linker.func_wrap("env", "known", |_: i32| ()).unwrap();
        linker.func_wrap("env", "other_type", |_: i32| 0i32).unwrap();
        let module = wat(r#"(module
            (import "env" "known" (func (param i32)))
            (import "env" "unknown" (func (param i32 f64) (result i64)))
            (import "env" "other_type" (func (param i32)))
            (import "en" "known" (func (param i32)))
            (import "env" "memory" (memory 1))
            (import "env" "table" (table 1 funcref))
            (import "env" "global" (global i32)))"#);
        let module = Module::new(runtime, &module).unwrap();
        let Err(Error::UnresolvedImports(list)) = linker.instantiate(&module, ()) else { panic!() };
        assert!(list.starts_with("env.unknown (i32, f64) -> i64, env.other_type (i32), en.known (i32)"), "{list}");
        let names: Vec<_> = linker.unresolved(&module).map(|import| import.to_string()).collect();
        let expected = ["env.unknown (i32, f64) -> i64", "env.other_type (i32)", "en.known (i32)"];
        let others = ["env.global global", "env.memory memory", "env.table table"];
        for name in expected.iter().chain(&others) {
            assert!(names.iter().any(|other| other == name), "{name} is not in {names:?}");
        }
        assert_eq!(names.len(), 6);
        assert!(matches!(Instance::new(&module), Err(Error::UnresolvedImports(_))));
    });
}

/// WAMR compares only the first of several results with a signature.
#[test]
fn types_are_compared_in_full() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        linker.func_wrap("h", "f", |_: i32| 1i32).unwrap();
        for ty in [
            "(result i32)",
            "(param i32)",
            "(param i64) (result i32)",
            "(param i32 i32) (result i32)",
            "(param i32) (result i64)",
            "(param i32) (result i32 i32)",
            "(param f32) (result i32)",
            "(param externref) (result i32)",
            "(param funcref) (result i32)",
            "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)",
        ] {
            let module = Module::new(runtime, &wat(&format!(r#"(module (import "h" "f" (func {ty})))"#))).unwrap();
            let result = linker.instantiate(&module, ());
            assert!(matches!(result, Err(Error::UnresolvedImports(_))), "{ty}");
        }
        let module =
            Module::new(runtime, &wat(r#"(module (import "h" "f" (func (param i32) (result i32))))"#)).unwrap();
        linker.instantiate(&module, ()).unwrap();
    });
}

/// WAMR takes `f` for an import `_f`.
#[test]
fn names_are_compared_in_full() {
    with_runtime(|runtime| {
        let text = |names: [&str; 3]| {
            let [a, b, c] = names;
            wat(&format!(
                r#"(module (import "h" "{a}" (func $a (result i32))) (import "h" "{b}" (func $b (result i32)))
                (import "h" "{c}" (func $c (result i32)))
                (func (export "f") (result i32 i32 i32) call $a call $b call $c))"#
            ))
        };
        let mut linker = Linker::<()>::new(runtime);
        linker.func_wrap("h", "f", || 0i32).unwrap();
        let module = Module::new(runtime, &text(["f", "f", "_f"])).unwrap();
        assert!(matches!(linker.instantiate(&module, ()), Err(Error::UnresolvedImports(_))));

        linker.func_wrap("h", "_f", || 1i32).unwrap().func_wrap("h", "__f", || 2i32).unwrap();
        for (names, results) in
            [(["f", "_f", "__f"], (0, 1, 2)), (["__f", "f", "_f"], (2, 0, 1)), (["_f"; 3], (1, 1, 1))]
        {
            let module = Module::new(runtime, &text(names)).unwrap();
            let mut instance = linker.instantiate(&module, ()).unwrap();
            let f = instance.get_typed_func::<(), (i32, i32, i32)>("f").unwrap();
            assert_eq!(f.call(&mut instance, ()), Ok(results));
        }
    });
}

#[test]
fn a_definition_is_made_once() {
    with_runtime(|runtime| {
        let mut linker = Linker::<()>::new(runtime);
        linker.func_wrap("h", "f", || ()).unwrap();
        assert_eq!(linker.func_wrap("h", "f", |_: i32| ()).err(), Some(Error::DuplicateDefinition));
        linker.func_wrap("g", "f", || ()).unwrap();
        linker.func_wrap("h", "g", || ()).unwrap();
        assert_eq!(format!("{linker:?}"), r#"[("h", "g"), ("g", "f"), ("h", "f")]"#);
    });
}

/// WAMR binds a module's imports once. With another linker the module would go on calling the functions of the first.
#[test]
fn a_module_stays_with_its_linker() {
    with_runtime(|runtime| {
        let bytes = wat(r#"(module (import "h" "f" (func $f (result i32))) (func (export "f") (result i32) call $f))"#);
        let module = Module::new(runtime, &bytes).unwrap();
        let run = |linker: &Linker<'_>, module: &Module<'_>| -> Result<i32, Error> {
            let mut instance = linker.instantiate(module, ())?;
            instance.get_typed_func::<(), i32>("f")?.call(&mut instance, ())
        };
        let mut first = Linker::new(runtime);
        let one = 1;
        first.func_wrap("h", "f", move || one).unwrap();
        assert_eq!(run(&first, &module), Ok(1));
        assert_eq!(run(&first, &module), Ok(1), "a second instance");
        let mut second = Linker::new(runtime);
        second.func_wrap("h", "f", || 2).unwrap();
        assert_eq!(run(&second, &module), Err(Error::LinkedElsewhere));
        drop(first);
        assert_eq!(run(&second, &module), Err(Error::LinkedElsewhere));
        assert_eq!(run(&second, &Module::new(runtime, &bytes).unwrap()), Ok(2));

        // Without imports there is nothing to bind.
        let module = Module::new(runtime, &wat(r#"(module (func (export "f") (result i32) i32.const 3))"#)).unwrap();
        assert_eq!(run(&second, &module), Ok(3));
        assert_eq!(run(&Linker::new(runtime), &module), Ok(3));
    });
}

#[test]
fn closures_may_borrow_data_that_outlives_the_runtime() {
    let sum = std::cell::Cell::new(0);
    with_pool(1 << 20, |pool| {
        let runtime = wamr::Runtime::new(pool).unwrap();
        let mut linker = Linker::new(&runtime);
        linker.func_wrap("h", "f", |n: i32| sum.set(sum.get() + n)).unwrap();
        let text = r#"(module (import "h" "f" (func $f (param i32))) (func (export "f") (call $f (i32.const 5))))"#;
        let module = Module::new(&runtime, &wat(text)).unwrap();
        let mut instance = linker.instantiate(&module, ()).unwrap();
        let f = instance.get_typed_func::<(), ()>("f").unwrap();
        f.call(&mut instance, ()).unwrap();
        f.call(&mut instance, ()).unwrap();
    });
    assert_eq!(sum.get(), 10);
}

#[test]
fn imports_have_types() {
    with_runtime(|runtime| {
        let text = r#"(module (import "h" "f" (func (param i64))) (import "h" "m" (memory 2 3)) (import "h" "g" (global f32)))"#;
        let module = Module::new(runtime, &wat(text)).unwrap();
        assert_eq!(module.imports().count(), 3);
        for import in module.imports() {
            match (import.name, import.ty) {
                ("f", ExternType::Func(ty)) => assert_eq!(ty.to_string(), "(i64)"),
                ("m", ExternType::Memory) => {}
                ("g", ExternType::Global(ty)) => assert_eq!((ty.content, ty.mutable), (wamr::ValType::F32, false)),
                other => panic!("{other:?}"),
            }
        }
    });
}
