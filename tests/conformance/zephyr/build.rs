//! Puts the files for devices into the firmware, as a table of scripts.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use conformance::corpus;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    let mut table = String::from("&[\n");
    for file in corpus::subset() {
        file.with_script(|script| {
            let save = |name: String, bytes: &[u8]| {
                let path = out.join(name);
                fs::write(&path, bytes).expect("the output directory can be written");
                path
            };
            let steps = save(format!("{}.steps", script.name), script.steps);
            write!(table, "Script {{ name: {:?}, steps: include_bytes!({steps:?}), modules: &[", script.name)
                .expect("a string takes everything");
            for (index, module) in script.modules.iter().enumerate() {
                let path = save(format!("{}.{index}.wasm", script.name), module);
                write!(table, "include_wasm!({path:?}), ").expect("a string takes everything");
            }
            table.push_str("] },\n");
        });
    }
    table.push(']');
    fs::write(out.join("scripts.rs"), table).expect("the output directory can be written");
    println!("cargo:rerun-if-changed=build.rs");
}
