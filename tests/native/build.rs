//! Makes the apps of the test: what `wamrctl compile` made from `guest.wat`, and `blocks.wat`, with a manifest and signatures.

use std::path::PathBuf;
use std::{env, fs};

use sha2::{Digest as _, Sha256};
use wamr_proto::{AppName, Manifest, Name};
use wamr_signature::{SecretKey, sign};

const GUEST: &str = "../../wamr-device/tests/native/guest";

fn main() {
    zephyr_build::export_kconfig_bool_options();
    // The keys of prj.conf: the first may sign native code, the second may not.
    let [native, other] = [1, 2].map(|number| SecretKey::from_seed([number; 32]));
    let guest = |target: &str| {
        let path = format!("{GUEST}.{target}.wasm");
        println!("cargo:rerun-if-changed={path}");
        fs::read(path).expect("part of the repository")
    };
    app("native", guest("mps2"), Some(&native));
    app("unsigned", guest("mps2"), None);
    app("without-right", guest("mps2"), Some(&other));
    app("dsp", guest("nrf5340"), Some(&native));
    app("computer", guest("x86_64"), Some(&native));
    app("webassembly", b"\0asm\x01\0\0\0".to_vec(), Some(&native));

    let blocks = "src/blocks.wat";
    println!("cargo:rerun-if-changed={blocks}");
    write("blocks", "blocks", None, wat::parse_file(blocks).expect("valid text"), Some(&other));
}

fn app(file: &str, module: Vec<u8>, key: Option<&SecretKey>) {
    write(file, "native", Name::new("run"), module, key);
}

/// Writes an app and its digest to files called `file`.
fn write(file: &str, name: &str, entry: Option<Name>, module: Vec<u8>, key: Option<&SecretKey>) {
    let manifest = Manifest { name: AppName::new(name).unwrap(), entry, ..Default::default() };
    let module = [module, manifest.to_section().unwrap().to_vec()].concat();
    let module = key.map_or(module.clone(), |key| sign(&module, key).expect("there is room for a signature"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join(format!("{file}.digest")), Sha256::digest(&module)).expect("OUT_DIR is writable");
    fs::write(out.join(format!("{file}.wasm")), module).expect("OUT_DIR is writable");
}
