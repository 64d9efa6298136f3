use wamr::{Error, ExternType, Instance, Module, ValType};

use crate::{wat, with_runtime};

#[test]
fn exports_have_types() {
    with_runtime(|runtime| {
        let module = Module::new(
            runtime,
            &wat(r#"(module
            (func (export "f") (param i32 f64) (result i64 f32) unreachable)
            (memory (export "m") 1 2)
            (global (export "g") (mut i64) (i64.const 0))
            (table (export "t") 3 5 funcref)
            (func (export "ünï"))
            (func (export "") (param externref)))"#),
        );
        let module = module.unwrap();
        assert_eq!(module.exports().count(), 6);
        for export in module.exports() {
            match (export.name, export.ty) {
                ("f", ExternType::Func(ty)) => {
                    assert_eq!(ty.to_string(), "(i32, f64) -> (i64, f32)");
                    assert!(ty.params().eq([ValType::I32, ValType::F64]));
                    assert!(ty.results().eq([ValType::I64, ValType::F32]));
                }
                ("m", ExternType::Memory) => {}
                ("g", ExternType::Global(ty)) => assert_eq!((ty.content, ty.mutable), (ValType::I64, true)),
                ("t", ExternType::Table(ty)) => {
                    assert_eq!((ty.element, ty.minimum, ty.maximum), (ValType::FuncRef, 3, 5));
                }
                ("ünï", ExternType::Func(ty)) => assert_eq!(ty.to_string(), "()"),
                ("", ExternType::Func(ty)) => assert_eq!(ty.to_string(), "(externref)"),
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn the_bytes_are_neither_changed_nor_needed_later() {
    with_runtime(|runtime| {
        let text = r#"(module (memory 1) (data (i32.const 4) "data") (data $passive "more")
            (table 2 funcref) (elem (i32.const 0) $f $f)
            (func $f (result f64) f64.const 123456.789)
            (func (export "indirect") (result f64) i32.const 1 call_indirect (result f64))
            (func (export "init") i32.const 8 i32.const 0 i32.const 4 memory.init $passive))"#;
        let original = wat(text);
        let mut bytes = original.clone();
        let module = Module::new(runtime, &bytes).unwrap();
        assert_eq!(bytes, original);
        bytes.fill(0xff);
        drop(bytes);
        let mut instance = Instance::new(&module).unwrap();
        let indirect = instance.get_typed_func::<(), f64>("indirect").unwrap();
        assert_eq!(indirect.call(&mut instance, ()), Ok(123_456.789));
        instance.get_typed_func::<(), ()>("init").unwrap().call(&mut instance, ()).unwrap();
        assert_eq!(&instance.memory()[4..12], b"datamore");
        assert!(module.exports().any(|export| export.name == "init"));
    });
}

/// The bytes may lie in flash: writing there faults.
#[test]
#[cfg(target_os = "linux")]
fn read_only_bytes_are_not_written() {
    // A static without interior mutability lies in read-only memory.
    static MODULE: &[u8; 39] = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x07\x0a\x01\x06answer\0\0\x0a\x06\x01\x04\0\x41\x2a\x0b";
    with_runtime(|runtime| {
        let module = Module::new(runtime, MODULE).unwrap();
        let mut instance = Instance::new(&module).unwrap();
        let answer = instance.get_typed_func::<(), i32>("answer").unwrap();
        assert_eq!(answer.call(&mut instance, ()), Ok(42));
    });
}

#[test]
fn features_that_compilers_use_by_default() {
    with_runtime(|runtime| {
        for text in [
            "(module (func (param i32) (result i32) local.get 0 i32.extend8_s))",
            "(module (func (param f32) (result i32) local.get 0 i32.trunc_sat_f32_s))",
            "(module (memory 1) (func i32.const 0 i32.const 1 i32.const 2 memory.copy))",
            "(module (table 1 externref) (func (result i32) ref.null extern ref.is_null))",
            "(module (func (result i32 i32) i32.const 1 i32.const 2))",
            "(module (global (export \"g\") (mut i32) (i32.const 0)))",
        ] {
            let module = Module::new(runtime, &wat(text)).unwrap_or_else(|error| panic!("{text}: {error}"));
            Instance::new(&module).unwrap();
        }
    });
}

#[test]
fn features_of_the_table_on_the_front_page_are_refused() {
    with_runtime(|runtime| {
        for text in [
            "(module (func (result v128) v128.const i32x4 0 0 0 0))",
            "(module (memory 1 1 shared))",
            "(module (memory i64 1))",
            "(module (memory 1) (memory 1))",
            "(module (tag (param i32)))",
            "(module (type (struct (field i32))))",
        ] {
            let result = Module::new(runtime, &wat(text));
            assert!(matches!(result, Err(Error::InvalidModule(_))), "{text}: {result:?}");
        }
    });
}

#[test]
fn the_memory_is_known_before_instantiation() {
    with_runtime(|runtime| {
        for (text, expected) in [
            ("(module)", None),
            ("(module (memory 0))", Some((0, None))),
            ("(module (memory 2))", Some((2, None))),
            ("(module (memory 2 300) (func (drop memory.size)))", Some((2, Some(300)))),
        ] {
            let module = Module::new(runtime, &wat(text)).unwrap();
            assert_eq!(module.memory().map(|memory| (memory.minimum, memory.maximum)), expected, "{text}");
            let instance = Instance::new(&module).unwrap();
            assert_eq!(instance.memory().len(), expected.map_or(0, |(minimum, _)| minimum as usize * wamr::PAGE_SIZE));
        }
    });
}
