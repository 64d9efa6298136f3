//! Assembles and signs the app.

use std::path::PathBuf;
use std::{env, fs};

use sha2::{Digest, Sha256};
use wamr_signature::{SecretKey, sign};

/// The manifest gives its name, `deep`, and its entry point, `run`. Its start function and its entry point use a host function that
/// prints.
const APP: &str = r#"(module
    (@custom "wamr-app" "\a2\00\64deep\03\63run")
    (import "wamr" "log" (func $log (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "at the end of 100 calls")
    (func $deep (param $calls i32)
        (if (local.get $calls)
            (then (call $deep (i32.sub (local.get $calls) (i32.const 1))))
            (else (call $log (i32.const 0) (i32.const 23)))))
    (func $start (call $deep (i32.const 5)))
    (func (export "run") (call $deep (i32.const 100)))
    (start $start))"#;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let key = SecretKey::from_seed([7; 32]);
    let app = sign(&wat::parse_str(APP).expect("valid text"), &key).expect("a module");
    fs::write(out.join("key"), key.public_key().as_bytes()).expect("OUT_DIR is writable");
    fs::write(out.join("digest"), Sha256::digest(&app)).expect("OUT_DIR is writable");
    fs::write(out.join("app.wasm"), app).expect("OUT_DIR is writable");
}
