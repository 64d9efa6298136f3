use std::time::{Duration, Instant};

use wamr::{Error, Instance, Limits, Linker, Module, Trap};

use crate::{wat, with_instance, with_runtime};

const MODULE: &str = r#"(module
    (memory 1)
    (func (export "spin") (loop br 0))
    (func $call (export "calls") call $nop call $call)
    (func $nop)
    (func (export "count") (param $n i32) (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

fn fuel(fuel: u64) -> Limits {
    Limits { fuel: Some(fuel), ..Default::default() }
}

#[test]
fn an_endless_loop_ends() {
    with_instance(MODULE, fuel(1_000_000), |mut instance| {
        let spin = instance.get_typed_func::<(), ()>("spin").unwrap();
        let start = Instant::now();
        assert_eq!(spin.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(instance.usage().fuel, 1_000_000);
    });
}

#[test]
fn fuel_is_per_call_and_counted() {
    with_instance(MODULE, fuel(10_000), |mut instance| {
        assert_eq!(instance.usage().fuel, 0);
        let count = instance.get_typed_func::<i32, ()>("count").unwrap();
        let used = |instance: &mut Instance<'_>, n| {
            count.call(instance, n).unwrap();
            instance.usage().fuel
        };
        let ten = used(&mut instance, 10);
        let hundred = used(&mut instance, 100);
        assert!(hundred - ten >= 90 * 2 && hundred < 1000, "{ten} {hundred}");
        assert_eq!(used(&mut instance, 10), ten);

        // Exactly what it takes is enough, one less is not.
        instance.set_fuel(Some(ten));
        assert_eq!(used(&mut instance, 10), ten);
        instance.set_fuel(Some(ten - 1));
        assert_eq!(count.call(&mut instance, 10), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.usage().fuel, ten - 1);
        instance.set_fuel(Some(0));
        assert_eq!(count.call(&mut instance, 10), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.usage().fuel, 0);

        instance.set_fuel(None);
        assert_eq!(used(&mut instance, 10), ten);
        assert!(used(&mut instance, 100_000) > 200_000);
        instance.set_fuel(Some(u64::MAX));
        assert_eq!(used(&mut instance, 10), ten);
    });
}

#[test]
fn work_on_many_bytes_counts() {
    let text = r#"(module (memory 1) (data $d "0123456789")
        (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 7) (local.get 0)))
        (func (export "copy") (param i32) (memory.copy (i32.const 1) (i32.const 0) (local.get 0)))
        (func (export "init") (param i32) (memory.init $d (i32.const 0) (i32.const 0) (local.get 0)))
        (func (export "storm") (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br 0))))"#;
    with_instance(text, fuel(100_000), |mut instance| {
        for name in ["fill", "copy", "init"] {
            let function = instance.get_typed_func::<i32, ()>(name).unwrap();
            let mut used = |bytes| {
                function.call(&mut instance, bytes).unwrap();
                instance.usage().fuel
            };
            let none = used(0);
            if name != "init" {
                assert_eq!(used(64 * 100), none + 100, "{name}");
            }
            assert_eq!(used(10), none, "{name}");
        }
        // 64 KiB cost 1024, so about 97 of them fit.
        let storm = instance.get_typed_func::<(), ()>("storm").unwrap();
        assert_eq!(storm.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.usage().fuel, 100_000);
        // One that costs more than there is left ends the call, too.
        instance.set_fuel(Some(50));
        let fill = instance.get_typed_func::<i32, ()>("fill").unwrap();
        assert_eq!(fill.call(&mut instance, 65536), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.usage().fuel, 50);
    });
}

#[test]
fn traps_count_fuel_too() {
    let config = Limits { stack_size: 1024, ..fuel(100_000) };
    with_instance(MODULE, config, |mut instance| {
        let calls = instance.get_typed_func::<(), ()>("calls").unwrap();
        assert_eq!(calls.call(&mut instance, ()), Err(Trap::StackOverflow.into()));
        assert!((1..1000).contains(&instance.usage().fuel));
    });
}

#[test]
fn what_wamr_runs_at_instantiation_ends() {
    with_runtime(|runtime| {
        for text in [
            "(module (func $f (loop br 0)) (start $f))",
            r#"(module (func (export "__post_instantiate") (loop br 0)))"#,
            r#"(module (func (export "__wasm_call_ctors") (loop br 0)))"#,
        ] {
            let module = Module::with_limits(runtime, &wat(text), &fuel(100_000)).unwrap();
            let error = Instance::new(&module).unwrap_err();
            assert_eq!(error, Error::Trap(Trap::OutOfFuel), "{text}");
        }
        // The limit of one instantiation does not last.
        let module = Module::new(runtime, &wat(
            "(module (func $f (local i32)
                (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 200000))))) (start $f))",
        ));
        Instance::new(&module.unwrap()).unwrap();
    });
}

#[test]
fn a_host_function_between_does_not_refill() {
    with_runtime(|runtime| {
        let mut linker = Linker::new(runtime);
        linker.func_wrap("env", "nop", || ()).unwrap();
        let text = r#"(module (import "env" "nop" (func $nop)) (func (export "spin") (loop call $nop br 0)))"#;
        let module = Module::with_limits(runtime, &wat(text), &fuel(1000)).unwrap();
        let mut instance: Instance<'_> = linker.instantiate(&module, ()).unwrap();
        let spin = instance.get_typed_func::<(), ()>("spin").unwrap();
        assert_eq!(spin.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.usage().fuel, 1000);
    });
}
