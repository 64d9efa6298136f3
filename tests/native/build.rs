//! Makes the apps of the test: what `wamrctl compile` made from `guest.wat`, with a manifest and signatures.

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
    app("native", "mps2", Some(&native));
    app("unsigned", "mps2", None);
    app("without-right", "mps2", Some(&other));
    app("dsp", "nrf5340", Some(&native));
    app("computer", "x86_64", Some(&native));
}

fn app(name: &str, target: &str, key: Option<&SecretKey>) {
    let path = format!("{GUEST}.{target}.wasm");
    println!("cargo:rerun-if-changed={path}");
    let manifest = Manifest { name: AppName::new("native").unwrap(), entry: Name::new("run"), ..Default::default() };
    let module = [fs::read(path).expect("part of the repository"), manifest.to_section().unwrap().to_vec()].concat();
    let module = key.map_or(module.clone(), |key| sign(&module, key).expect("there is room for a signature"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join(format!("{name}.digest")), Sha256::digest(&module)).expect("OUT_DIR is writable");
    fs::write(out.join(format!("{name}.wasm")), module).expect("OUT_DIR is writable");
}
