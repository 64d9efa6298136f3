//! Makes the apps: `probe.wat`, `crypto.wat` and `files.wat`, with two manifests each, and apps of `guest/`.

use std::path::PathBuf;
use std::{env, fs};

use sha2::{Digest as _, Sha256};
use wamr_proto::{AppName, Capabilities, Capability, CapabilityList, Manifest, Name, encode, read};

fn main() {
    zephyr_build::export_kconfig_bool_options();
    let (probe, crypto, files) = (text("src/probe.wat"), text("src/crypto.wat"), text("src/files.wat"));
    write("probe", &probe, &Manifest { name: AppName::new("probe").unwrap(), ..Default::default() });
    // All that the probe imports, but of the resources only some.
    let granted = [
        "adc",
        "clock",
        "gpio:led0",
        "i2c:eeprom",
        "kv:200",
        "log",
        "net:tcp/127.0.0.1:7",
        "pwm:fan",
        "sensor",
        "spi",
        "system",
        "timer",
        "uart:uart0",
    ];
    write_granted("narrow", &probe, &granted, None);
    write("crypto", &crypto, &Manifest { name: AppName::new("crypto").unwrap(), ..Default::default() });
    write_granted("crypto-narrow", &crypto, &["crypto:mac0"], None);
    write("files", &files, &Manifest { name: AppName::new("files").unwrap(), ..Default::default() });
    write_granted("few", &files, &["file:300"], None);
    for (name, granted) in [
        ("blink", &["gpio:led0", "timer"][..]),
        ("button", &["gpio:button0", "message:client", "timer"]),
        ("fan", &["gpio:fan", "i2c:lm75", "timer"]),
        ("hub", &["message:client", "timer", "uart:uart0"]),
        ("thermostat", &["gpio:heater", "kv", "message:client", "sensor:thermometer", "timer"]),
        ("weather", &["clock", "i2c:bme280", "message:client", "timer"]),
    ] {
        write_granted(name, &guest(&format!("apps/{name}")), granted, Name::new("start"));
    }
    for (name, module, entry) in
        [("logger", "apps/logger", Name::new("start")), ("hello", "wasi/hello", None), ("greet", "wasi/greet", None), ("notes", "wasi/notes", None)]
    {
        write(name, &guest(module), &Manifest { name: AppName::new(name).unwrap(), entry, ..Default::default() });
    }
}

fn text(path: &str) -> Vec<u8> {
    println!("cargo:rerun-if-changed={path}");
    wat::parse_file(path).expect("valid text")
}

/// A module of `guest/`, as it is in the repository.
fn guest(name: &str) -> Vec<u8> {
    let path = format!("../../guest/{name}.wasm");
    println!("cargo:rerun-if-changed={path}");
    fs::read(path).expect("part of the repository")
}

/// Writes a module with a manifest that lists capabilities.
fn write_granted(name: &str, module: &[u8], capabilities: &[&str], entry: Option<Name>) {
    let list = encode(&CapabilityList::first(capabilities.iter().filter_map(|name| Capability::new(name)))).unwrap();
    let capabilities = Some(read::<Capabilities<'_>>(&list).unwrap());
    write(name, module, &Manifest { name: AppName::new(name).unwrap(), capabilities, entry, ..Default::default() });
}

/// Writes a module with its manifest, and its digest.
fn write(name: &str, module: &[u8], manifest: &Manifest<'_>) {
    let module = [module, &manifest.to_section().unwrap()].concat();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join(format!("{name}.digest")), Sha256::digest(&module)).expect("OUT_DIR is writable");
    fs::write(out.join(format!("{name}.wasm")), module).expect("OUT_DIR is writable");
}
