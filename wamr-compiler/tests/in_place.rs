//! What the compiler makes for microcontrollers runs where it is. Needs WAMR's compiler.

use wamr_compiler::{Goal, Target, compile, find_wamrc};

/// LLVM calls functions of its own for these, unless it is told to call the runtime.
const MODULE: &str = r#"(module
    (func (export "demote") (param f64) (result f32) (f32.demote_f64 (local.get 0)))
    (func (export "promote") (param f32) (result f64) (f64.promote_f32 (local.get 0)))
    (func (export "convert") (param i64) (result f64) (f64.convert_i64_u (local.get 0)))
    (func (export "saturate") (param f64) (result i64) (i64.trunc_sat_f64_s (local.get 0)))
    (func (export "round") (param f64) (result f64) (f64.sqrt (f64.nearest (local.get 0))))
    (func (export "divide") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
    (func (export "count") (param i64) (result i64) (i64.ctz (i64.popcnt (local.get 0)))))"#;

#[test]
fn code_for_microcontrollers_has_no_relocations() {
    let Ok(wamrc) = find_wamrc() else {
        println!("wamr-compiler: left out code that runs in place: no wamrc, see scripts/wamrc");
        return;
    };
    let module = wat::parse_str(MODULE).unwrap();
    for target in [Target::Nrf5340, Target::Mps2, Target::CortexM7] {
        for goal in [Goal::Speed, Goal::Size] {
            compile(&wamrc, &module, target, goal).unwrap();
        }
    }
}
