//! Blocks of samples.

use std::cell::Cell;
use std::time::Duration;

use wamr::{BlockBudget, BlockCallback, BlockCounter, Error, Instance, Limits, Linker, Module, Runtime, Sample, Trap};

use crate::{wat, with_instance, with_runtime};

pub const BUDGET: BlockBudget = BlockBudget { fuel: Some(10_000), time: None };

thread_local! {
    static TIME: Cell<u32> = const { Cell::new(0) };
}

/// A counter of 1 MHz that stands still, except when a test moves it.
pub const COUNTER: BlockCounter = BlockCounter { read: || TIME.get(), hz: 1_000_000 };

fn pass(cycles: u32) {
    TIME.set(TIME.get().wrapping_add(cycles));
}

/// A guest with a page of memory and so many inputs, outputs and frames, whose buffers are at these addresses. It adds up the inputs of a
/// frame and writes the sum to each output.
pub fn mixer(inputs: u32, outputs: u32, capacity: u32, input: u32, output: u32) -> String {
    guest(
        inputs,
        outputs,
        capacity,
        [input, output],
        &format!(
            r#"(func (export "process") (param $in i32) (param $out i32) (param $n i32) (local $sum i32) (local $i i32)
                (block $done (loop $frame
                    (br_if $done (i32.eqz (local.get $n)))
                    (local.set $sum (i32.const 0))
                    (local.set $i (i32.const {inputs}))
                    (block $read (loop $next
                        (br_if $read (i32.eqz (local.get $i)))
                        (local.set $sum (i32.add (local.get $sum) (i32.load16_s (local.get $in))))
                        (local.set $in (i32.add (local.get $in) (i32.const 2)))
                        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                        (br $next)))
                    (local.set $i (i32.const {outputs}))
                    (block $written (loop $next
                        (br_if $written (i32.eqz (local.get $i)))
                        (i32.store16 (local.get $out) (local.get $sum))
                        (local.set $out (i32.add (local.get $out) (i32.const 2)))
                        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                        (br $next)))
                    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                    (br $frame))))"#
        ),
    )
}

fn guest(inputs: u32, outputs: u32, capacity: u32, [input, output]: [u32; 2], process: &str) -> String {
    let exports =
        [("inputs", inputs), ("outputs", outputs), ("capacity", capacity), ("input", input), ("output", output)];
    let exports: String = exports
        .iter()
        .map(|(name, value)| format!(r#"(func (export "{name}") (result i32) (i32.const {value}))"#))
        .collect();
    format!(
        r#"(module (import "env" "wait" (func $wait (param i32))) (memory (export "memory") 1 2) {exports} {process})"#
    )
}

/// With what guests import to let time pass.
fn linker(runtime: &Runtime) -> Linker<'_, ()> {
    let mut linker = Linker::new(runtime);
    linker.func_wrap("env", "wait", pass).unwrap();
    linker
}

/// Runs `test` with the callback of a guest that can let time pass.
fn with_block<S: Sample>(
    text: &str,
    budget: BlockBudget,
    test: impl FnOnce(Instance<'_>, Result<BlockCallback<S>, Error>),
) {
    with_runtime(|runtime| {
        let linker = linker(runtime);
        let module = Module::with_limits(runtime, &wat(text), &Limits::DEFAULT).expect("a valid module");
        let mut instance = linker.instantiate(&module, ()).expect("an instance");
        let block = BlockCallback::new(&mut instance, budget, COUNTER);
        test(instance, block);
    });
}

#[test]
fn a_guest_processes_blocks_of_mono_and_stereo() {
    // In place, apart, and two channels into one.
    for (text, input, expected) in [
        (mixer(1, 1, 4, 64, 64), &[1, -2, 3, -4][..], &[1, -2, 3, -4][..]),
        (mixer(2, 2, 4, 64, 128), &[1, 2, -30_000, 3], &[3, 3, -29_997, -29_997]),
        (mixer(2, 1, 4, 64, 128), &[1, 2, 3, 4, 5, 6], &[3, 7, 11]),
        (mixer(0, 2, 4, 64, 128), &[], &[0, 0, 0, 0]),
        (mixer(1, 0, 4, 64, 128), &[1, 2], &[]),
    ] {
        with_block::<i16>(&text, BUDGET, |mut instance, block| {
            let mut block = block.unwrap();
            let mut output = vec![99; expected.len()];
            block.process(&mut instance, input, &mut output).unwrap();
            assert_eq!(output, expected);
            assert_eq!((block.stats().blocks(), block.stats().overruns, block.stats().traps), (1, 0, 0));
        });
    }
}

#[test]
fn samples_may_be_wide_or_floating_point() {
    let process = r#"(func (export "process") (param $in i32) (param $out i32) (param i32)
        (f32.store (local.get $out) (f32.neg (f32.load (local.get $in)))))"#;
    with_block::<f32>(&guest(1, 1, 1, [8, 16], process), BUDGET, |mut instance, block| {
        let mut output = [0.0];
        block.unwrap().process(&mut instance, &[0.5], &mut output).unwrap();
        assert_eq!(output, [-0.5]);
    });
    let process = r#"(func (export "process") (param $in i32) (param $out i32) (param i32)
        (i32.store (local.get $out) (i32.load (local.get $in))))"#;
    with_block::<i32>(&guest(1, 1, 1, [8, 16], process), BUDGET, |mut instance, block| {
        let mut output = [0];
        block.unwrap().process(&mut instance, &[i32::MIN + 1], &mut output).unwrap();
        assert_eq!(output, [i32::MIN + 1]);
    });
}

