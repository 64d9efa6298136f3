//! Each function of the SDK passes its arguments and results as the Canonical ABI demands.

use components::{component, play};
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_bindgen_core::wit_parser::Resolve;
use wit_component::DecodedWasm;

/// Builds the probe, which nothing but this test needs. Returns nothing if this machine cannot.
fn build() -> Option<PathBuf> {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest");
    let target = guest.join("../target/guest");
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--locked", "--release", "--package", "probe", "--target-dir"])
        .arg(&target)
        .current_dir(&guest)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&built.stderr);
    if said.contains("can't find crate for `core`") {
        println!("components: left out the probe: rustc lacks a target: rustup target add wasm32-unknown-unknown");
        return None;
    }
    assert!(built.status.success(), "{said}");
    Some(target.join("wasm32-unknown-unknown/release/probe.wasm"))
}

#[test]
fn each_function_passes_its_arguments_and_results() {
    let Some(module) = build() else { return };
    let module = fs::read(module).expect("the probe was built");
    assert_eq!(called(&module), offered());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/probe.txt");
    let script = fs::read_to_string(&file).expect("the script is readable");
    let seen = play(&module, &script);
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, &seen).expect("is writable");
    }
    assert_eq!(seen, script);
}

/// The functions that a module imports, by interface and name.
fn called(module: &[u8]) -> BTreeSet<String> {
    let component = component(module).expect("it is a component");
    let Ok(DecodedWasm::Component(resolve, _)) = wit_component::decode(&component) else {
        panic!("a component is one");
    };
    let functions = resolve.interfaces.iter().flat_map(|(id, interface)| {
        let name = resolve.id_of(id).unwrap_or_default();
        interface.functions.keys().map(move |function| format!("{name} {function}"))
    });
    functions.collect()
}

/// All functions of `wit/`.
fn offered() -> BTreeSet<String> {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    resolve.push_dir(wit).expect("the package is valid");
    let functions = resolve.interfaces.iter().flat_map(|(id, interface)| {
        let name = resolve.id_of(id).unwrap_or_default();
        interface.functions.keys().map(move |function| format!("{name} {function}"))
    });
    functions.collect()
}
