//! Exposes the Kconfig options of this build as `cfg(CONFIG_…)`, and checks the options that the code relies on.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-env-changed=DOTCONFIG");
    let Ok(dotconfig) = env::var("DOTCONFIG") else {
        panic!("wamr-zephyr builds inside a Zephyr build: call rust_cargo_application() and use west build");
    };
    println!("cargo:rerun-if-changed={dotconfig}");
    zephyr_build::export_kconfig_bool_options();

    let options = zephyr_build::extract_kconfig_bool_options(&dotconfig).expect("the build's .config is readable");
    if !options.contains("CONFIG_WAMR_ZEPHYR") {
        panic!("CONFIG_WAMR_ZEPHYR is not set: add CONFIG_WAMR_ZEPHYR=y to prj.conf");
    }
    // The two interpreters treat a module's bytes differently, and the `wamr` crate must know which one is built.
    let kconfig = options.contains("CONFIG_WAMR_ZEPHYR_CLASSIC_INTERP");
    let feature = env::var_os("CARGO_FEATURE_CLASSIC_INTERP").is_some();
    if kconfig != feature {
        panic!("CONFIG_WAMR_ZEPHYR_CLASSIC_INTERP=y and the feature classic-interp of wamr-zephyr go together");
    }
    write_keys();
}

/// Generates Rust code from the public keys that `zephyr/signatures/CMakeLists.txt` found, one line of hexadecimal digits each.
fn write_keys() {
    let directory = |name| PathBuf::from(env::var_os(name).expect("set by the build"));
    let source = directory("BUILD_DIR").join("wamr-zephyr-keys.txt");
    println!("cargo:rerun-if-changed={}", source.display());
    // This file does not exist without signatures.
    let digits = fs::read_to_string(&source).unwrap_or_default();
    let key = |line: &str| {
        let bytes = line.as_bytes().chunks(2).map(|byte| format!("0x{}", String::from_utf8_lossy(byte)));
        format!("[{}]", bytes.collect::<Vec<_>>().join(", "))
    };
    let keys = digits.lines().map(key).collect::<Vec<_>>().join(", ");
    fs::write(directory("OUT_DIR").join("keys.rs"), format!("&[{keys}]")).expect("OUT_DIR can be written to");
}
