//! `inspect --board`: whether a module fits, and why not.

use super::{Done, file, module, wamrctl};
use serde_json::json;
use std::path::Path;

fn inspect(path: &Path) -> Done {
    wamrctl("inspect --json --board nrf5340dk", path, &[])
}

/// The module does not fit, for this one reason.
#[track_caller]
fn refuses(path: &Path, why: &str) {
    let done = inspect(path);
    let fit = &done.json()["fit"];
    assert_eq!((done.status, &fit["fits"]), (3, &json!(false)), "{fit}");
    let [problem] = &fit["problems"].as_array().unwrap()[..] else { panic!("one reason, not {fit}") };
    assert!(problem.as_str().unwrap().contains(why), "no `{why}` in {problem}");
}

#[test]
fn the_example_apps_fit() {
    for app in ["add.wasm", "hello.wasm", "fir.wasm", "despike.wasm"] {
        let done = inspect(Path::new(app));
        let fit = &done.json()["fit"];
        assert_eq!((done.status, &fit["fits"], &fit["problems"]), (0, &json!(true), &json!([])), "{fit}");
        assert_eq!((&fit["what"], &fit["slot"], &fit["pool"]), (&json!("nrf5340dk"), &json!(57_344), &json!(81_920)));
        assert!(fit["memory"].as_u64().unwrap() > 1_000, "{fit}");
    }
    let done = wamrctl("inspect --board nrf5340dk", Path::new("fir.wasm"), &[]);
    assert!(done.stdout.contains("Fits nrf5340dk: yes\n"), "{}", done.stdout);
    assert!(!done.stdout.contains("shrink"), "{}", done.stdout);
}

#[test]
fn a_memory_that_can_be_shrunk_is_reported() {
    let text = r#"(module (memory 1) (global (export "__heap_base") i32 (i32.const 5000)))"#;
    let path = module("fit-shrink.wasm", text);
    assert_eq!(inspect(&path).json()["fit"]["shrinks_by"], json!(65_536 - 5_008));
    let done = wamrctl("inspect --board nrf5340dk", &path, &[]);
    assert!(done.stdout.contains("60528 bytes smaller after `wamrctl shrink`"), "{}", done.stdout);
}

#[test]
fn a_module_that_does_not_fit_is_reported_with_the_reason() {
    let large = wat::parse_str(format!("(module (@custom \"fill\" \"{}\"))", "x".repeat(60_000))).unwrap();
    refuses(&file("fit-large.wasm", &large), "a slot holds only 57344");
    refuses(&module("fit-memory.wasm", "(module (memory 2))"), "131072 for memory, 4096 for stack");
    refuses(&module("fit-table.wasm", "(module (table 2000 funcref))"), "table");
    refuses(&module("fit-import.wasm", r#"(module (import "env" "led" (func)))"#), "env.led");
    let many = format!("(module {})", "(func)".repeat(1001));
    refuses(&module("fit-functions.wasm", &many), "1001");
    refuses(&module("fit-simd.wasm", "(module (func (drop (v128.const i64x2 0 0))))"), "SIMD");
}

#[test]
fn everything_that_the_board_lacks_is_reported() {
    // The manifest { 8: ["env", "laser", "wamr"] }
    let path = module(
        "fit-lacks.wasm",
        r#"(module (@custom "wamr-app" "\a1\08\83\63env\65laser\64wamr")
            (import "env" "led" (func)) (import "wamr" "uptime_ms" (func (result i64))) (import "env" "horn" (func)))"#,
    );
    let fit = inspect(&path).json()["fit"].clone();
    let problems: Vec<_> =
        fit["problems"].as_array().unwrap().iter().map(|problem| problem.as_str().unwrap()).collect();
    let [listed, imports] = problems[..] else { panic!("{fit}") };
    assert!(listed.ends_with("does not have: env, laser"), "{listed}");
    assert!(imports.contains("env.led") && imports.contains("env.horn") && !imports.contains("uptime"), "{imports}");
}

#[test]
fn code_counts_like_memory() {
    // One page of memory, which cannot be smaller, and functions that take the rest of the share and more.
    let with = |functions: usize| {
        let body = "(drop (i32.mul (i32.const 70000) (i32.const 3)))".repeat(8);
        format!("(module (memory 1) {})", format!("(func {body})").repeat(functions))
    };
    let path = module("fit-code.wasm", &with(120));
    let fit = inspect(&path).json()["fit"].clone();
    let amount = |name: &str| fit[name].as_u64().unwrap();
    let (least, most, pool) = (amount("memory_least"), amount("memory"), amount("pool"));
    assert!(pool < least && least < most, "{fit}");
    refuses(&path, "65536 for memory, 4096 for stack");
    let done = wamrctl("inspect --board nrf5340dk", &path, &[]);
    assert!(done.stdout.contains(&format!("pool    {least} to {most} bytes of {pool}")), "{}", done.stdout);

    // Between what is certain and what is possible nothing is promised.
    let done = inspect(&module("fit-maybe.wasm", &with(40)));
    let fit = done.json()["fit"].clone();
    assert_eq!((&fit["fits"], &fit["problems"], done.status), (&json!(null), &json!([]), 0), "{fit}");
    let between = fit["memory_least"].as_u64() < fit["pool"].as_u64() && fit["pool"].as_u64() < fit["memory"].as_u64();
    assert!(between, "{fit}");
}

#[test]
fn the_manifest_applies_and_nothing_runs() {
    let path = module("fit-spin.wasm", "(module (memory 1) (func (loop (br 0))) (start 0))");
    assert_eq!(inspect(&path).json()["fit"]["fits"], json!(true), "its start function loops");
    let output = file("fit-pool.wasm", b"");
    let words = ["-o", output.to_str().unwrap(), "--name", "fit", "--pool", "40000", "--json"];
    let done = wamrctl("manifest", Path::new("despike.wasm"), &words);
    assert_eq!((done.json()["name"].clone(), done.status), (json!("fit"), 0));
    refuses(&output, "but an app gets 40000");
}
