use wamr::{Error, Instance, Limits, Module, Val, ValType};

use crate::{wat, with_instance, with_runtime};

const MODULE: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (func (export "mix") (param i32 i64 f32 f64) (result f64)
        local.get 0 f64.convert_i32_s local.get 1 f64.convert_i64_s f64.add
        local.get 2 f64.promote_f32 f64.add local.get 3 f64.add)
    (func (export "swap") (param i64 i32) (result i32 i64) local.get 1 local.get 0)
    (func (export "nothing"))
    (func (export "reference") (param externref))
    (func (export "many") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32))
    (func (export "sixteen") (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
        (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
        local.get 15 local.get 14 local.get 13 local.get 12 local.get 11 local.get 10 local.get 9 local.get 8
        local.get 7 local.get 6 local.get 5 local.get 4 local.get 3 local.get 2 local.get 1 local.get 0)
    (global (export "notafunction") i32 (i32.const 1)))"#;

#[test]
fn typed_calls() {
    with_instance(MODULE, Limits::default(), |mut instance| {
        let add = instance.get_typed_func::<(i32, i32), i32>("add").unwrap();
        assert_eq!(add.call(&mut instance, (i32::MAX, 1)), Ok(i32::MIN));
        let add = instance.get_typed_func::<(u32, u32), u32>("add").unwrap();
        assert_eq!(add.call(&mut instance, (u32::MAX, 2)), Ok(1));
        let mix = instance.get_typed_func::<(i32, i64, f32, f64), f64>("mix").unwrap();
        assert_eq!(mix.call(&mut instance, (1, -(1 << 40), 0.5, 0.25)), Ok(1.75 - (1u64 << 40) as f64));
        let swap = instance.get_typed_func::<(i64, i32), (i32, i64)>("swap").unwrap();
        assert_eq!(swap.call(&mut instance, (i64::MIN, 5)), Ok((5, i64::MIN)));
        let nothing = instance.get_typed_func::<(), ()>("nothing").unwrap();
        assert_eq!(nothing.call(&mut instance, ()), Ok(()));
    });
}

#[test]
fn sixteen_values_each_way() {
    type Sixteen = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);
    with_instance(MODULE, Limits::default(), |mut instance| {
        let sixteen = instance.get_typed_func::<Sixteen, Sixteen>("sixteen").unwrap();
        let results = sixteen.call(&mut instance, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1 << 50));
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = results.unwrap();
        assert_eq!([a, b, c, d, e, f, g, h], [1 << 50, 15, 14, 13, 12, 11, 10, 9]);
        assert_eq!([i, j, k, l, m, n, o, p], [8, 7, 6, 5, 4, 3, 2, 1]);

        let params: Vec<Val> = (1..=16).map(Val::I64).collect();
        let results = instance.get_func("sixteen").unwrap().call(&mut instance, &params).unwrap();
        assert!(results.iter().eq(params.iter().rev()));
    });
}

#[test]
fn types_are_checked_when_a_function_is_looked_up() {
    with_instance(MODULE, Limits::default(), |instance| {
        let mismatch = |error: Option<Error>| match error {
            Some(Error::TypeMismatch(actual)) => actual.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(mismatch(instance.get_typed_func::<i32, i32>("add").err()), "(i32, i32) -> i32");
        assert_eq!(mismatch(instance.get_typed_func::<(i32, i64), i32>("add").err()), "(i32, i32) -> i32");
        assert_eq!(mismatch(instance.get_typed_func::<(i32, i32), ()>("add").err()), "(i32, i32) -> i32");
        assert_eq!(mismatch(instance.get_typed_func::<(i32, i32), i64>("add").err()), "(i32, i32) -> i32");
        assert_eq!(
            mismatch(instance.get_typed_func::<(i64, i32), (i64, i32)>("swap").err()),
            "(i64, i32) -> (i32, i64)"
        );
        assert_eq!(mismatch(instance.get_typed_func::<i32, ()>("reference").err()), "(externref)");
        assert_eq!(instance.get_func("many").err(), Some(Error::TooManyValues));
        for name in ["absent", "", "ad", "add\0", "notafunction"] {
            assert_eq!(instance.get_func(name).err(), Some(Error::UnknownFunction), "{name:?}");
        }
    });
}

#[test]
fn untyped_calls_check_number_and_types() {
    with_instance(MODULE, Limits::default(), |mut instance| {
        let add = instance.get_func("add").unwrap();
        assert_eq!((add.params(), add.results()), (&[ValType::I32; 2][..], &[ValType::I32][..]));
        assert_eq!(*add.call(&mut instance, &[Val::I32(2), Val::I32(3)]).unwrap(), [Val::I32(5)]);
        let wrong: [&[Val]; 5] =
            [&[], &[Val::I32(1)], &[Val::I32(1), Val::I64(1)], &[Val::F32(1.0), Val::I32(1)], &[Val::I64(1); 100]];
        for params in wrong {
            assert!(matches!(add.call(&mut instance, params), Err(Error::TypeMismatch(_))), "{params:?}");
        }
        let swap = instance.get_func("swap").unwrap();
        let swapped = swap.call(&mut instance, &[Val::I64(-1), Val::I32(7)]).unwrap();
        assert_eq!(*swapped, [Val::I32(7), Val::I64(-1)]);
    });
}

#[test]
fn a_function_of_another_instance_is_refused() {
    with_runtime(|runtime| {
        let module = Module::new(runtime, &wat(MODULE)).unwrap();
        let mut a = Instance::new(&module).unwrap();
        let mut b = Instance::new(&module).unwrap();
        let add = a.get_typed_func::<(i32, i32), i32>("add").unwrap();
        let add_untyped = a.get_func("add").unwrap();
        assert_eq!(add.call(&mut b, (1, 2)), Err(Error::WrongInstance));
        assert_eq!(add_untyped.call(&mut b, &[Val::I32(1), Val::I32(2)]), Err(Error::WrongInstance));
        assert_eq!(add.call(&mut a, (1, 2)), Ok(3));
        drop(a);
        // WAMR may well place the new instance where the old one was.
        let mut c = Instance::new(&module).unwrap();
        assert_eq!(add.call(&mut c, (1, 2)), Err(Error::WrongInstance));
    });
}
