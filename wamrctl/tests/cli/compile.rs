//! `compile`: what is passed to WAMR's compiler, and what is said if there is none.

use super::{Done, file, module};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const TEXT: &str = r#"(module (func (export "run") (loop (br 0))))"#;

fn compile(wamrc: &Path, path: &str, more: &[&str]) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wamrctl"));
    command.env("WAMRC", wamrc).env("PATH", path).arg("compile").args(more).output().expect("starts").into()
}

/// A compiler that only looks at what it gets: it writes its arguments and the module to the output.
fn fake() -> PathBuf {
    let script = "#!/bin/sh\necho \"$@\" > \"$0.arguments\"\nfor last; do :; done\ncp \"$last\" \"$0.module\"\n\
        while [ \"$1\" != -o ]; do shift; done\nprintf '\\0aot\\6\\0\\0\\0abc' > \"$2\"\n";
    let path = file("fake-wamrc", script.as_bytes());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn the_compiler_gets_a_module_that_counts_and_the_file_says_what_it_is() {
    let (wamrc, input) = (fake(), module("compile.wasm", TEXT));
    let output = input.with_extension("aot");
    let words = [input.to_str().unwrap(), "--target", "mps2", "--size"];
    compile(&wamrc, "/usr/bin:/bin", &words).succeeds();

    let arguments = fs::read_to_string(wamrc.with_extension("arguments")).unwrap();
    for word in ["--target=thumbv8m.main", "--cpu-features=-dsp,-fpregs", "--xip", "--bounds-checks=1", "--opt-level=2"]
    {
        assert!(arguments.contains(word), "no `{word}` in {arguments}");
    }
    let counting = fs::read(wamrc.with_extension("module")).unwrap();
    assert!(counting.windows(14).any(|bytes| bytes == b"\x09wamr:fuel\x04mor"), "it does not count");

    // Behind what the compiler wrote, at a multiple of 4: type, length, kind, name, rules, hash, processor.
    let file = fs::read(output).unwrap();
    let mut note = b"\0aot\x06\0\0\0abc\0\x64\0\0\0".to_vec();
    note.extend([81, 0, 0, 0, 0, 0, 0, 0, 12, 0]);
    note.extend(b"wamr:native\0\x01\0\0\0");
    assert_eq!(&file[..note.len()], note, "{file:x?}");
    assert_eq!(&file[note.len() + 32..], b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0acortex-m33");
}

#[test]
fn a_computer_without_the_compiler_is_told_how_to_get_it() {
    let input = module("compile-none.wasm", TEXT);
    let words = [input.to_str().unwrap(), "--target", "nrf5340"];
    compile(Path::new(""), "", &words).fails(2, &["`wamrc` was not found", "scripts/wamrc", "WAMRC"]);
    compile(Path::new("/nowhere/wamrc"), "", &words).fails(2, &["cannot run /nowhere/wamrc"]);
}

#[test]
fn a_compiler_that_fails_is_quoted() {
    let path = file("failing-wamrc", b"#!/bin/sh\necho first\necho no such CPU >&2\nexit 1\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let input = module("compile-fails.wasm", TEXT);
    let done = compile(&path, "/usr/bin:/bin", &[input.to_str().unwrap(), "--target", "host"]);
    done.fails(2, &["wamrc failed: ", "no such CPU"]);
}

#[test]
fn a_module_that_devices_do_not_support_is_refused() {
    let input = module("compile-simd.wasm", "(module (func (drop (v128.const i64x2 0 0))))");
    compile(&fake(), "/usr/bin:/bin", &[input.to_str().unwrap(), "--target", "host"]).fails(3, &["SIMD"]);
    let input = module("compile-pages.wasm", "(module (memory 100 (pagesize 1)))");
    compile(&fake(), "/usr/bin:/bin", &[input.to_str().unwrap(), "--target", "host"]).fails(3, &["page size"]);
}
