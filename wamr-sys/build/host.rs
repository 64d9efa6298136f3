//! Builds WAMR with its own CMake lists, for a program that runs on this or another computer.

use std::env;
use std::path::Path;

/// Builds `libiwasm.a` from the sources under `root` and links it.
pub fn build(root: &Path, classic: bool, native: bool) {
    println!("cargo:rerun-if-changed=CMakeLists.txt");
    println!("cargo:rerun-if-changed=cmake");
    println!("cargo:rerun-if-env-changed=WAMR_SYS_UNMETERED");
    println!("cargo:rerun-if-changed={}", root.join("core").display());

    let mut config = cmake::Config::new(".");
    config
        .define("WAMR_ROOT_DIR", root)
        .define("WAMR_BUILD_FAST_INTERP", if classic { "0" } else { "1" })
        .define("WAMR_SYS_NATIVE", if native { "1" } else { "0" })
        // Always, because CMake remembers it.
        .define("WAMR_SYS_UNMETERED", env::var_os("WAMR_SYS_UNMETERED").unwrap_or_else(|| "0".into()))
        // In a Debug build WAMR's assertions abort the program, and the interpreter needs several times the stack.
        .profile("Release");
    if let Some(target) = wamr_target() {
        config.define("WAMR_BUILD_TARGET", target);
    }
    let out = config.build();

    println!("cargo:rustc-link-search=native={}", out.join("lib").display());
    println!("cargo:rustc-link-lib=static=iwasm");
    println!("cargo:rustc-link-lib=m");
}

/// WAMR's name for the target; `None` lets WAMR guess from the compiler.
fn wamr_target() -> Option<&'static str> {
    match env::var("CARGO_CFG_TARGET_ARCH").ok()?.as_str() {
        "x86_64" => Some("X86_64"),
        "x86" => Some("X86_32"),
        "aarch64" => Some("AARCH64"),
        "riscv64" => Some("RISCV64"),
        _ => None,
    }
}
