//! The files of the SDK for C are those that wit-bindgen makes from `wit/`, and an app in C does what its script says.

use components::play;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The bindings for C of the world `app`, by file name.
fn bindings() -> BTreeMap<String, Vec<u8>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit")).expect("the package is valid");
    let world = resolve.select_world(&[package], Some("app")).expect("there is such a world");
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files).expect("is generated");
    files.iter().map(|(name, content)| (name.to_owned(), content.to_owned())).collect()
}

/// A function that the header declares: its name and its parameters.
fn declared(line: &str) -> Option<(&str, &str)> {
    let (head, parameters) = line.strip_prefix("extern ")?.strip_suffix(");")?.split_once('(')?;
    Some((head.rsplit(' ').next()?, parameters))
}

/// The resource that a parameter of a type such as `wamr_device_gpio_own_output_pin_t` is a handle of: the prefix and the name.
fn resource<'a>(parameters: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    parameters.split(' ').next()?.strip_suffix("_t")?.split_once(kind)
}

/// Without the package: `gpio` of `wamr_device_gpio`, `spi` of `wasi_spi_spi`.
fn short(name: &str) -> &str {
    name.strip_prefix("wamr_device_").or_else(|| Some(name.strip_prefix("wasi_")?.split_once('_')?.1)).unwrap_or(name)
}

/// `gpio_output_pin`, but `i2c` for the resource `i2c` of the interface `i2c`, and `spi_device` for `spi-device` of `spi`.
fn named(prefix: &str, resource: &str) -> String {
    let interface = short(prefix);
    match resource.strip_prefix(interface) {
        Some(rest) if rest.is_empty() || rest.starts_with('_') => resource.into(),
        _ => format!("{interface}_{resource}"),
    }
}

/// Short names for the declarations of a header.
fn names(header: &str) -> String {
    let mut names = String::from(
        "// Short names for the types and functions of app.h. Functions that return bool return whether they succeeded.\n\
         // Generated from app.h. DO NOT EDIT!\n#pragma once\n\n",
    );
    for (name, parameters) in header.lines().filter_map(declared) {
        let line =
            if let Some((prefix, resource)) = resource(parameters, "_own_").filter(|_| name.ends_with("_drop_own")) {
                let short = named(prefix, resource);
                format!("typedef {prefix}_own_{resource}_t {short}_t;\n#define {short}_close {name}")
            } else if let Some((prefix, method)) = name.split_once("_method_") {
                let (_, resource) = resource(parameters, "_borrow_").expect("a method has a handle");
                let short = named(prefix, resource);
                let method = method.strip_prefix(resource).expect("a method starts with its resource");
                let (more, rest) = if parameters.contains(',') { (", ...", ", __VA_ARGS__") } else { ("", "") };
                format!("#define {short}{method}(self{more}) {name}({prefix}_borrow_{resource}(self){rest})")
            } else if name.ends_with("_drop_borrow") || short(name) == name {
                continue;
            } else if let Some((prefix, resource)) = name.split_once("_borrow_") {
                // To pass a handle to a function of another resource.
                format!("#define {}_borrow {name}", named(prefix, resource))
            } else {
                format!("#define {} {name}", short(name))
            };
        writeln!(names, "{line}").expect("writes to a string");
    }
    names
}

#[test]
fn the_files_are_those_that_wit_bindgen_makes() {
    let mut files = bindings();
    let header = String::from_utf8(files["app.h"].clone()).expect("is text");
    files.insert("names.h".into(), names(&header).into());
    for (name, content) in files {
        let file = root().join("guest/sdk/c").join(&name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, &content).expect("is writable");
        }
        assert!(
            fs::read(&file).is_ok_and(|found| found == content),
            "{name} is stale: UPDATE_EXPECT=1 scripts/test components"
        );
    }
}

#[test]
fn the_app_in_c_does_what_the_one_in_rust_does() {
    let sdk = root().join("guest/sdk/c");
    let module = Path::new(env!("CARGO_TARGET_TMPDIR")).join("blink.wasm");
    let built = Command::new("clang")
        .args(["--target=wasm32", "-std=c11", "-ffreestanding", "-nostdlib", "-Os", "-Wall", "-Wextra", "-Werror"])
        .arg("-Wl,--no-entry,--stack-first,-z,stack-size=4096,--initial-memory=65536,--max-memory=65536,--strip-all")
        .arg("-I")
        .arg(&sdk)
        .arg("-o")
        .arg(&module)
        .arg(root().join("wamrctl/templates/c/app.c"))
        .args(["app.c", "runtime.c", "app_component_type.o"].map(|file| sdk.join(file)))
        .output();
    let Ok(built) = built else {
        println!("components: left out the app in C: clang is missing: install the packages clang and lld");
        return;
    };
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let script = fs::read_to_string(root().join("guest/apps/blink/script.txt")).expect("is readable");
    assert_eq!(play(&fs::read(module).expect("was built"), &script), script);
}
