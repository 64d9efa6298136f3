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
        assert_eq!(spin.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
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

        // The exact amount is enough, one less is not.
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

/// Every instruction on the way counts once, except `else` and `end`, with each interpreter.
#[test]
fn each_instruction_counts_once() {
    let text = r#"(module
        (func (export "empty"))
        (func (export "straight") (drop (i32.add (i32.const 1) (i32.const 2))) nop)
        (func (export "block") (block (block nop) nop) nop)
        (func (export "branch") (block (block br 1) nop) nop)
        (func (export "return") (block (return)) nop)
        (func (export "loop") (local i32)
            (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 5)))) nop)
        (func (export "if") (if (i32.const 1) (then nop)) nop)
        (func (export "if not") (if (i32.const 0) (then nop)) nop)
        (func (export "then") (if (i32.const 1) (then nop) (else nop nop)) nop)
        (func (export "else") (if (i32.const 0) (then nop) (else nop nop)) nop)
        (func (export "out of if") (block (if (i32.const 1) (then br 1))) nop)
        (func (export "into a run") (block (br_if 0 (i32.const 1)) nop nop) nop)
        (func (export "not into it") (block (br_if 0 (i32.const 0)) nop nop) nop)
        (func (export "table 0") (block (block (block (br_table 0 1 2 (i32.const 0))) nop) nop) nop)
        (func (export "table 1") (block (block (block (br_table 0 1 2 (i32.const 1))) nop) nop) nop)
        (func (export "table 2") (block (block (block (br_table 0 1 2 (i32.const 9))) nop) nop) nop)
        (func (export "value") (drop (block (result i64) (br 0 (i64.const 1)))) nop)
        (func (export "parameter") (i32.const 3) (loop (param i32) (br_if 0 (i32.const 0)) drop) nop)
        (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
        (func (export "call") (drop (call $twice (i32.const 1))) nop)
        (table funcref (elem $twice))
        (func (export "indirect") (drop (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 0))) nop)
        (func (export "loops") (local i32 i32)
            (loop
                (local.set 1 (i32.const 3))
                (loop (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
                (br_if 1 (i32.eq (local.get 0) (i32.const 2)))
                (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                br 0)))"#;
    let expected = [
        ("empty", 0),
        ("straight", 5),
        ("block", 5),
        ("branch", 4),
        ("return", 2),
        ("loop", 1 + 5 * 7 + 1),
        ("if", 4),
        ("if not", 3),
        ("then", 4),
        ("else", 5),
        ("out of if", 5),
        ("into a run", 4),
        ("not into it", 6),
        ("table 0", 8),
        ("table 1", 7),
        ("table 2", 6),
        ("value", 5),
        ("parameter", 6),
        ("call", 3 + 3 + 1),
        ("indirect", 4 + 3 + 1),
        ("loops", 1 + 3 * (2 + 1 + 3 * 5 + 4) + 2 * 5),
    ];
    with_instance(text, fuel(1000), |mut instance| {
        for (name, expected) in expected {
            let function = instance.get_typed_func::<(), ()>(name).unwrap();
            instance.set_fuel(Some(expected));
            assert_eq!(function.call(&mut instance, ()), Ok(()), "{name}");
            assert_eq!(instance.usage().fuel, expected, "{name}");
            if expected > 0 {
                instance.set_fuel(Some(expected - 1));
                assert_eq!(function.call(&mut instance, ()), Err(Trap::OutOfFuel.into()), "{name}");
                assert_eq!(instance.usage().fuel, expected - 1, "{name}");
            }
        }
    });
}

/// Longer than the cost of a run of instructions in the fast interpreter's code can be.
#[test]
fn long_code_counts_in_full() {
    let nops = "nop ".repeat(70_000);
    let text = format!(
        r#"(module
        (func (export "straight") (param i32) (result i32) local.get 0 {nops})
        (func (export "over") (param i32) (result i32) (block (br_if 0 (local.get 0)) {nops}) (local.get 0))
        (func (export "loop") (param i32) (result i32)
            (loop {nops} (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0))
        (func (export "set") (param i32) (result i32) (local i32)
            (local.set 1 (i32.add (local.get 0) (i32.const 1))) {sets} (local.get 1)))"#,
        sets = "(local.set 1 (i32.add (local.get 1) (i32.const 1)))".repeat(20_000),
    );
    with_instance(&text, Limits::default(), |mut instance| {
        for (name, argument, result, expected) in [
            ("straight", 7, 7, 70_001),
            ("over", 1, 1, 4),
            ("over", 0, 0, 70_004),
            ("loop", 3, 0, 1 + 3 * 70_005 + 1),
            ("set", 0, 20_001, 4 * 20_001 + 1),
        ] {
            let function = instance.get_typed_func::<i32, i32>(name).unwrap();
            assert_eq!(function.call(&mut instance, argument), Ok(result), "{name}");
            assert_eq!(instance.usage().fuel, expected, "{name}");
        }
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
        // An instruction that costs more than the remaining fuel ends the call.
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
fn code_that_runs_at_instantiation_has_a_fuel_limit() {
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
        // The limit of one instantiation does not affect the next.
        let module = Module::new(runtime, &wat(
            "(module (func $f (local i32)
                (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 200000))))) (start $f))",
        ));
        Instance::new(&module.unwrap()).unwrap();
    });
}

#[test]
fn a_host_function_does_not_refill_the_fuel() {
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
