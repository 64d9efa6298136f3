//! Assembles the kernels.

use std::path::PathBuf;
use std::{env, fs};

const KERNELS: &str = "../../wamr/benches/kernels/kernels.wat";

fn main() {
    println!("cargo:rerun-if-changed={KERNELS}");
    let module = wat::parse_file(KERNELS).expect("valid text");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("kernels.wasm"), module).expect("OUT_DIR is writable");
}
