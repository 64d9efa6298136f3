//! Assembles the guest.

use std::path::PathBuf;
use std::{env, fs};

const GUEST: &str = r#"(module
    (import "test" "hang" (func $hang))
    (import "test" "wait" (func $wait))
    (func (export "spin") (loop $again (br $again)))
    (func (export "wait") (call $wait))
    (func (export "hang") (call $hang)))"#;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("guest.wasm"), wat::parse_str(GUEST).expect("valid text")).expect("OUT_DIR is writable");
}
