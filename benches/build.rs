//! Compiles the kernels to WebAssembly.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=kernels");
    let clang = env::var_os("CLANG").unwrap_or_else(|| "clang".into());
    println!("cargo:rerun-if-env-changed=CLANG");
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("kernels.wasm");
    let done = Command::new(&clang)
        .args(["--target=wasm32", "-std=c11", "-ffreestanding", "-nostdlib", "-O2", "-Wall", "-Wextra", "-Werror"])
        .args(["-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=8192", "-o"])
        .args([&out, Path::new("kernels/kernels.c")])
        .status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "{} could not compile the kernels: install clang and wasm-ld (on Debian and Ubuntu: apt install clang lld)",
        clang.display()
    );
}
