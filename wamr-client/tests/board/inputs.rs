//! Inputs and outputs of a simulated board.

use crate::rig::{changes, with_app, with_app_on};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use wamr_client::proto::{AppName, Command, Manifest};
use wamr_twin::{Board, Flash, Folder, Limits, Twin};

const BOARD: &str = "
uart = ['uart0']
[pins]
led0 = 'output'
hot = 'output'
button0 = 'input'
[sensors.thermometer]
ambient-temp = 20
";

/// An app whose pin `led0` follows `button0`, whose pin `hot` is on above 25 degrees, and which sends back what it receives.
const MIRROR: &str = r#"(module
    (import "wamr:device/gpio@0.1.0" "open-input" (func $open-input (param i32 i32 i32 i32)))
    (import "wamr:device/gpio@0.1.0" "[method]input-pin.watch" (func $watch-pin (param i32 i32 i32 i32)))
    (import "wamr:device/gpio@0.1.0" "open-output" (func $open-output (param i32 i32 i32 i32)))
    (import "wamr:device/gpio@0.1.0" "[method]output-pin.set" (func $set (param i32 i32 i32)))
    (import "wamr:device/sensor@0.1.0" "open" (func $open-sensor (param i32 i32 i32)))
    (import "wamr:device/sensor@0.1.0" "[method]sensor.watch" (func $watch-sensor (param i32 i32 i32)))
    (import "wamr:device/sensor@0.1.0" "[method]sensor.read" (func $measure (param i32 i32 i32 i32)))
    (import "wamr:device/uart@0.1.0" "open" (func $open-port (param i32 i32 i32)))
    (import "wamr:device/uart@0.1.0" "[method]port.watch" (func $watch-port (param i32 i32)))
    (import "wamr:device/uart@0.1.0" "[method]port.read" (func $read (param i32 i32 i32)))
    (import "wamr:device/uart@0.1.0" "[method]port.write" (func $write (param i32 i32 i32 i32)))
    (memory 1)
    (data (i32.const 0) "button0led0hotthermometerambient-tempuart0")
    (global $led (mut i32) (i32.const 0))
    (global $hot (mut i32) (i32.const 0))
    (global $sensor (mut i32) (i32.const 0))
    (global $port (mut i32) (i32.const 0))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    ;; The handle in the result at 256, which must be a success.
    (func $handle (result i32)
        (if (i32.load8_u (i32.const 256)) (then unreachable))
        (i32.load (i32.const 260)))
    (func (export "start")
        (call $open-output (i32.const 7) (i32.const 4) (i32.const 0) (i32.const 256))
        (global.set $led (call $handle))
        (call $open-output (i32.const 11) (i32.const 3) (i32.const 0) (i32.const 256))
        (global.set $hot (call $handle))
        (call $open-input (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 256))
        (call $watch-pin (call $handle) (i32.const 2) (i32.const 1) (i32.const 256))
        (call $open-sensor (i32.const 14) (i32.const 11) (i32.const 256))
        (global.set $sensor (call $handle))
        (call $watch-sensor (global.get $sensor) (i32.const 2) (i32.const 256))
        (call $open-port (i32.const 37) (i32.const 5) (i32.const 256))
        (global.set $port (call $handle))
        (call $watch-port (global.get $port) (i32.const 3)))
    (func (export "on-event") (param $case i32) (param $id i32) (param $value i32)
        (if (i32.eq (local.get $case) (i32.const 1))
            (then (call $set (global.get $led) (local.get $value) (i32.const 256))))
        (if (i32.eq (local.get $case) (i32.const 3)) (then
            (call $read (global.get $port) (i32.const 100) (i32.const 256))
            (call $write (global.get $port) (i32.load (i32.const 260)) (i32.load (i32.const 264)) (i32.const 256))))
        (if (i32.eq (local.get $case) (i32.const 4)) (then
            (call $measure (global.get $sensor) (i32.const 25) (i32.const 12) (i32.const 256))
            (call $set (global.get $hot)
                (i32.and (i32.eqz (i32.load8_u (i32.const 256)))
                    (i64.gt_s (i64.load (i32.const 264)) (i64.const 25000000)))
                (i32.const 256))))))"#;

