//! The command line as scripts and people meet it: exit statuses, one clear line for what is wrong, JSON.

mod board;
mod calls;
mod capabilities;
mod compile;
mod configuration;
mod documentation;
mod fit;
mod hostile_text;
mod signatures;

use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a command did.
struct Done {
    status: i32,
    stdout: String,
    stderr: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let status = output.status.code().expect("not killed");
        Self { status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Done {
    /// The JSON on stdout, with which nothing else may be mixed.
    fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    #[track_caller]
    fn succeeds(&self) {
        assert_eq!(self.status, 0, "{}", self.stderr);
    }

    /// Checks the status and that the failure's text holds all of `words`: what stderr has, or where stdout has JSON, that.
    #[track_caller]
    fn fails(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, status, "{}{}", self.stdout, self.stderr);
        let text = if self.stdout.is_empty() {
            self.stderr.clone()
        } else {
            let report = self.json();
            assert_eq!((&report["outcome"], &report["status"]), (&json!("failed"), &json!(status)), "{report}");
            assert_eq!(self.stderr, "");
            format!("{} {}", report["error"].as_str().unwrap(), report["help"].as_str().unwrap_or_default())
        };
        for word in words {
            assert!(text.contains(word), "no `{word}` in: {text}");
        }
    }
}

/// Runs `wamrctl` with these words, in the directory of the example apps.
fn wamrctl(words: &str, file: &Path, more: &[&str]) -> Done {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wamrctl"));
    command.current_dir(guest).args(words.split_whitespace()).arg(file).args(more).output().expect("starts").into()
}

/// Runs an example app.
fn run(app: &str, more: &[&str]) -> Done {
    wamrctl("run", Path::new(app), more)
}

/// Writes a file that only the test of this name uses.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).expect("the target directory can be written");
    path
}

/// Assembles a module.
fn module(name: &str, text: &str) -> PathBuf {
    file(name, &wat::parse_str(text).expect("valid text"))
}

