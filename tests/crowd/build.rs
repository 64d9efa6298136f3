//! Makes the apps: copies of `guest/sampler.wasm` with names of their own, and one that takes more memory than 20 of them leave.

use std::path::PathBuf;
use std::{env, fs};

use sha2::{Digest as _, Sha256};
use wamr_proto::{AppName, Capabilities, Capability, CapabilityList, Manifest, Name, encode, read};

const APPS: usize = 20;
const SAMPLER: &str = "../../guest/sampler.wasm";

fn main() {
    println!("cargo:rerun-if-changed={SAMPLER}");
    let sampler = fs::read(SAMPLER).expect("part of the repository");
    let list = encode(&CapabilityList::first(Capability::new("timer").into_iter())).unwrap();
    let mut apps = String::new();
    for number in 0..APPS {
        let name = format!("sampler{number}");
        let capabilities = Some(read::<Capabilities<'_>>(&list).unwrap());
        let entry = Name::new("start");
        write(&sampler, &Manifest { name: AppName::new(&name).unwrap(), entry, capabilities, ..Default::default() });
        apps += &format!("app!({name:?}), ");
    }
    let large = wat::parse_str("(module (memory 70000 (pagesize 1)))").expect("valid text");
    write(&large, &Manifest { name: AppName::new("large").unwrap(), ..Default::default() });
    fs::write(out("apps.rs"), format!("[{apps}]")).expect("OUT_DIR is writable");
}

/// Writes a module with its manifest, and its digest.
fn write(module: &[u8], manifest: &Manifest<'_>) {
    let module = [module, &manifest.to_section().unwrap()].concat();
    let name = manifest.name.as_str();
    fs::write(out(&format!("{name}.digest")), Sha256::digest(&module)).expect("OUT_DIR is writable");
    fs::write(out(&format!("{name}.wasm")), module).expect("OUT_DIR is writable");
}

fn out(name: &str) -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join(name)
}
