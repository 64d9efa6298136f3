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
    write_keys("wamr-zephyr-keys.txt", "keys.rs");
    write_keys("wamr-zephyr-native-keys.txt", "native_keys.rs");
    write_grants();
}

/// Generates Rust code from the public keys that `zephyr/signatures/CMakeLists.txt` found, one line of hexadecimal digits each.
fn write_keys(found: &str, code: &str) {
    let key = |line: &str| {
        let bytes = line.as_bytes().chunks(2).map(|byte| format!("0x{}", String::from_utf8_lossy(byte)));
        format!("[{}]", bytes.collect::<Vec<_>>().join(", "))
    };
    let keys = found_by_cmake(found).lines().map(key).collect::<Vec<_>>().join(", ");
    write(code, &format!("&[{keys}]"));
}

/// Generates Rust code from the names of resources that `zephyr/host/grants.cmake` found: a constant for each group, in the order of
/// the devicetree.
fn write_grants() {
    let constant = |line: &str| {
        let mut words = line.split_whitespace();
        let group = words.next()?.to_uppercase();
        let names = words.map(|name| format!("{name:?}")).collect::<Vec<_>>();
        Some(format!("pub const {group}: &[&str] = &[{}];\n", names.join(", ")))
    };
    let constants: String = found_by_cmake("wamr-zephyr-grants.txt").lines().filter_map(constant).collect();
    write("grants.rs", &constants);
}

/// Reads a file that the module's CMake code wrote for this script. It does not exist if its option is off.
fn found_by_cmake(name: &str) -> String {
    let path = directory("BUILD_DIR").join(name);
    println!("cargo:rerun-if-changed={}", path.display());
    fs::read_to_string(path).unwrap_or_default()
}

fn write(name: &str, code: &str) {
    fs::write(directory("OUT_DIR").join(name), code).expect("OUT_DIR can be written to");
}

fn directory(variable: &str) -> PathBuf {
    PathBuf::from(env::var_os(variable).expect("set by the build"))
}