/// What a command's `--help` lists under a heading, by first words.
fn listed(words: &[&str], heading: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_wamrctl")).args(words).arg("--help").output().expect("starts");
    let help = Done::from(output).stdout;
    let (_, list) = help.split_once(&format!("{heading}:\n")).unwrap_or_default();
    let lines = list.lines().take_while(|line| heading != "Commands" || !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_can_print_json() {
    let mut commands: Vec<_> = listed(&[], "Commands").into_iter().map(|name| vec![name]).collect();
    let mut count = 0;
    while let Some(command) = commands.pop() {
        let words: Vec<_> = command.iter().map(String::as_str).collect();
        // These print text in formats of their own, or are for people only.
        if matches!(words.last(), Some(&("help" | "completions" | "man" | "board" | "dev"))) {
            continue;
        }
        let below = listed(&words, "Commands");
        if below.is_empty() {
            count += 1;
            assert!(listed(&words, "Options").iter().any(|option| option == "--json"), "{words:?} has no --json");
        }
        commands.extend(below.into_iter().map(|name| [&command[..], &[name]].concat()));
    }
    assert!(count >= 17, "{count} commands");
}

#[test]
fn what_is_no_module_ends_with_3_and_one_line() {
    let fir = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest/fir.wasm")).unwrap();
    // No file of chance: the same bytes in each run, from a multiplicative generator.
    let noise: Vec<u8> = (1..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let cases: [(&str, &[u8], &str); 9] = [
        ("empty", b"", "is empty"),
        ("noise", &noise, "is not a WebAssembly module"),
        ("noise.wasm", &[b"\0asm\x01\0\0\0", &noise[..]].concat(), "is not a valid WebAssembly module"),
        ("text", b"Dear reader,\n", "is not a WebAssembly module"),
        ("text.wat", b";; a comment\n(module)", "text form"),
        ("cut.wasm", &fir[..200], "is not a valid WebAssembly module"),
        ("header.wasm", &fir[..6], "cut off"),
        ("version.wasm", b"\0asm\x02\0\0\0", "version"),
        ("component.wasm", b"\0asm\x0d\0\x01\0", "component"),
    ];
    for (name, bytes, why) in cases {
        let path = file(name, bytes);
        for command in ["run", "run --json", "inspect", "inspect --json"] {
            let done = wamrctl(command, &path, &[]);
            done.fails(3, &[name, why]);
            assert_eq!((done.stdout + &done.stderr).lines().count(), 1, "{}", done.stderr);
        }
    }
}

#[test]
fn a_module_cut_off_anywhere_ends_with_3() {
    let fir = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest/fir.wasm")).unwrap();
    // Where a section ends, the rest makes a module that is valid but offers less.
    let sections: Vec<_> = wasmparser::Parser::new(0)
        .parse_all(&fir)
        .filter_map(|payload| payload.unwrap().as_section().map(|(_, range)| range.end as usize))
        .collect();
    for length in (0..fir.len()).filter(|length| *length != 8 && !sections.contains(length)) {
        let done = wamrctl("run", &file("cut-anywhere.wasm", &fir[..length]), &["--invoke", "capacity"]);
        done.fails(3, &["cut-anywhere.wasm"]);
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_would_be_right() {
    run("missing.wasm", &[]).fails(2, &["missing.wasm", "check the path"]);
    run("add.wasm", &["--invoke", "sub", "1", "2"]).fails(2, &["`sub`", "add(i32, i32) -> i32"]);
    run("add.wasm", &["--invoke", "add", "1"]).fails(2, &["takes 2 arguments, not 1", "add(i32, i32) -> i32"]);
    run("add.wasm", &["--invoke", "add", "1", "two"]).fails(2, &["`two` is not an integer of 32 bits"]);
    run("add.wasm", &["--invoke", "add", "1", "4294967296"]).fails(2, &["4294967296"]);
    run("add.wasm", &[]).fails(2, &["--invoke", "add(i32, i32) -> i32"]);
    run("add.wasm", &["--pool", "16", "--invoke", "add", "1", "2"]).fails(2, &["--pool"]);
    run("add.wasm", &["--unknown"]).fails(2, &["--unknown"]);
    let long = "n".repeat(49);
    let path = module("long-name.wasm", &format!(r#"(module (func (export "{long}")))"#));
    wamrctl("run", &path, &["--invoke", &long]).fails(2, &["49 bytes", "48"]);
}

#[test]
fn the_environment_names_the_controller_unless_an_option_does() {
    // Nobody listens on these ports, which are reserved.
    let apps = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wamrctl"));
        let bonds = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-bonds.json");
        command.env("WAMRCTL_HCI", "tcp:127.0.0.1:1").args(["apps", "--bonds"]).arg(bonds).args(words);
        Done::from(command.output().expect("starts"))
    };
    apps(&[]).fails(4, &["cannot open tcp:127.0.0.1:1:"]);
    apps(&["--hci", "tcp:127.0.0.1:2"]).fails(4, &["cannot open tcp:127.0.0.1:2:"]);
    assert_eq!(apps(&["--json"]).json()["kind"], "no-controller");
}

#[test]
fn failures_are_json_with_the_option_json() {
    for (words, status, error) in [
        (&["--json", "--invoke", "sub"][..], 2, "the module exports no function `sub`"),
        (&["--json", "--unknown"], 2, "unexpected argument '--unknown' found"),
        (&["--json", "--pool", "many"], 2, "invalid value 'many' for '--pool <BYTES>'"),
    ] {
        let done = run("add.wasm", words);
        let report = done.json();
        assert_eq!((&report["outcome"], &report["status"], done.status), (&json!("failed"), &json!(status), status));
        assert!(report["error"].as_str().unwrap().starts_with(error), "{report}");
        assert_eq!((&report["kind"], &*done.stderr), (&json!("usage"), ""));
    }
    let help = run("add.wasm", &["--json", "--invoke", "sub"]).json()["help"].clone();
    assert!(help.as_str().unwrap().contains("add(i32, i32) -> i32"), "{help}");
}

#[test]
fn receipts_are_for_people_or_for_programs() {
    let done = run("add.wasm", &["--invoke", "add", "-1", "-2"]);
    assert_eq!((done.status, &*done.stderr), (0, ""));
    assert!(done.stdout.starts_with("Result   -3 (i32)\n"), "{}", done.stdout);

    let done = run("add.wasm", &["--json", "--invoke", "add", "2", "40"]);
    let receipt = done.json();
    assert_eq!(done.status, 0);
    assert_eq!(receipt["outcome"], "returned");
    assert_eq!(receipt["values"], json!([{ "type": "i32", "value": 42 }]));
    assert!((1..100).contains(&receipt["fuel"].as_u64().unwrap()), "{receipt}");
    assert!(receipt["micros"].is_u64() && receipt["pool"].as_u64() > Some(0), "{receipt}");
    assert_eq!(run("fir.wasm", &["--json", "--invoke", "capacity"]).json()["memory"], 2112);
}

#[test]
fn all_types_of_values_are_passed_and_returned() {
    let path = module(
        "values.wasm",
        r#"(module
            (func (export "i64") (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
            (func (export "f32") (param f32) (result f32) (f32.div (local.get 0) (f32.const 4)))
            (func (export "f64") (param f64) (result f64) (f64.sqrt (local.get 0)))
            (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
            (func (export "external") (param externref)))"#,
    );
    let call = |words: &[&str]| wamrctl("run --json", &path, &[&["--invoke"], words].concat());
    let values = |words| call(words).json()["values"].clone();
    assert_eq!(values(&["i64", "-9223372036854775808"]), json!([{ "type": "i64", "value": "-9223372036854775807" }]));
    assert_eq!(values(&["i64", "9007199254740990"]), json!([{ "type": "i64", "value": 9_007_199_254_740_991_i64 }]));
    assert_eq!(values(&["i64", "9007199254740991"]), json!([{ "type": "i64", "value": "9007199254740992" }]));
    assert_eq!(values(&["i64", "0xff"]), json!([{ "type": "i64", "value": 256 }]));
    assert_eq!(values(&["f32", "-1.5"]), json!([{ "type": "f32", "value": -0.375 }]));
    assert_eq!(values(&["f32", "inf"]), json!([{ "type": "f32", "value": "inf" }]));
    assert_eq!(values(&["f32", "-inf"]), json!([{ "type": "f32", "value": "-inf" }]));
    assert_eq!(values(&["f32", "0.4"]), json!([{ "type": "f32", "value": 0.1 }]));
    assert_eq!(values(&["i64", "-0x10"]), json!([{ "type": "i64", "value": -15 }]));
    assert_eq!(values(&["f64", "nan:0x8000000000001"]), json!([{ "type": "f64", "value": "nan:0x8000000000001" }]));
    assert_eq!(values(&["swap", "7", "0.5"]), json!([{ "type": "f64", "value": 0.5 }, { "type": "i32", "value": 7 }]));
    call(&["external", "0"]).fails(2, &["externref"]);
}

#[test]
fn traps_and_limits_end_with_1() {
    let done = run("trap.wasm", &["--invoke", "divide", "1", "0"]);
    assert_eq!(done.status, 1);
    assert!(done.stdout.starts_with("Trapped  integer division by zero\n"), "{}", done.stdout);

    let done = run("spin.wasm", &["--json", "--fuel", "5000", "--invoke", "spin"]);
    assert_eq!(done.status, 1);
    let receipt = done.json();
    assert_eq!(
        (&receipt["outcome"], &receipt["limit"], &receipt["allowed"]),
        (&json!("stopped"), &json!("fuel"), &json!(5000))
    );
}

#[test]
fn start_functions_have_the_same_limits() {
    let path = module("start-trap.wasm", r#"(module (func unreachable) (func (export "main")) (start 0))"#);
    wamrctl("run", &path, &[]).fails(1, &["start"]);
    let path = module("start-spin.wasm", r#"(module (func (loop (br 0))) (func (export "main")) (start 0))"#);
    wamrctl("run --fuel 10000", &path, &[]).fails(1, &["start"]);
}

#[test]
fn an_entry_point_runs_without_being_named() {
    let path = module("main.wasm", r#"(module (func (export "main") (result i32) (i32.const 7)))"#);
    assert_eq!(wamrctl("run --json --fuel 100", &path, &[]).json()["values"], json!([{ "type": "i32", "value": 7 }]));
    let path = module("start.wasm", r#"(module (func (export "_start")) (func (export "main") unreachable))"#);
    assert_eq!(wamrctl("run --json", &path, &[]).json()["values"], json!([]));
}

#[test]
fn imports_that_devices_do_not_offer_are_named() {
    let path = module(
        "wasi.wasm",
        r#"(module
            (import "wasi_snapshot_preview1" "path_symlink" (func (param i32 i32 i32 i32 i32) (result i32)))
            (import "env" "sensor" (func (result i32)))
            (import "wamr" "uptime_ms" (func (result i64)))
            (func (export "_start")))"#,
    );
    let done = wamrctl("run", &path, &[]);
    done.fails(3, &["wasi_snapshot_preview1.path_symlink", "env.sensor", "WASI"]);
    assert!(!done.stderr.contains("uptime_ms"), "{}", done.stderr);
    let path = module("simd.wasm", r#"(module (func (export "main") (drop (v128.const i64x2 0 0))))"#);
    wamrctl("run", &path, &[]).fails(3, &["simd.wasm", "SIMD"]);
    assert_eq!(wamrctl("inspect", &path, &[]).status, 0);
}

#[test]
fn host_functions_work() {
    let done = run("hello.wasm", &["--json", "--invoke", "hello"]);
    assert_eq!((done.status, &*done.stderr), (0, "log: Hello from WebAssembly\n"));
    assert_eq!(done.json()["values"], json!([]));

    let path = module(
        "log.wasm",
        r#"(module
            (import "wamr" "log" (func (param i32 i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\ff")
            (func (export "log") (param i32 i32) (call 0 (local.get 0) (local.get 1))))"#,
    );
    let log = |address, length| wamrctl("run --json", &path, &["--invoke", "log", address, length]);
    assert_eq!(log("65536", "0").json()["outcome"], "returned");
    assert_eq!(log("65535", "2").json()["trap"], "memory access out of bounds");
    assert_eq!(log("-1", "2").json()["trap"], "memory access out of bounds");
    let done = log("0", "1");
    assert_eq!((done.status, &*done.stderr), (1, ""));
    assert_eq!(done.json()["message"], "host function failed: log: not UTF-8");
}

/// A function that sets a global to 42, and one that reads it.
const REACTOR: &str = r#"(module (global $ready (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $ready (i32.const 42)))
    (func (export "ready") (result i32) (global.get $ready)))"#;

#[test]
fn a_reactor_is_initialized() {
    let path = module("reactor.wasm", REACTOR);
    assert_eq!(wamrctl("run --json", &path, &["--invoke", "ready"]).json()["values"][0]["value"], 42);
    wamrctl("run", &path, &["--invoke", "_initialize"]).fails(2, &["runs once", "ready() -> i32"]);
    let output = file("reactor-app.wasm", b"");
    let words = ["-o", output.to_str().unwrap(), "--name", "app", "--entry", "_initialize"];
    wamrctl("manifest", &path, &words).fails(2, &["runs once"]);

    let report = wamrctl("inspect --json", &path, &[]).json();
    assert_eq!((&report["has_initialize"], &report["unsupported"]), (&json!(true), &json!(null)));
    assert!(wamrctl("inspect", &path, &[]).stdout.contains("It is a reactor: `_initialize` runs"));
    let report = wamrctl("inspect --json", Path::new("add.wasm"), &[]).json();
    assert_eq!(report["has_initialize"], json!(false));

    for (name, text, reason) in [
        ("both", r#"(module (func (export "_start")) (func (export "_initialize")))"#, "`_start` and `_initialize`"),
        (
            "type",
            r#"(module (func (export "_start")) (func (export "_initialize") (param i32)))"#,
            "`_initialize` is not",
        ),
    ] {
        let path = module(&format!("reactor-{name}.wasm"), text);
        let refusal = wamrctl("inspect --json", &path, &[]).json()["unsupported"].to_string();
        assert!(refusal.contains(reason), "{refusal}");
        wamrctl("run", &path, &["--invoke", "_start"]).fails(3, &[reason]);
    }
}

#[test]
fn inspect_shows_imports_exports_and_needs() {
    let path = module(
        "inspect.wasm",
        r#"(module
            (import "wamr" "log" (func (param i32 i32)))
            (memory (export "memory") 1 3)
            (global (export "level") (mut i32) (i32.const 0))
            (table (export "handlers") 1 funcref)
            (func)
            (start 1)
            (func (export "f") (param i64) (result i32 f32) (i32.const 1) (f32.const 2))
            (@custom "note" "abc"))"#,
    );
    let report = wamrctl("inspect --json", &path, &[]).json();
    assert_eq!(
        report["imports"],
        json!([{ "module": "wamr", "name": "log", "kind": "function", "params": ["i32", "i32"], "results": [] }])
    );
    assert_eq!(
        report["exports"],
        json!([
            { "name": "memory", "kind": "memory", "minimum_pages": 1, "maximum_pages": 3, "page_size": 65536 },
            { "name": "level", "kind": "global", "type": "i32", "mutable": true },
            { "name": "handlers", "kind": "table" },
            { "name": "f", "kind": "function", "params": ["i64"], "results": ["i32", "f32"] },
        ])
    );
    assert_eq!(report["memories"], json!([{ "minimum_pages": 1, "maximum_pages": 3, "page_size": 65536 }]));
    assert_eq!(report["custom_sections"], json!([{ "name": "note", "size": 3 }]));
    assert_eq!((&report["has_start"], &report["unsupported"]), (&json!(true), &json!(null)));

    let text = wamrctl("inspect", &path, &[]).stdout;
    for line in ["wamr log  function (i32, i32)", "f         function (i64) -> (i32, f32)", "note  3 bytes"] {
        assert!(text.contains(line), "no `{line}` in:\n{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_closes_the_pipe_is_not_an_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wamrctl"));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = command
        .args(["inspect", "add.wasm"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest"))
        .stdout(writer)
        .output()
        .expect("starts");
    assert_eq!(String::from_utf8(output.stderr).expect("UTF-8"), "");
}
