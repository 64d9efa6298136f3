//! Apps with events on a simulated board.

use super::{Done, file, module, run, wamrctl};
use serde_json::Value as Json;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a module with lines on standard input, which then ends.
fn run_with(module: &Path, input: &str, more: &[&str]) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wamrctl"));
    command.arg("run").arg(module).args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    child.stdin.take().expect("is piped").write_all(input.as_bytes()).expect("is read");
    child.wait_with_output().expect("ends").into()
}

/// An app whose pin `led0` follows `button0`. It traps at the event of another id.
const FOLLOWER: &str = r#"(module
    (import "wamr:device/gpio@0.1.0" "open-input" (func $open-input (param i32 i32 i32 i32)))
    (import "wamr:device/gpio@0.1.0" "[method]input-pin.watch" (func $watch (param i32 i32 i32 i32)))
    (import "wamr:device/gpio@0.1.0" "open-output" (func $open-output (param i32 i32 i32 i32)))
    (import "wamr:device/gpio@0.1.0" "[method]output-pin.set" (func $set (param i32 i32 i32)))
    (memory 1)
    (data (i32.const 0) "button0led0")
    (global $led (mut i32) (i32.const 0))
    (func $open (export "start")
        (call $open-output (i32.const 7) (i32.const 4) (i32.const 0) (i32.const 256))
        (global.set $led (i32.load (i32.const 260)))
        (call $open-input (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 256))
        (call $watch (i32.load (i32.const 260)) (i32.const 2) (i32.const 5) (i32.const 256)))
    (func (export "on-event") (param $case i32) (param $id i32) (param $active i32)
        (if (i32.ne (local.get $id) (i32.const 5)) (then unreachable))
        (call $set (global.get $led) (local.get $active) (i32.const 256))))"#;

#[test]
fn blink_blinks_for_a_time() {
    let done = run("apps/blink.wasm", &["--for", "1.2"]);
    done.succeeds();
    let lines: Vec<_> = done.stdout.lines().filter(|line| line.starts_with("led0")).collect();
    assert_eq!(lines[..2], ["led0 on", "led0 off"], "{}", done.stdout);
    assert!(done.stdout.contains("\nEvents   "), "{}", done.stdout);
}

#[test]
fn commands_on_standard_input_change_inputs() {
    let app = module("follower.wasm", FOLLOWER);
    // The first command could come before the app starts, and events become one while it is busy: its last state counts.
    let done = run_with(&app, "# comment\n\nbutton0 off\nled0 on\nvalve on\nbutton0 on\n", &[]);
    done.succeeds();
    assert_eq!(done.stdout.matches("led0 on\n").count(), 1, "{}", done.stdout);
    // The end of the app turns its output off, and the summary is the end.
    let last: Vec<_> = done.stdout.lines().rev().take(2).collect();
    assert!(last[0].starts_with("Events   1 handled") && last[1] == "led0 off", "{}", done.stdout);
    assert!(done.stderr.contains("Waiting for events until interrupted\n"), "{}", done.stderr);
    assert!(done.stderr.contains("error: `led0` is an output, which only apps can set"), "{}", done.stderr);
    assert!(done.stderr.contains("error: the board has no input `valve`; its inputs are button0, "), "{}", done.stderr);
}

#[test]
fn messages_to_the_client_are_printed() {
    // The contacts settle before the app counts the press.
    let board =
        file("pressed.toml", b"script = [[0.05, 'button0 on'], [1, 'button0 off']]\n[pins]\nbutton0 = 'input'\n");
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest/apps/button.wasm");
    let done = run_with(&app, "", &["--for", "0.8", "--board", board.to_str().unwrap()]);
    done.succeeds();
    assert!(done.stdout.contains("message 1\n"), "{}", done.stdout);
}

#[test]
fn programs_get_a_line_of_json_for_each_output() {
    let app = module("follower-json.wasm", FOLLOWER);
    let done = run_with(&app, "button0 on\nvalve on\n", &["--json"]);
    done.succeeds();
    let lines: Vec<Json> = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let has = |key: &str, value: &str| lines.iter().any(|line| line[key] == value);
    assert!(has("outcome", "returned") && has("output", "led0") && has("state", "on"), "{}", done.stdout);
    assert!(lines.iter().any(|line| line["error"].as_str().is_some_and(|error| error.contains("no input `valve`"))));
    assert!(lines.iter().any(|line| line["events"]["count"] == 1), "{}", done.stdout);
    assert_eq!(done.stderr, "");
}

#[test]
fn an_event_that_traps_ends_the_run() {
    let app = module("follower-trap.wasm", &FOLLOWER.replace("(i32.const 5)) (then", "(i32.const 6)) (then"));
    let done = run_with(&app, "button0 on\n", &[]);
    assert_eq!(done.status, 1, "{}", done.stdout);
    assert!(done.stdout.contains("Trapped  unreachable"), "{}", done.stdout);
}

#[test]
fn a_run_ends_when_nothing_can_happen() {
    // It watches nothing and has no timer, so it does not wait for standard input.
    let done = run("apps/blink.wasm", &["--invoke", "start"]);
    done.succeeds();
    assert!(!done.stdout.contains("Events"), "{}", done.stdout);
    let app = module("idle.wasm", r#"(module (func (export "on-event") (param i32 i32 i32)))"#);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wamrctl"));
    let mut child = command.arg("run").arg(app).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    let input = child.stdin.take();
    assert!(child.wait().expect("ends").success());
    drop(input);
}

#[test]
fn the_board_is_a_file() {
    let app = module("follower-board.wasm", FOLLOWER);
    let board = "script = [[0.1, 'button0 on']]\n[pins]\nled0 = 'output'\nbutton0 = 'input'\n";
    let board = file("script.toml", board.as_bytes());
    let done = run_with(&app, "", &["--board", board.to_str().unwrap()]);
    done.succeeds();
    assert!(done.stdout.contains("led0 on\n"), "{}", done.stdout);

    for (name, text, words) in [
        ("pins.toml", "\n[pins]\nled0 = 'outpt'\n", ["pins.toml:3: unknown variant `outpt`", "`wamrctl board` prints"]),
        ("script-error.toml", "script = [[1, 'x on']]\n", ["script-error.toml:1: the board has no input `x`", "help"]),
    ] {
        let board = file(name, text.as_bytes());
        run_with(&app, "", &["--board", board.to_str().unwrap()]).fails(2, &words);
    }
    run_with(&app, "", &["--board", "/nowhere/board.toml"]).fails(2, &["cannot read /nowhere/board.toml"]);
    run_with(&app, "", &["--for=-1"]).fails(2, &["expected a number of seconds, such as 2.5"]);
}

#[test]
fn the_default_board_is_printed_as_a_file_that_can_be_passed() {
    let printed = wamrctl("board", Path::new("--"), &[]);
    printed.succeeds();
    let board = file("default.toml", printed.stdout.as_bytes());
    let app = module("follower-default.wasm", FOLLOWER);
    let done = run_with(&app, "button0 on\n", &["--board", board.to_str().unwrap()]);
    done.succeeds();
    assert!(done.stdout.contains("led0 on\n"), "{}", done.stdout);
}
