//! Makes the bindings and, on a host, builds WAMR. In a Zephyr build the Zephyr module builds it.

mod bindings;
mod host;
mod sources;

use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build");
    export_revision();

    let (include, classic, native) = if is_zephyr_build() {
        (sources::include_dir_of_zephyr(), zephyr_chooses("CLASSIC_INTERP"), zephyr_chooses("NATIVE"))
    } else {
        let classic = env::var_os("CARGO_FEATURE_CLASSIC_INTERP").is_some();
        let native = env::var_os("CARGO_FEATURE_NATIVE").is_some();
        let root = sources::root();
        host::build(&root, classic, native);
        (root.join("core/iwasm/include"), classic, native)
    };
    if env::var_os("CARGO_FEATURE_NATIVE").is_some() && !native {
        panic!("the feature native needs CONFIG_WAMR_ZEPHYR_NATIVE=y: add it to prj.conf");
    }
    println!("cargo:rustc-check-cfg=cfg(wamr_native)");
    // For the build script of `wamr`.
    println!("cargo:native={native}");
    if native {
        println!("cargo:rustc-cfg=wamr_native");
    }
    println!("cargo:rustc-check-cfg=cfg(wamr_interpreter)");
    if !is_zephyr_build() || zephyr_chooses("INTERPRETER") {
        println!("cargo:rustc-cfg=wamr_interpreter");
    }
    println!("cargo:rustc-check-cfg=cfg(wamr_classic_interp)");
    if classic {
        println!("cargo:rustc-cfg=wamr_classic_interp");
    }
    bindings::generate(&include);
}

/// zephyr-lang-rust names the build's configuration to cargo and builds for another target than the computer's own.
fn is_zephyr_build() -> bool {
    println!("cargo:rerun-if-env-changed=DOTCONFIG");
    env::var_os("DOTCONFIG").is_some() && env::var("TARGET") != env::var("HOST")
}

/// Whether Kconfig sets this option of the Zephyr module.
fn zephyr_chooses(option: &str) -> bool {
    let path = env::var("DOTCONFIG").expect("set in a Zephyr build");
    println!("cargo:rerun-if-changed={path}");
    let config = fs::read_to_string(&path).unwrap_or_else(|error| panic!("DOTCONFIG is {path}: {error}"));
    config.lines().any(|line| line == format!("CONFIG_WAMR_ZEPHYR_{option}=y"))
}

/// Splits what the package's version says about WAMR: `<ours>+<WAMR's version>-<WAMR's revision>`.
fn export_revision() {
    let version = env::var("CARGO_PKG_VERSION").expect("cargo sets CARGO_PKG_VERSION");
    let (version, revision) = version
        .split_once('+')
        .and_then(|(_, wamr)| wamr.split_once('-'))
        .expect("the package version ends in +<WAMR version>-<revision>");
    println!("cargo:rustc-env=WAMR_VERSION={version}");
    println!("cargo:rustc-env=WAMR_REVISION={revision}");
}
