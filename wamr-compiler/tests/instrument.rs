//! Modules of all shapes stay valid. Whether they count right is tested where they run: in `tests/conformance`.

use wamr_compiler::{IMPORT_MODULE, IMPORT_NAME, instrument};
use wasmparser::{Operator, Parser, Payload, TypeRef, Validator, WasmFeatures};

/// The imports and exports of the module with the counting, and how many functions and globals it defines.
fn shape(text: &str, export: bool) -> (Vec<String>, Vec<String>, u32, u32) {
    let module = instrument(&wat::parse_str(text).unwrap(), export).unwrap();
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(&module)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let (mut imports, mut exports, mut functions, mut globals) = (Vec::new(), Vec::new(), 0, 0);
    for payload in Parser::new(0).parse_all(&module) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                for import in section.into_imports().map(Result::unwrap) {
                    assert!(matches!(import.ty, TypeRef::Func(_)), "{text}");
                    imports.push(format!("{}.{}", import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                exports.extend(section.into_iter().map(|export| export.unwrap().name.to_owned()));
            }
            Payload::FunctionSection(section) => functions = section.count(),
            Payload::GlobalSection(section) => globals = section.count(),
            Payload::CustomSection(section) => panic!("{text}: a section {}", section.name()),
            _ => {}
        }
    }
    (imports, exports, functions, globals)
}

#[test]
fn the_counting_comes_last() {
    let more = format!("{IMPORT_MODULE}.{IMPORT_NAME}");
    assert_eq!(shape("(module)", false), (vec![more.clone()], vec![], 1, 1));
    assert_eq!(shape("(module)", true).1, [IMPORT_MODULE]);
    let text = r#"(module (import "env" "f" (func)) (global i32 (i32.const 1)) (func (export "run") call 0) (start 1)
        (memory 1) (data (i32.const 0) "abc") (@custom "other" "text"))"#;
    let (imports, exports, functions, globals) = shape(text, true);
    assert_eq!((imports, exports), (vec!["env.f".into(), more], vec!["run".into(), IMPORT_MODULE.into()]));
    assert_eq!((functions, globals), (2, 2));
}

/// Code whose end is reached in two ways.
const JOIN: &str = "(block (br_if 0 (local.get 0)) (i32.store (i32.const 0) (i32.const 0)))";

#[test]
fn code_of_all_shapes_stays_valid() {
    for text in [
        "(module (func unreachable (block (br 0)) (if (i32.const 1) (then (return)))))",
        "(module (func (br 0) (drop (i32.add))))",
        "(module (func (result i32) (i32.const 7) (loop (param i32) (result i32) (br_if 0 (i32.const 0)))))",
        "(module (func (param i32) (result i64) (block (result i64) (br_table 0 1 0 (i64.const 7) (local.get 0)))))",
        "(module (func (loop (block (br 0)) (br 0))))",
        "(module (func (param i32) (block (block (br_table 0 1 2 (local.get 0)) nop) nop) nop))",
        "(module (memory 1 2) (func (drop (memory.grow (i32.const 1))) (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))))",
        "(module (memory 100 200 (pagesize 1)) (func (result i32) (memory.grow (i32.const 1))))",
        "(module (table 3 funcref) (elem func 0) (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop 0)))",
        "(module (func $f (result i32 i64) (i32.const 1) (i64.const 2)) (func (result i32 i64) (call $f)))",
        // Branches that nothing reaches, in a run that began behind a join.
        &format!("(module (memory 1) (func (param i32) {JOIN} (return) (br_if 0 (local.get 0))))"),
        &format!("(module (memory 1) (func (param i32) {JOIN} (return) (if (local.get 0) (then nop))))"),
        &format!("(module (memory 1) (func (param i32) {JOIN} (return) (br_table 0 0 (local.get 0))))"),
    ] {
        shape(text, false);
    }
}

#[test]
fn code_without_effects_is_paid_with_what_follows() {
    let payments = |code: &str| {
        let text = format!("(module (memory 1) (func (param i32) {code}))");
        let module = instrument(&wat::parse_str(text).unwrap(), false).unwrap();
        let mut bodies = Parser::new(0).parse_all(&module).filter_map(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        let operators = bodies.next().unwrap().get_operators_reader().unwrap();
        operators.into_iter().filter(|operator| matches!(operator, Ok(Operator::GlobalSet { .. }))).count()
    };
    let store = "(i32.store (i32.const 0) (i32.const 0))";
    // With each of the ways that go on.
    assert_eq!(payments(&format!("(block (br_if 0 (local.get 0)) {store})")), 2);
    assert_eq!(payments(&format!("(if (local.get 0) (then {store}))")), 2);
    // A trap comes after the payment for the run.
    assert_eq!(payments(&format!("{store} (block (br_if 0 (local.get 0)) {store})")), 2);
    assert_eq!(payments(&format!("{store} (if (local.get 0) (then {store}) (else {store}))")), 3);
    // A branch back pays for the beginning of the loop.
    assert_eq!(payments("(loop (br_if 0 (local.get 0)))"), 2);
}
