//! Copies the modules of the crate `coremark` that need no standard library. It declares none without.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MODULES: [&str; 5] = ["list", "matrix", "state", "types", "util"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let sources = sources();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut declared = String::new();
    for module in MODULES {
        let source = fs::read_to_string(sources.join(module).with_extension("rs")).expect("the crate has this module");
        let copy = out.join(module).with_extension("rs");
        // At the end, because a module begins with its documentation.
        fs::write(&copy, source + "\n#[allow(unused_imports)]\nuse alloc::{vec, vec::Vec};\n")
            .expect("OUT_DIR is writable");
        declared += &format!("#[allow(clippy::all, dead_code)]\n#[path = {copy:?}]\npub mod {module};\n");
    }
    fs::write(out.join("modules.rs"), declared).expect("OUT_DIR is writable");
}

/// The directory of the crate's sources in cargo's registry.
fn sources() -> PathBuf {
    let output = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"))
        .args(["metadata", "--locked", "--format-version=1"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let manifest = metadata
        .split('"')
        .find(|text| text.contains("/coremark-1") && text.ends_with("/Cargo.toml"))
        .expect("cargo metadata names the crate");
    Path::new(manifest).with_file_name("src")
}