#[test]
fn the_samples_are_those_of_one_block() {
    with_block::<i16>(&mixer(2, 1, 4, 64, 128), BUDGET, |mut instance, block| {
        let mut block = block.unwrap();
        let wrong = Err(Error::BlockLength { inputs: 2, outputs: 1, capacity: 4 });
        // Half a frame, different numbers of frames, more frames than there is room for.
        for (input, output) in [(3, 1), (2, 2), (4, 1), (10, 5), (0, 1)] {
            let mut samples = vec![99; output];
            assert_eq!(block.process(&mut instance, &vec![1; input], &mut samples), wrong, "{input} {output}");
            assert_eq!(samples, vec![0; output]);
        }
        assert_eq!(block.stats().blocks(), 0);
        block.process(&mut instance, &[1; 8], &mut [0; 4]).unwrap();
        block.process(&mut instance, &[], &mut []).unwrap();
        assert_eq!(block.stats().blocks(), 2);
    });
}

#[test]
fn buffers_are_inside_the_memory() {
    const PAGE: u32 = 65_536;
    let last = PAGE - 8;
    for (inputs, outputs, capacity, input, output, fits) in [
        (1, 1, 4, last, last, true),
        (1, 1, 4, last + 1, 0, false),
        (1, 1, 4, 0, last + 1, false),
        (2, 1, 4, last, 0, false),
        (1, 2, 4, 0, last, false),
        (1, 1, u32::MAX, 0, 0, false),
        (u32::MAX, 1, u32::MAX, 0, 0, false),
        (1, 1, 4, u32::MAX, 0, false),
        // A buffer that holds nothing may be at the end, but not beyond.
        (0, 1, 4, PAGE, 0, true),
        (0, 1, 4, PAGE + 1, 0, false),
    ] {
        with_block::<i16>(&mixer(inputs, outputs, capacity, input, output), BUDGET, |_, block| {
            let expected = if fits { None } else { Some(Error::MemoryAccess) };
            assert_eq!(block.err(), expected, "{inputs} {outputs} {capacity} {input} {output}");
        });
    }
}

