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
fn a_manifest_lists_the_imported_capabilities() {
    let app = module("capabilities-derived.wasm", REACHES);
    let report = inspected(&app);
    assert_eq!((&report["app"], &report["unsupported"]), (&json!(null), &json!(null)));

    let (path, done) = manifest(&app, "capabilities-derived-manifest.wasm", &[]);
    assert_eq!(done.json()["capabilities"], json!(["wamr", "gpio"]));
    let report = inspected(&path);
    assert_eq!((&report["app"]["capabilities"], &report["unsupported"]), (&json!(["wamr", "gpio"]), &json!(null)));
    let text = wamrctl("inspect", &path, &[]).stdout;
    for line in ["\nCapabilities:\n", "\n  wamr  log, ", "\n  gpio  use every pin "] {
        assert!(text.contains(line), "{text}");
    }

    let (path, _) = manifest(Path::new("add.wasm"), "capabilities-none.wasm", &[]);
    assert_eq!(inspected(&path)["app"]["capabilities"], json!([]));
    assert!(wamrctl("inspect", &path, &[]).stdout.contains("\nCapabilities: none\n"));
}

#[test]
fn named_capabilities_are_compared_with_the_imports() {
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
fn a_wit_file_describes_exports() {
    let app =
        module("described.wasm", r#"(module (func (export "set-point") (param f64) (result i32) (i32.const 0)))"#);
    let described = |name: &str, wit: &str| {
        let wit = file(name, wit.as_bytes());
        manifest(&app, "described-manifest.wasm", &["--wit", wit.to_str().unwrap()])
    };
    let world = |function: &str| {
        format!(
            "package test:app; world app {{ record target {{ celsius: f64 }} export set-point: func(target: target){function}; }}"
        )
    };
    let (path, done) = described("described.wit", &world(" -> result"));
    done.succeeds();
    let functions = &inspected(&path)["functions"];
    assert_eq!(functions, &json!(["set-point(target: record { celsius: f64 }) -> result"]), "{functions}");
    described("undescribed.wit", &world("")).1.fails(3, &["differs from its description", "set-point"]);
    described("no-world.wit", "package test:app;").1.fails(2, &["no-world.wit does not describe a world", "one world"]);
    let (_, done) = manifest(&app, "described-nowhere.wasm", &["--wit", "/nowhere.wit"]);
    done.fails(2, &["/nowhere.wit"]);
}

#[test]
fn only_what_the_manifest_lists_can_be_denied() {
    let app = module("capabilities-denied.wasm", REACHES);
    let list = ["--capabilities", "wamr,gpio:led0,gpio:led1,sensor,kv,kv:64"];
    let (listing, _) = manifest(&app, "capabilities-denied-manifest.wasm", &list);
    // The bonds of no device: a command that goes on to the device does not find it.
    let upload = |path: &Path, grants: &[&str]| {
        let options = grants.iter().flat_map(|grant| ["--deny", grant]);
        wamrctl("upload", path, &options.chain(["--hci", "tcp:127.0.0.1:9"]).collect::<Vec<_>>())
    };
    for (grants, words) in [
        (&["gpio:led2"][..], &["does not list `gpio:led2`", "it lists wamr, gpio:led0, gpio:led1"][..]),
        (&["gpi"], &["does not list `gpi`"]),
        (&["sensor:room"], &["grants all of `sensor`", "`sensor:room` cannot be denied alone", "deny `sensor`"]),
        (&["kv:64"], &["grants `kv:64` by its entry `kv`", "deny `kv`"]),
        (&["wamr"], &["imports from `wamr`"]),
        (&["gpio"], &["imports from `gpio`"]),
        (&["gpio:led0", "gpio:led1"], &["imports from `gpio`"]),
    ] {
        upload(&listing, grants).fails(2, words);
    }
    upload(&app, &["wamr"]).fails(2, &["no list of capabilities", "wamrctl manifest"]);
    for grants in [&["gpio:led0"][..], &["gpio:led1", "sensor"], &["kv", "gpio:led0"]] {
        assert_eq!(upload(&listing, grants).status, 4, "it gets as far as the controller");
    }
}

#[test]
fn imports_beyond_the_list_are_reported() {
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
