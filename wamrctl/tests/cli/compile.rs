//! `compile`: what is passed to WAMR's compiler, and what is said if there is none.

use super::signatures::{foreign_verify, keygen, sign, vacant, verify, words};
use super::{Done, module, wamrctl};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmsign2::{Module, SecretKey};

const TEXT: &str = r#"(module (func (export "run") (loop (br 0))))"#;

fn command(wamrc: &Path, path: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wamrctl"));
    command.env("WAMRC", wamrc).env("PATH", path).env("RECORD", more[0]).arg("compile").args(more);
    command
}

fn compile(wamrc: &Path, path: &str, more: &[&str]) -> Done {
    command(wamrc, path, more).output().expect("starts").into()
}

/// A compiler that only looks at what it gets.
fn fake() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/fake-wamrc")
}

#[test]
fn the_compiler_gets_a_module_that_counts_and_the_file_says_what_it_is() {
    let (wamrc, input) = (fake(), module("compile.wasm", TEXT));
    let output = input.with_extension("mps2.aot");
    let words = [input.to_str().unwrap(), "--target", "mps2", "--size", "--aot"];
    compile(&wamrc, "/usr/bin:/bin", &words).succeeds();

    let arguments = fs::read_to_string(input.with_extension("wasm.arguments")).unwrap();
    for word in ["--target=thumbv8m.main", "--cpu-features=-dsp,-fpregs", "--xip", "--bounds-checks=1", "--opt-level=2"]
    {
        assert!(arguments.contains(word), "no `{word}` in {arguments}");
    }
    let counting = fs::read(input.with_extension("wasm.module")).unwrap();
    assert!(counting.windows(14).any(|bytes| bytes == b"\x09wamr:fuel\x04mor"), "it does not count");

    // Behind what the compiler wrote, at a multiple of 4: type, length, kind, name, rules, hash, processor.
    let file = fs::read(output).unwrap();
    let mut note = b"\0aot\x06\0\0\0\x01\0\0\0\x03\0\0\0abc\0\x64\0\0\0".to_vec();
    note.extend([81, 0, 0, 0, 0, 0, 0, 0, 12, 0]);
    note.extend(b"wamr:native\0\x01\0\0\0");
    assert_eq!(&file[..note.len()], note, "{file:x?}");
    assert_eq!(&file[note.len() + 32..], b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0acortex-m33");
}

#[test]
fn a_module_carries_the_code_and_shows_what_the_original_shows() {
    let wamrc = fake();
    let original = module(
        "carried.wasm",
        r#"(module (import "wamr" "log" (func $log (param i32 i32))) (memory (export "memory") 1 2)
            (func (export "run") (result i64) (i64.const 7)) (func $hidden) (global (export "g") i32 (i32.const 1))
            (export "log" (func $log)) (@custom "note" "kept") (@custom ".debug_info" "left out"))"#,
    );
    let [input] = words([&original]);
    wamrctl("manifest", &original, &["-o", input, "--name", "carried", "--version", "3"]).succeeds();
    compile(&wamrc, "/usr/bin:/bin", &[input, "--target", "nrf5340"]).succeeds();
    let carrier = original.with_extension("nrf5340.wasm");

    let (key, signed, foreign) = (keygen("native"), vacant("carried-signed.wasm"), vacant("carried-foreign.wasm"));
    sign(&carrier, &key, &signed).succeeds();
    verify(&signed, &key).succeeds();
    foreign_verify(&signed, &key).unwrap();
    for file in [&carrier, &signed] {
        let bytes = fs::read(file).unwrap();
        let code = bytes.windows(7).position(|window| window == b"\0aot\x06\0\0").unwrap();
        assert_eq!(code % 4, 0, "{code}");
        let shown = wamrctl("inspect --json", file, &[]).json();
        assert_eq!(shown["unsupported"], json!(null));
        assert_eq!((&shown["app"]["name"], &shown["app"]["version"]), (&json!("carried"), &json!(3)));
        let names = |list: &str| -> Vec<_> {
            shown[list].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(
            (names("imports"), names("exports")),
            (vec!["log".into()], ["memory", "run", "log"].map(String::from).to_vec())
        );
        assert!(
            names("custom_sections").contains(&"note".into())
                && !names("custom_sections").contains(&".debug_info".into())
        );
        assert_eq!(shown["exports"][1]["results"], json!(["i64"]));
        assert_eq!(shown["memories"][0]["maximum_pages"], json!(2));
        let hash: String =
            Sha256::digest(fs::read(&original).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
        let native = &shown["native"];
        assert_eq!((&native["processor"], &native["dsp"]), (&json!("cortex-m33"), &json!(true)));
        assert_eq!((&native["compiled_from"], &native["counts"]), (&json!(hash), &json!(true)));
    }
    let text = wamrctl("inspect", &signed, &[]).stdout;
    assert!(text.contains("cortex-m33 with DSP instructions") && text.contains("counted by rules 1"), "{text}");

    // Other tools do not keep the code where it can be executed.
    let mut moved = false;
    for name in ["", "a", "ab", "abc"] {
        let id = (!name.is_empty()).then(|| name.as_bytes().to_vec());
        let secret = SecretKey::from_any_file(&key).unwrap();
        let module = Module::deserialize_from_file(&carrier).unwrap();
        secret.sign_multi(module, id.as_ref(), false, false).unwrap().0.serialize_to_file(&foreign).unwrap();
        let shown = wamrctl("inspect --json", &foreign, &[]).json();
        moved |=
            shown["unsupported"].as_str().is_some_and(|why| why.contains("sign or compile it again with `wamrctl`"));
    }
    assert!(moved, "one of four sizes is a multiple of 4");

    // Nobody takes it for WebAssembly.
    compile(&wamrc, "/usr/bin:/bin", &[signed.to_str().unwrap(), "--target", "mps2"])
        .fails(3, &["native code already"]);
    wamrctl("run", &signed, &["--invoke", "run"]).fails(3, &["native code"]);
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
    let input = module("compile-fails.wasm", TEXT);
    let words = [input.to_str().unwrap(), "--target", "host"];
    let done: Done =
        command(&fake(), "/usr/bin:/bin", &words).env("FAILS", "no such CPU").output().expect("starts").into();
    done.fails(2, &["wamrc failed: ", "no such CPU"]);
}

#[test]
fn a_module_that_devices_do_not_support_is_refused() {
    let input = module("compile-simd.wasm", "(module (func (drop (v128.const i64x2 0 0))))");
    compile(&fake(), "/usr/bin:/bin", &[input.to_str().unwrap(), "--target", "host"]).fails(3, &["SIMD"]);
    let input = module("compile-pages.wasm", "(module (memory 100 (pagesize 1)))");
    compile(&fake(), "/usr/bin:/bin", &[input.to_str().unwrap(), "--target", "host"]).fails(3, &["page size"]);
}
