//! Lets a Zephyr build compute with the PSA Crypto API.

use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=DOTCONFIG");
    println!("cargo:rustc-check-cfg=cfg(wamr_psa, wamr_psa_ed25519)");
    // zephyr-lang-rust names the build's configuration to cargo and builds for another target than the computer's own.
    let is_zephyr = env::var("TARGET") != env::var("HOST");
    let Some(path) = env::var("DOTCONFIG").ok().filter(|_| is_zephyr) else { return };
    println!("cargo:rerun-if-changed={path}");
    let config = fs::read_to_string(&path).unwrap_or_else(|error| panic!("DOTCONFIG is {path}: {error}"));
    let is_set = |option| config.lines().any(|line| line.strip_suffix("=y") == Some(option));
    if is_set("CONFIG_WAMR_ZEPHYR_PSA") {
        println!("cargo:rustc-cfg=wamr_psa");
        if is_set("CONFIG_WAMR_ZEPHYR_PSA_ED25519") {
            println!("cargo:rustc-cfg=wamr_psa_ed25519");
        }
    }
}
