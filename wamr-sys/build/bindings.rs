//! Turns `wasm_export.h` into Rust.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes `bindings.rs` for the target from `wasm_export.h` in `include`.
pub fn generate(include: &Path) {
    let header = include.join("wasm_export.h");
    println!("cargo:rerun-if-changed={}", header.display());

    let mut builder = bindgen::builder()
        .header(header.to_str().expect("the path to WAMR is UTF-8"))
        // The header needs only what every compiler brings itself, so no C library has to be found for the target.
        .clang_arg("-ffreestanding")
        .clang_arg(format!("-I{}", include.display()))
        .allowlist_function("wasm_.*")
        .allowlist_type("NativeSymbol|wasm_.*")
        // An enum from C may hold any number.
        .default_enum_style(bindgen::EnumVariation::ModuleConsts)
        .prepend_enum_name(false)
        .use_core()
        .generate_comments(false)
        .layout_tests(true)
        .formatter(bindgen::Formatter::None);
    for arg in target_args() {
        builder = builder.clang_arg(arg);
    }

    let bindings = builder.generate().unwrap_or_else(|error| {
        panic!(
            "bindgen could not read {}: {error}\nA libclang without its headers needs a C compiler named by CC",
            header.display()
        )
    });
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    bindings.write_to_file(out.join("bindings.rs")).expect("OUT_DIR is writable");
}

fn target_args() -> Vec<String> {
    let mut args = Vec::new();
    // GCC gives enums their smallest type on bare-metal Arm (as the Arm ABI says), clang does not.
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("arm")
        && env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none")
    {
        args.push("-fshort-enums".to_owned());
    }
    if let Some(dir) = compiler_headers() {
        args.push(format!("-idirafter{}", dir.display()));
    }
    args
}

/// The C compiler's own `stddef.h` and `stdint.h`, for a libclang that comes without any, such as the Python wheel's. They
/// take all sizes from the macros that clang predefines for the target, so the host's serve every target.
fn compiler_headers() -> Option<PathBuf> {
    println!("cargo:rerun-if-env-changed=CC");
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let output = Command::new(compiler).arg("-print-file-name=include").output().ok()?;
    let dir = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    dir.join("stddef.h").is_file().then_some(dir)
}
