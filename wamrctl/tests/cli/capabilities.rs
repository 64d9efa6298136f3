//! What a manifest says that its module may reach.

use super::{Done, file, module, wamrctl};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// Imports from `wamr`, twice, and from `gpio`.
const REACHES: &str = r#"(module (import "wamr" "log" (func (param i32 i32))) (import "gpio" "set" (func))
    (import "wamr" "uptime_ms" (func (result i64))))"#;

/// Writes a manifest to the file of this name.
fn manifest(app: &Path, output: &str, more: &[&str]) -> (PathBuf, Done) {
    let output = file(output, b"");
    let words = [&["-o", output.to_str().unwrap(), "--name", "app", "--json"], more].concat();
    let done = wamrctl("manifest", app, &words);
    (output, done)
}

fn inspected(path: &Path) -> Json {
    wamrctl("inspect --json", path, &[]).json()
}

#[test]
fn a_manifest_lists_what_the_module_imports_from() {
    let app = module("capabilities-derived.wasm", REACHES);
    let report = inspected(&app);
    assert_eq!((&report["app"], &report["unsupported"]), (&json!(null), &json!(null)));

    let (path, done) = manifest(&app, "capabilities-derived-manifest.wasm", &[]);
    assert_eq!(done.json()["capabilities"], json!(["wamr", "gpio"]));
    let report = inspected(&path);
    assert_eq!((&report["app"]["capabilities"], &report["unsupported"]), (&json!(["wamr", "gpio"]), &json!(null)));
    let text = wamrctl("inspect", &path, &[]).stdout;
    assert!(text.contains("\nCapabilities: wamr, gpio\n"), "{text}");

    let (path, _) = manifest(Path::new("add.wasm"), "capabilities-none.wasm", &[]);
    assert_eq!(inspected(&path)["app"]["capabilities"], json!([]));
    assert!(wamrctl("inspect", &path, &[]).stdout.contains("\nCapabilities: none\n"));
}

#[test]
fn named_capabilities_are_held_against_the_imports() {
    let app = module("capabilities-named.wasm", REACHES);
    let (path, done) = manifest(&app, "capabilities-named-manifest.wasm", &["--capabilities", "gpio,wamr,sensor"]);
    done.succeeds();
    assert_eq!(inspected(&path)["app"]["capabilities"], json!(["gpio", "wamr", "sensor"]));

    for too_few in ["wamr", ""] {
        let (path, done) = manifest(&app, "capabilities-too-few.wasm", &["--capabilities", too_few]);
        let missing = if too_few.is_empty() { "`wamr`" } else { "`gpio`" };
        done.fails(2, &["imports from", missing, "--capabilities"]);
        assert_eq!(std::fs::read(path).unwrap(), b"", "nothing was written");
    }
    let list = |count: usize, length: usize| vec!["a".repeat(length); count].join(",");
    let with_list =
        |list: String| manifest(Path::new("add.wasm"), "capabilities-long.wasm", &["--capabilities", &list]);
    with_list(list(17, 1)).1.fails(2, &["17 entries", "at most 16"]);
    with_list(list(1, 49)).1.fails(2, &["at most 48 bytes"]);
    let (path, done) = with_list(list(16, 48));
    done.succeeds();
    assert_eq!(inspected(&path)["app"]["capabilities"], json!(vec!["a".repeat(48); 16]));
}

#[test]
fn a_capability_can_be_narrowed_to_resources() {
    let app = module("capabilities-resources.wasm", REACHES);
    let list = ["--capabilities", "wamr,gpio:led0,gpio:led1"];
    let (path, done) = manifest(&app, "capabilities-resources-manifest.wasm", &list);
    done.succeeds();
    let report = inspected(&path);
    assert_eq!(report["app"]["capabilities"], json!(["wamr", "gpio:led0", "gpio:led1"]));
    assert_eq!(report["unsupported"], json!(null));
    let (_, done) = manifest(&app, "capabilities-too-few.wasm", &["--capabilities", "wamr,gpio2:led0"]);
    done.fails(2, &["imports from", "`gpio`"]);
}

#[test]
fn imports_beyond_the_list_are_told() {
    // The manifest of another module: { 8: ["wamr"] }
    let manifest = r#"(@custom "wamr-app" "\a1\08\81\64wamr")"#;
    let path = module("capabilities-beyond.wasm", &REACHES.replace("(module", &format!("(module {manifest}")));
    let why = "it imports from gpio, which its manifest does not list";
    assert!(inspected(&path)["unsupported"].as_str().unwrap().starts_with(why));
    let text = wamrctl("inspect", &path, &[]).stdout;
    assert!(text.contains(&format!("\nDevices refuse this module: {why}")), "{text}");
    let done = wamrctl("inspect --json --board nrf5340dk", &path, &[]);
    assert_eq!(done.status, 3, "{}", done.stdout);

    // And the other way round: the board has no such thing.
    let path = module("capabilities-unknown.wasm", r#"(module (@custom "wamr-app" "\a1\08\81\64gpio"))"#);
    assert_eq!(inspected(&path)["unsupported"], json!(null));
    let report = wamrctl("inspect --json --board nrf5340dk", &path, &[]).json();
    let [problem] = &report["fit"]["problems"].as_array().unwrap()[..] else { panic!("{report}") };
    assert!(problem.as_str().unwrap().contains("gpio"), "{problem}");
}
