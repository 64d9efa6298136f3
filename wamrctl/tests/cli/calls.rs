//! Which functions `run` calls, and in how large a pool.

use super::{file, module, run, wamrctl};
use serde_json::{Value as Json, json};
use std::path::Path;

/// The receipts of a command that prints one a line.
fn receipts(stdout: &str) -> Vec<Json> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn several_functions_are_called_on_one_instance() {
    let next = ["--json", "--invoke", "next", "--invoke", "next", "--invoke", "next"];
    let done = run("counter.wasm", &next);
    done.succeeds();
    let values: Vec<_> = receipts(&done.stdout).iter().map(|receipt| receipt["values"][0]["value"].clone()).collect();
    assert_eq!(values, [1, 2, 3], "{}", done.stdout);

    let done = run("add.wasm", &["--invoke", "add", "1", "-2", "--fuel", "100", "--invoke", "add", "3", "4"]);
    done.succeeds();
    let results: Vec<_> = done.stdout.lines().filter(|line| line.starts_with("Result")).collect();
    assert_eq!(results, ["Result   -1 (i32)", "Result   7 (i32)"]);
}

#[test]
fn a_failed_call_is_the_last_one() {
    let divide =
        ["--json", "--invoke", "divide", "6", "2", "--invoke", "divide", "1", "0", "--invoke", "divide", "1", "1"];
    let done = run("trap.wasm", &divide);
    let outcomes: Vec<_> = receipts(&done.stdout).iter().map(|receipt| receipt["outcome"].clone()).collect();
    assert_eq!((done.status, &outcomes[..]), (1, &[json!("returned"), json!("trapped")][..]), "{}", done.stdout);
    // Nothing is called when one of the calls cannot be made.
    run("trap.wasm", &["--invoke", "divide", "6", "2", "--invoke", "divide", "1"])
        .fails(2, &["takes 2 arguments, not 1"]);
}

#[test]
fn the_manifest_sets_the_entry_point_and_the_limits() {
    let path = module(
        "manifested.wat.wasm",
        r#"(module (func (export "main") (result i32) (i32.const 1)) (func (export "serve") (result i32) (i32.const 2))
            (func (export "spin") (loop (br 0))))"#,
    );
    let output = file("manifested.wasm", b"");
    let words =
        ["-o", output.to_str().unwrap(), "--name", "app", "--entry", "serve", "--fuel", "5000", "--version", "3"];
    let done = wamrctl("manifest", &path, &words);
    done.succeeds();
    assert!(
        done.stdout.contains("the app app, version 3, restarted never, entry serve, fuel 5,000 instructions"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("Capabilities: none"), "{}", done.stdout);

    assert_eq!(wamrctl("run --json", &output, &[]).json()["values"], json!([{ "type": "i32", "value": 2 }]));
    let stopped = wamrctl("run --json --fuel 9000", &output, &["--invoke", "spin"]);
    assert_eq!((stopped.status, &stopped.json()["allowed"]), (1, &json!(5000)));

    let signed = file("manifested.signed.wasm", b"");
    let key = Path::new(env!("CARGO_TARGET_TMPDIR")).join("manifested.key");
    wamrctl("keygen --force", &key, &[]).succeeds();
    wamrctl("sign", &output, &["-o", signed.to_str().unwrap(), "--key", key.to_str().unwrap()]).succeeds();
    let done = wamrctl("manifest", &signed, &words);
    assert!(done.stdout.contains("signature was removed"), "{}", done.stdout);
}

#[test]
fn the_error_for_a_module_that_does_not_fit_gives_its_needs() {
    let call = |pool: &str| run("despike.wasm", &["--pool", pool, "--invoke", "capacity"]);
    let done = call("60000");
    done.fails(3, &["does not fit into a pool of 60000 bytes", "it needs about"]);
    let (_, rest) = done.stderr.split_once("it needs about ").unwrap();
    let needed = rest.split_whitespace().next().unwrap();
    assert!((65_536..200_000).contains(&needed.parse::<u32>().unwrap()), "{needed}");
    call(needed).succeeds();

    let output = file("small-share.wasm", b"");
    let words = ["-o", output.to_str().unwrap(), "--name", "app", "--pool", "20000"];
    wamrctl("manifest", Path::new("despike.wasm"), &words).succeeds();
    wamrctl("run", &output, &["--invoke", "capacity"]).fails(3, &["the memory quota in its manifest"]);
}