#[test]
fn an_app_hears_of_inputs_and_changes_outputs() {
    let board = Board::from_toml(BOARD).unwrap();
    let changes = changes(board);
    let next = || changes.recv_timeout(Duration::from_secs(10)).expect("a change");
    with_app(board, &wat::parse_str(MIRROR).unwrap(), async |client| {
        assert!(board.is_watched());
        for (command, change) in [
            ("button0 on", "led0 on"),
            ("button0 off", "led0 off"),
            ("thermometer.ambient-temp 25.000001", "hot on"),
            ("thermometer.ambient-temp fails", "hot off"),
            ("thermometer.ambient-temp 30", "hot on"),
            ("uart0 hello", "uart0 sent \"hello\\n\""),
            (r#"uart0 "\x01\xff \\\"\n\r\ta""#, r#"uart0 sent "\x01\xff \\\"\n\r\ta""#),
            ("button0 on", "led0 on"),
        ] {
            board.command(command).unwrap();
            assert_eq!(next(), change, "{command}");
        }
        board.command("button0 on").unwrap();
        assert!(changes.recv_timeout(Duration::from_millis(50)).is_err(), "the button was on");

        client.manage(Command::Remove { app: 0 }).await.unwrap();
        assert_eq!((next(), next()), ("hot off".into(), "led0 off".into()), "its pins are idle");
        assert!(!board.is_watched());
        board.command("button0 off").unwrap();
    });
    assert!(changes.try_recv().is_err());
}

#[test]
fn a_script_is_executed_in_the_order_of_its_times() {
    let script = "script = [[0.1, 'button0 off'], [0.05, 'button0 on']]\n";
    let board = Board::from_toml(&format!("{script}{BOARD}")).unwrap();
    let changes = changes(board);
    with_app(board, &wat::parse_str(MIRROR).unwrap(), async |_| {
        board.play();
        let next = || changes.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!((next(), next()), ("led0 on".into(), "led0 off".into()));
    });
}

#[test]
fn blink_blinks() {
    let blink = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../guest/apps/blink.wasm")).unwrap();
    let board = Board::new();
    let changes = changes(board);
    with_app(board, &blink, async |_| {
        for change in ["led0 on", "led0 off", "led0 on"] {
            assert_eq!(changes.recv_timeout(Duration::from_secs(10)).unwrap(), change);
        }
    });
    assert_eq!(changes.recv_timeout(Duration::from_secs(10)).unwrap(), "led0 off", "the twin has ended");
}

/// A module of `guest/`, as an app with the name of its file.
fn named(path: &str) -> Vec<u8> {
    let mut module = std::fs::read(format!("{}/../guest/{path}.wasm", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let name = AppName::new(path.rsplit('/').next().unwrap()).unwrap();
    module.extend(Manifest { name, ..Default::default() }.to_section().unwrap());
    module
}

/// A twin with memory for a standard library, which takes more than other apps do, and the lines that its apps log.
fn twin_for_programs() -> (Twin, Receiver<String>) {
    let (sender, lines) = channel();
    let twin = Twin::new(Flash::memory(256 * 1024))
        .pool(1024 * 1024)
        .limits(Limits { stack_size: Limits::MCU.stack_size, pool: Some(512 * 1024), ..Limits::MPU })
        .log(move |line| sender.send(line.to_owned()).unwrap());
    (twin, lines)
}

#[test]
fn programs_for_wasi_write_to_the_log() {
    for name in ["hello", "greet"] {
        let (twin, lines) = twin_for_programs();
        with_app_on(twin, &named(&format!("wasi/{name}")), "_start", async |_| ());
        let lines: Vec<_> = lines.try_iter().collect();
        let expected =
            [format!("{name}: Hello from {name}"), format!("{name}: slept 2 ms"), format!("error: {name}: done")];
        assert_eq!(lines, expected);
    }
}

#[test]
fn programs_for_wasi_have_files() {
    let root = tempfile::tempdir().unwrap();
    for run in 1..=2 {
        let (twin, lines) = twin_for_programs();
        let twin = twin.files(Folder::directory(root.path()).unwrap());
        with_app_on(twin, &named("wasi/notes"), "_start", async |_| ());
        let lines: Vec<_> = lines.try_iter().collect();
        assert_eq!(lines, [format!("notes: run {run}"), "notes: files work".to_owned()]);
    }
    assert_eq!(std::fs::read_to_string(root.path().join("6e6f746573./runs")).unwrap(), "xx");
}

/// `logger`, of this repository. Its clock is the computer's, so the lines are those of its starts.
#[test]
fn what_the_logger_logs_is_in_the_directory_of_the_twin() {
    let logger = named("apps/logger");
    let root = tempfile::tempdir().unwrap();
    let twin = || {
        let board = Board::from_toml(BOARD).unwrap();
        let twin = Twin::new(Flash::memory(128 * 1024)).board(board);
        twin.files(Folder::directory(root.path()).unwrap())
    };
    // A line without the time.
    let temperature = |line: &str| line.split_once(' ').unwrap().1.to_owned();
    let app = root.path().join("6c6f67676572.");
    let file = app.join("log.txt");
    with_app_on(twin(), &logger, "start", async |client| {
        assert_eq!(temperature(&std::fs::read_to_string(&file).unwrap()), "20.000\n");
        client.manage(Command::Stop { app: 0 }).await.unwrap();
    });
    // Another twin, with the same files.
    with_app_on(twin(), &logger, "start", async |client| {
        let (sender, received) = channel();
        client.listen_to_messages(move |_, message| sender.send(message.to_vec()).unwrap()).await.unwrap();
        client.send_message(0, b"dump").await.unwrap();
        _ = tokio::time::timeout(Duration::from_secs(1), client.wait()).await;
        let lines: Vec<_> = received.try_iter().map(|line| String::from_utf8(line).unwrap()).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!([temperature(&lines[0]), temperature(&lines[1]), lines[2].clone()], ["20.000", "20.000", "end"]);
        client.manage(Command::Remove { app: 0 }).await.unwrap();
        assert!(!app.exists(), "they end with the app");
    });
}

#[test]
fn wrong_commands_say_what_is_right() {
    let spi = "[spi]\nspi0 = 'loopback'\nflash = { registers = {} }\n[i2c]\nchip = { address = 1 }\n";
    let board = Board::from_toml(&format!("{BOARD}{spi}")).unwrap();
    let inputs = "its inputs are button0, thermometer.ambient-temp, uart0";
    for (command, error) in [
        ("", inputs),
        ("button1 on", inputs),
        ("button0.x on", inputs),
        ("i2c0.1 1", inputs),
        ("button0", "the state of `button0` is `on` or `off`"),
        ("button0 1", "the state of `button0` is `on` or `off`"),
        ("led0 on", "`led0` is an output"),
        ("thermometer 1", "the channels of `thermometer` are thermometer.ambient-temp"),
        ("thermometer.humidity 1", "the channels of `thermometer` are thermometer.ambient-temp"),
        ("thermometer.ambient-temp warm", "a number or `fails`"),
        ("thermometer.ambient-temp 1e300", "a number or `fails`"),
        ("chip 1", "`chip.0x10 0xff`"),
        ("chip.0x100 1", "`chip.0x10 0xff`"),
        ("chip.1 256", "`chip.0x10 0xff`"),
        ("uart0 \"open", "such as `uart0 "),
        ("uart0 \"\\x0g\"", "such as `uart0 "),
        ("uart0 \"\\q\"", "such as `uart0 "),
        ("flash.0x80 1", "`flash` has no register 0x80"),
        ("spi0.1 1", "`spi0` has no register 0x01"),
    ] {
        let text = board.command(command).unwrap_err().to_string();
        assert!(text.contains(error), "{command}: {text}");
    }
    for command in ["chip.0xff 0xff", "flash.0x7f 1", "  button0   on  ", "uart0", "thermometer.ambient-temp -40.5"] {
        board.command(command).unwrap();
    }
    let error = Board::from_toml("script = [\n[1, 'led0 on']]\n[pins]\nled0 = 'output'\n").unwrap_err();
    assert_eq!(error.to_string(), "line 2: `led0` is an output, which only apps can set");
}
