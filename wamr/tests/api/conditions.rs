//! Branches on comparisons, which the fast interpreter takes in one instruction, and `local.tee`, for which it needs none.

use wamr::Limits;

use crate::with_instance;

type Comparison = (&'static str, fn(i32, i32) -> bool);

const COMPARISONS: [Comparison; 11] = [
    ("eqz", |_, b| b == 0),
    ("eq", |a, b| a == b),
    ("ne", |a, b| a != b),
    ("lt_s", |a, b| a < b),
    ("lt_u", |a, b| (a as u32) < b as u32),
    ("gt_s", |a, b| a > b),
    ("gt_u", |a, b| a as u32 > b as u32),
    ("le_s", |a, b| a <= b),
    ("le_u", |a, b| a as u32 <= b as u32),
    ("ge_s", |a, b| a >= b),
    ("ge_u", |a, b| a as u32 >= b as u32),
];

/// Ways to use the condition `(i32.OP a b)`: each function returns 7 if it holds, and 8 if not.
const SHAPES: [&str; 9] = [
    "(block (br_if 0 COMPARE) (return (i32.const 8))) (i32.const 7)",
    "(block (result i32) (drop (br_if 0 (i32.const 7) COMPARE)) (i32.const 8))",
    "(if COMPARE (then (return (i32.const 7)))) (i32.const 8)",
    "(if (result i32) COMPARE (then (i32.const 7)) (else (i32.const 8)))",
    "(i32.const 8) (if (param i32) (result i32) COMPARE (then (drop) (i32.const 7)))",
    // What a comparison of something else could be mistaken for.
    "(if (result i32) (i32.eqz COMPARE) (then (i32.const 8)) (else (i32.const 7)))",
    "(local.set 2 COMPARE) (block (br_if 0 (local.get 2)) (return (i32.const 8))) (i32.const 7)",
    "(block (br_if 0 (local.tee 2 COMPARE)) (return (i32.add (local.get 2) (i32.const 8)))) (i32.add (local.get 2) (i32.const 6))",
    // Values of the locals that are on the stack are kept when the `if` may change them.
    "(local.get 0) (if COMPARE (then (local.set 0 (i32.const 7))) (else (local.set 0 (i32.const 8)))) drop (local.get 0)",
];

#[test]
fn branches_follow_their_comparison() {
    let mut functions = String::new();
    for (name, _) in COMPARISONS {
        let operands = if name == "eqz" { "(local.get 1)" } else { "(local.get 0) (local.get 1)" };
        for (shape, body) in SHAPES.iter().enumerate() {
            let body = body.replace("COMPARE", &format!("(i32.{name} {operands})"));
            functions +=
                &format!("(func (export \"{name} {shape}\") (param i32 i32) (result i32) (local i32) {body})\n");
        }
    }
    let values = [0, 1, -1, i32::MIN, i32::MAX];
    with_instance(&format!("(module {functions})"), Limits::default(), |mut instance| {
        for (name, holds) in COMPARISONS {
            for (shape, body) in SHAPES.iter().enumerate() {
                let function = instance.get_typed_func::<(i32, i32), i32>(&format!("{name} {shape}")).unwrap();
                for (a, b) in values.iter().flat_map(|&a| values.map(|b| (a, b))) {
                    let expected = if holds(a, b) { 7 } else { 8 };
                    assert_eq!(function.call(&mut instance, (a, b)), Ok(expected), "{name}({a}, {b}), {body}");
                }
            }
        }
    });
}

#[test]
fn code_that_nothing_reaches_may_branch() {
    let text = r#"(module (func (export "run") (param i32) (result i32)
        (block (br_if 0 (local.get 0)) (return (i32.const 1)) (br_if 0 (i32.eq)) (if (i32.lt_s) (then)) (local.tee 0) (br_if 0))
        (i32.const 2)))"#;
    with_instance(text, Limits::default(), |mut instance| {
        let run = instance.get_typed_func::<i32, i32>("run").unwrap();
        assert_eq!((run.call(&mut instance, 0), run.call(&mut instance, 1)), (Ok(1), Ok(2)));
    });
}

#[test]
fn tee_keeps_earlier_values_of_the_local() {
    let text = r#"(module
        (func (export "i32") (param i32) (result i32)
            (i32.mul
                (i32.sub (local.get 0) (local.tee 0 (i32.add (local.get 0) (i32.const 1))))
                (i32.add (local.get 0) (local.tee 0 (i32.const 5)))))
        (func (export "i64") (param i64) (result i64)
            (i64.add
                (i64.shl (local.tee 0 (i64.add (local.get 0) (i64.const 1))) (i64.const 8))
                (i64.add (local.tee 0 (i64.mul (local.get 0) (i64.const 3))) (local.get 0))))
        (func (export "then set") (param i32) (result i32)
            (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
            (local.set 0 (i32.const 100))
            (i32.add (local.get 0))))"#;
    with_instance(text, Limits::default(), |mut instance| {
        let of_i32 = instance.get_typed_func::<i32, i32>("i32").unwrap();
        assert_eq!(of_i32.call(&mut instance, 10), Ok((10 - 11) * (11 + 5)));
        let of_i64 = instance.get_typed_func::<i64, i64>("i64").unwrap();
        assert_eq!(of_i64.call(&mut instance, 10), Ok((11 << 8) + 33 + 33));
        let then_set = instance.get_typed_func::<i32, i32>("then set").unwrap();
        assert_eq!(then_set.call(&mut instance, 10), Ok(111));
    });
}
