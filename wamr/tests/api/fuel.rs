use std::time::{Duration, Instant};

use wamr::{Error, Instance, InstanceConfig, Linker, Module, Trap};

use crate::{wat, with_instance, with_runtime};

const MODULE: &str = r#"(module
    (memory 1)
    (func (export "spin") (loop br 0))
    (func $call (export "calls") call $nop call $call)
    (func $nop)
    (func (export "count") (param $n i32) (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

fn fuel(fuel: u32) -> InstanceConfig {
    InstanceConfig { fuel: Some(fuel), ..Default::default() }
}

#[test]
fn an_endless_loop_ends() {
    with_instance(MODULE, fuel(1_000_000), |mut instance| {
        let spin = instance.get_typed_func::<(), ()>("spin").unwrap();
        let start = Instant::now();
        assert_eq!(spin.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(instance.fuel_consumed(), Some(1_000_000));
    });
}

#[test]
fn fuel_is_per_call_and_counted() {
    with_instance(MODULE, fuel(10_000), |mut instance| {
        assert_eq!(instance.fuel_consumed(), None);
        let count = instance.get_typed_func::<i32, ()>("count").unwrap();
        let used = |instance: &mut Instance<'_>, n| {
            count.call(instance, n).unwrap();
            instance.fuel_consumed().unwrap()
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
        assert_eq!(instance.fuel_consumed(), Some(ten - 1));
        instance.set_fuel(Some(0));
        assert_eq!(count.call(&mut instance, 10), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.fuel_consumed(), Some(0));

        instance.set_fuel(None);
        count.call(&mut instance, 100_000).unwrap();
        assert_eq!(instance.fuel_consumed(), None);
        instance.set_fuel(Some(u32::MAX));
        assert_eq!(used(&mut instance, 10), ten);
    });
}

#[test]
fn traps_count_fuel_too() {
    let config = InstanceConfig { stack_size: 1024, ..fuel(100_000) };
    with_instance(MODULE, config, |mut instance| {
        let calls = instance.get_typed_func::<(), ()>("calls").unwrap();
        assert_eq!(calls.call(&mut instance, ()), Err(Trap::StackOverflow.into()));
        assert!((1..1000).contains(&instance.fuel_consumed().unwrap()));
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
            let module = Module::new(runtime, &wat(text)).unwrap();
            let error = Instance::new(&module, &fuel(100_000)).unwrap_err();
            assert_eq!(error, Error::Trap(Trap::OutOfFuel), "{text}");
        }
        // The limit of one instantiation does not last.
        let module = Module::new(runtime, &wat(
            "(module (func $f (local i32)
                (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 200000))))) (start $f))",
        ));
        Instance::new(&module.unwrap(), &InstanceConfig::default()).unwrap();
    });
}

#[test]
fn a_host_function_between_does_not_refill() {
    with_runtime(|runtime| {
        let mut linker = Linker::new(runtime);
        linker.func("env", "nop", || ()).unwrap();
        let text = r#"(module (import "env" "nop" (func $nop)) (func (export "spin") (loop call $nop br 0)))"#;
        let module = Module::new(runtime, &wat(text)).unwrap();
        let mut instance: Instance<'_> = linker.instantiate(&module, &fuel(1000), ()).unwrap();
        let spin = instance.get_typed_func::<(), ()>("spin").unwrap();
        assert_eq!(spin.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
        assert_eq!(instance.fuel_consumed(), Some(1000));
    });
}