#[test]
fn each_export_is_there_and_has_its_type() {
    let text = mixer(1, 1, 4, 0, 64);
    for name in ["process", "input", "inputs", "output", "outputs", "capacity"] {
        with_block::<i16>(&text.replace(&format!("\"{name}\""), "\"other\""), BUDGET, |_, block| {
            assert_eq!(block.err(), Some(Error::UnknownFunction), "{name}");
        });
    }
    for (export, other) in [
        (r#""process") (param $in i32)"#, r#""process") (param $in i32) (param i64)"#),
        (r#""capacity") (result i32) (i32.const 4)"#, r#""capacity") (result i64) (i64.const 4)"#),
    ] {
        assert!(text.contains(export));
        with_block::<i16>(&text.replace(export, other), BUDGET, |_, block| {
            assert!(matches!(block.err(), Some(Error::TypeMismatch(_))), "{other}");
        });
    }
}

/// A guest that does something else in each block: `first` in the first, and so on.
fn in_turn(first: &str, second: &str) -> String {
    let process = format!(
        r#"(global $block (mut i32) (i32.const 0))
        (func (export "process") (param i32 i32 i32)
            (global.set $block (i32.add (global.get $block) (i32.const 1)))
            (i32.store16 (i32.const 64) (i32.const 7))
            (if (i32.eq (global.get $block) (i32.const 1)) (then {first}))
            (if (i32.eq (global.get $block) (i32.const 2)) (then {second})))"#
    );
    guest(1, 1, 4, [0, 64], &process)
}

#[test]
fn a_block_without_fuel_left_is_silent_and_counted() {
    with_block::<i16>(&in_turn("", "(loop br 0)"), BUDGET, |mut instance, block| {
        let mut block = block.unwrap();
        let mut output = [1, 2, 3, 4];
        block.process(&mut instance, &[0; 4], &mut output).unwrap();
        assert_eq!(output, [7, 0, 0, 0]);
        let cheap = block.stats().fuel.last();
        assert_eq!(block.process(&mut instance, &[0; 4], &mut output), Err(Trap::OutOfFuel.into()));
        assert_eq!(output, [0; 4]);
        assert_eq!((block.stats().overruns, block.stats().traps), (1, 0));
        let fuel = block.stats().fuel;
        assert_eq!((fuel.last(), fuel.max(), fuel.min()), (10_000, 10_000, cheap));
        assert_eq!(fuel.mean(), (10_000 + cheap) / 2);

        // The caller has gone on. The limits for other calls are as they were.
        block.process(&mut instance, &[0; 4], &mut output).unwrap();
        assert_eq!(output, [7, 0, 0, 0]);
        assert_eq!((block.stats().blocks(), block.stats().overruns), (3, 1));
        assert_eq!((instance.limits().fuel, instance.limits().deadline), (None, None));
    });
}

#[test]
fn a_block_that_traps_is_silent_and_counted() {
    with_block::<i16>(&in_turn("unreachable", ""), BUDGET, |mut instance, block| {
        let mut block = block.unwrap();
        let mut output = [1, 2, 3, 4];
        assert_eq!(block.process(&mut instance, &[0; 4], &mut output), Err(Trap::Unreachable.into()));
        assert_eq!(output, [0; 4]);
        assert_eq!((block.stats().overruns, block.stats().traps), (0, 1));
        block.process(&mut instance, &[0; 4], &mut output).unwrap();
        assert_eq!(output[0], 7);
    });
}

#[test]
fn a_block_that_takes_too_long_is_an_overrun() {
    // By the counter of this test. The clock that stops a guest is another, and far from its deadline.
    let budget = BlockBudget { fuel: None, time: Some(Duration::from_secs(100)) };
    with_block::<i16>(
        &in_turn("(call $wait (i32.const 100000000))", "(call $wait (i32.const 100000001))"),
        budget,
        |mut instance, block| {
            let mut block = block.unwrap();
            let mut output = [0; 1];
            block.process(&mut instance, &[0], &mut output).unwrap();
            // It returns in time for the next look at the clock, but too late.
            assert_eq!(block.process(&mut instance, &[0], &mut output), Err(Trap::DeadlineExceeded.into()));
            assert_eq!((output, block.stats().overruns), ([0], 1));
            let duration = block.stats().duration;
            assert_eq!((duration.min(), duration.max(), duration.mean()), (100_000_000, 100_000_001, 100_000_000));
        },
    );
    // The deadline stops a guest that would not return.
    let budget = BlockBudget { time: Some(Duration::from_millis(1)), ..budget };
    with_block::<i16>(&in_turn("(loop br 0)", ""), budget, |mut instance, block| {
        let mut block = block.unwrap();
        assert_eq!(block.process(&mut instance, &[0], &mut [0]), Err(Trap::DeadlineExceeded.into()));
        assert_eq!(block.stats().overruns, 1);
    });
}

#[test]
fn jitter_is_measured_between_blocks() {
    with_block::<i16>(&mixer(1, 1, 4, 0, 64), BUDGET, |mut instance, block| {
        let mut block = block.unwrap();
        TIME.set(u32::MAX - 1500);
        for late in [0, 1, 0, 5, 0] {
            block.process(&mut instance, &[0], &mut [0]).unwrap();
            pass(1000 + late);
        }
        let interval = block.stats().interval;
        assert_eq!((interval.count(), interval.min(), interval.max(), interval.spread()), (4, 1000, 1005, 5));

        block.reset_stats();
        pass(1_000_000);
        block.process(&mut instance, &[0], &mut [0]).unwrap();
        assert_eq!((block.stats().blocks(), block.stats().interval.count()), (1, 0));
    });
}

#[test]
fn a_block_belongs_to_its_instance() {
    with_runtime(|runtime| {
        let linker = linker(runtime);
        let module = Module::new(runtime, &wat(&mixer(1, 1, 4, 0, 64))).unwrap();
        let mut one = linker.instantiate(&module, ()).unwrap();
        let mut other = linker.instantiate(&module, ()).unwrap();
        let mut block = BlockCallback::<i16>::new(&mut one, BUDGET, COUNTER).unwrap();
        let mut output = [9];
        assert_eq!(block.process(&mut other, &[1], &mut output), Err(Error::WrongInstance));
        assert_eq!((output, &other.memory()[..2]), ([0], &[0, 0][..]));
        assert_eq!(block.stats().blocks(), 0);
    });
}

#[test]
fn the_pool_does_not_change_in_ten_thousand_blocks() {
    with_runtime(|runtime| {
        let linker = linker(runtime);
        let module = Module::new(runtime, &wat(&mixer(2, 2, 48, 0, 1024))).unwrap();
        let mut instance = linker.instantiate(&module, ()).unwrap();
        let mut block = BlockCallback::<i16>::new(&mut instance, BUDGET, COUNTER).unwrap();
        let before = runtime.pool_usage();
        let mut output = [0; 96];
        for number in 0..10_000 {
            block.process(&mut instance, &[number as i16; 96], &mut output).unwrap();
            assert_eq!(output, [2 * number as i16; 96]);
        }
        assert_eq!(runtime.pool_usage(), before);
        // The same work, the same count.
        assert_eq!((block.stats().blocks(), block.stats().fuel.spread()), (10_000, 0));
    });
}

#[test]
fn a_guest_without_budget_for_its_exports_traps() {
    let text = mixer(1, 1, 4, 0, 64).replace("(import \"env\" \"wait\" (func $wait (param i32)))", "");
    with_instance(&text, Limits { fuel: Some(0), ..Limits::DEFAULT }, |mut instance| {
        let block = BlockCallback::<i16>::new(&mut instance, BUDGET, COUNTER);
        assert_eq!(block.err(), Some(Trap::OutOfFuel.into()));
    });
}
