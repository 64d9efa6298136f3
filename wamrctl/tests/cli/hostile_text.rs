//! Whatever a module is called inside and says, a terminal shows it: nothing in it moves the cursor, colors text or begins a line.

use super::{Done, file, wamrctl};
use std::path::{Path, PathBuf};

/// What acts on a terminal, or on the text around it.
const ACTS: &str = "\u{1b}[2J\r\nFits: yes\u{7f}\u{9b}31m\u{202e}";
/// As long, and harmless.
const CALM: &str = "(esc)[2J--.Fits: yes-.31m.";

/// A module with this text in all names that a module has.
fn module(name: &str, text: &str) -> PathBuf {
    use wasm_encoder::*;
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32, ValType::I32], []);
    module.section(&types);
    let mut imports = ImportSection::new();
    imports.import("wamr", "log", EntityType::Function(1));
    if name.contains("foreign") {
        imports.import(text, text, EntityType::Function(0));
    }
    module.section(&imports);
    let first = imports.len();
    let mut functions = FunctionSection::new();
    functions.function(0).function(0);
    module.section(&functions);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    module.section(&memories);
    let mut exports = ExportSection::new();
    exports.export(text, ExportKind::Func, first).export("log", ExportKind::Func, first + 1);
    module.section(&exports);
    let mut codes = CodeSection::new();
    let mut trap = Function::new([]);
    trap.instructions().unreachable().end();
    let mut log = Function::new([]);
    log.instructions().i32_const(0).i32_const(text.len() as i32).call(0).end();
    codes.function(&trap).function(&log);
    module.section(&codes);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), text.bytes());
    module.section(&data);
    let mut names = NameSection::new();
    let mut function_names = NameMap::new();
    function_names.append(first, text);
    names.functions(&function_names);
    module.section(&names);
    module.section(&CustomSection { name: text.into(), data: (&b"x"[..]).into() });
    file(name, &module.finish())
}

/// All that a command prints, which acts in no other way than to end lines.
#[track_caller]
fn printed(words: &str, path: &Path, more: &[&str]) -> String {
    let Done { stdout, stderr, .. } = wamrctl(words, path, more);
    let all = stdout + &stderr;
    // Colors are off, as this is no terminal.
    let acts = |character: &char| character.is_control() && *character != '\n' || *character == '\u{202e}';
    if let Some(character) = all.chars().find(acts) {
        panic!("{words}: {character:?} in {all:?}");
    }
    all
}

#[test]
fn no_output_controls_the_terminal() {
    let tmp = |name: &str| file(name, b"").to_str().unwrap().to_owned();
    // The names of files are shown as well. In one of a name that the test's own reader splits at, there is no end of a line.
    let key = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile\u{1b}[2J.key");
    let key_path = key.to_str().unwrap();
    let public = format!("{key_path}.pub");
    let outputs = |text: &str| {
        let own = module("hostile\u{1b}[31m.wasm", text);
        let foreign = module("hostile-foreign.wasm", text);
        let (manifested, signed) = (tmp("hostile.app.wasm"), tmp("hostile.signed.wasm"));
        let broken = file("hostile\u{1b}[2Jbroken.wasm", &[b"\0asm\x01\0\0\0\x07\x7f", text.as_bytes()].concat());
        let name: String = text.chars().take(8).collect();
        let keygen = printed("keygen --force", &key, &[]);
        let manifest = ["-o", &manifested, "--name", &name, "--entry", text];
        let list = format!("wamr,{}", text.chars().take(9).collect::<String>());
        vec![
            keygen,
            printed("keygen", &key, &[]),
            printed("run", &own, &["--invoke", text]),
            printed("run --json", &own, &["--invoke", text]),
            printed("run", &own, &["--invoke", "log"]),
            printed("run", &own, &["--invoke", "none"]),
            printed("run", &own, &[]),
            printed("run", &foreign, &["--invoke", "log"]),
            printed("run --json", &foreign, &["--invoke", "log"]),
            printed("run", &broken, &[]),
            printed("inspect", &own, &[]),
            printed("inspect --json", &own, &[]),
            printed("inspect --board nrf5340dk", &foreign, &[]),
            printed("inspect --board nrf5340dk --json", &foreign, &[]),
            printed("manifest", &own, &manifest),
            printed("manifest --json", &own, &manifest),
            printed("manifest", &own, &[&manifest[..], &["--capabilities", &list]].concat()),
            printed("manifest", &foreign, &[&manifest[..], &["--capabilities", "wamr"]].concat()),
            printed("inspect", Path::new(&manifested), &[]),
            printed("inspect --json --board nrf5340dk", Path::new(&manifested), &[]),
            printed("run", Path::new(&manifested), &[]),
            printed("verify", &own, &["--key", &public]),
            printed("sign", &own, &["--key", key_path, "-o", &signed]),
            printed("sign --json", &own, &["--key", key_path, "-o", &signed]),
            printed("inspect", Path::new(&signed), &[]),
            printed("verify", Path::new(&signed), &["--key", &public]),
            printed("verify --json", Path::new(&signed), &["--key", &public]),
        ]
    };
    // Text that acts makes no lines that calm text does not make.
    let lines = |outputs: Vec<String>| outputs.iter().map(|output| output.lines().count()).collect::<Vec<_>>();
    assert_eq!(lines(outputs(ACTS)), lines(outputs(CALM)));
    let shown = printed("inspect", &module("hostile.wasm", ACTS), &[]);
    assert!(shown.contains(r"\u{1b}[2J\r\nFits: yes\u{7f}\u{9b}31m\u{202e}"), "{shown}");
}
