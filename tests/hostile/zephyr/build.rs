//! Puts the corpus into the firmware, as a table of modules with what their headers say.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use hostile::corpus;

fn main() {
    println!("cargo:rerun-if-changed={}", corpus::directory().display());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    let mut table = String::from("&[\n");
    for case in corpus::cases() {
        let file = out.join(case.name).with_extension("wasm");
        fs::write(&file, case.wasm).expect("the output directory can be written");
        // The limits are plain numbers, whose `Debug` is Rust, but for the times.
        let mut limits = format!("{:?}", case.limits);
        for (name, time) in [("deadline", case.limits.deadline), ("host_time", case.limits.host_time)] {
            let millis = time.map(|time| format!("Some(Duration::from_millis({}))", time.as_millis()));
            let rust = millis.unwrap_or_else(|| "None".into());
            limits = limits.replace(&format!("{name}: {time:?}"), &format!("{name}: {rust}"));
        }
        writeln!(
            table,
            "Case {{ name: {:?}, wasm: include_wasm!({file:?}), export: {:?}, args: &{:?}, expect: {:?}, limits: {limits} }},",
            case.name, case.export, case.args, case.expect,
        )
        .expect("a string takes everything");
    }
    table.push(']');
    fs::write(out.join("cases.rs"), table).expect("the output directory can be written");
}
