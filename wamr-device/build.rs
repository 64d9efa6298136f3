//! Writes for how many apps and host groups a device is built, whether it runs native code, whether it takes deltas and files, and whether
//! it erases flash ahead. Each place costs RAM, and each feature flash, which a microcontroller has little of.

use std::path::PathBuf;
use std::{env, fs};

/// `wamr_proto::APPS_MAX`.
const APPS_MAX: usize = 32;
/// The most host groups, on a computer.
const GROUPS_MAX: usize = 32;
/// The group `wamr`, and `OWN_GROUPS_MAX` of `wamr-zephyr`.
const GROUPS_WITHOUT_OPTION: usize = 11;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo:rustc-check-cfg=cfg(wamr_native, wamr_delta, wamr_files, wamr_erase_ahead)");
    let [native, delta] = ["NATIVE", "DELTA"].map(|name| env::var_os(format!("CARGO_FEATURE_{name}")).is_some());
    let computer = Options { apps: APPS_MAX, groups: GROUPS_MAX, native, delta, files: true, erases_ahead: true };
    let Options { apps, groups, native, delta, files, erases_ahead } = of_zephyr().unwrap_or(computer);
    for (name, is_on) in [("native", native), ("delta", delta), ("files", files), ("erase_ahead", erases_ahead)] {
        if is_on {
            println!("cargo:rustc-cfg=wamr_{name}");
        }
    }
    fs::write(out.join("apps_max.rs"), apps.to_string()).expect("OUT_DIR can be written to");
    fs::write(out.join("groups_max.rs"), groups.to_string()).expect("OUT_DIR can be written to");
}

/// What a device is built for.
struct Options {
    apps: usize,
    groups: usize,
    native: bool,
    delta: bool,
    files: bool,
    erases_ahead: bool,
}

/// The options of a Zephyr build. zephyr-lang-rust names the build's configuration to cargo and builds for another target than the
/// computer's own.
fn of_zephyr() -> Option<Options> {
    println!("cargo:rerun-if-env-changed=DOTCONFIG");
    let path = env::var("DOTCONFIG").ok().filter(|_| env::var("TARGET") != env::var("HOST"))?;
    println!("cargo:rerun-if-changed={path}");
    let config = fs::read_to_string(&path).unwrap_or_else(|error| panic!("DOTCONFIG is {path}: {error}"));
    let slots = config.lines().find_map(|line| line.strip_prefix("CONFIG_WAMR_ZEPHYR_SLOTS=")?.parse().ok());
    // At least one option for each group.
    let is_host = |line: &&str| line.starts_with("CONFIG_WAMR_ZEPHYR_HOST_") && line.ends_with("=y");
    let groups = config.lines().filter(is_host).count() + GROUPS_WITHOUT_OPTION;
    let [native, delta, files, erases_ahead] = ["NATIVE", "DELTA", "SMP_FILES", "ERASE_AHEAD"].map(|name| {
        let option = format!("CONFIG_WAMR_ZEPHYR_{name}=y");
        config.lines().any(|line| line == option)
    });
    Some(Options {
        apps: slots.unwrap_or(APPS_MAX),
        groups: groups.min(GROUPS_MAX),
        native,
        delta,
        files,
        erases_ahead,
    })
}
