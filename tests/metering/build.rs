//! Assembles the kernels, and compiles and signs the module whose start is measured.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wamr_signature::{SecretKey, sign};

const KERNELS: &str = "../../wamr/benches/kernels/kernels.wat";
const MODULE: &str = "../../benches/kernels/kernels.c";

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo:rerun-if-changed={KERNELS}");
    let kernels = wat::parse_file(KERNELS).expect("valid text");
    fs::write(out.join("kernels.wasm"), kernels).expect("OUT_DIR is writable");

    let key = SecretKey::from_seed([1; 32]);
    let module = sign(&compile(&out.join("module.wasm")), &key).expect("clang has written a module");
    fs::write(out.join("module.wasm"), module).expect("OUT_DIR is writable");
    fs::write(out.join("key"), key.public_key().as_bytes()).expect("OUT_DIR is writable");
}

/// Compiles the kernels that `benches` compares engines with.
fn compile(to: &Path) -> Vec<u8> {
    println!("cargo:rerun-if-changed={MODULE}");
    println!("cargo:rerun-if-env-changed=CLANG");
    let clang = env::var_os("CLANG").unwrap_or_else(|| "clang".into());
    let done = Command::new(&clang)
        .args(["--target=wasm32", "-std=c11", "-ffreestanding", "-nostdlib", "-O2", "-Wall", "-Wextra", "-Werror"])
        .args(["-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=8192", "-o"])
        .args([to, Path::new(MODULE)])
        .status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "{} could not compile the kernels: install clang and wasm-ld (on Debian and Ubuntu: apt install clang lld)",
        clang.display()
    );
    fs::read(to).expect("clang has written it")
}
