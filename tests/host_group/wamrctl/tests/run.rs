//! `run` of a product's `wamrctl` offers the product's groups, and that of this repository does not.

use std::process::{Command, Output};

const APP: &str = r#"(module (import "sensor" "read" (func $read (param i32) (result i32)))
    (func (export "read") (param i32) (result i32) (call $read (local.get 0))))"#;

fn run(sensor: &str) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let app = directory.path().join("app.wasm");
    std::fs::write(&app, wat::parse_str(APP).unwrap()).unwrap();
    Command::new(env!("CARGO_BIN_EXE_sensor-wamrctl"))
        .arg("run")
        .arg(app)
        .args(["--invoke", "read", sensor])
        .output()
        .unwrap()
}

#[test]
fn run_offers_the_groups_of_the_product() {
    let output = run("1");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("201"), "{printed}");
    assert!(printed.contains("is gone after 1 readings"), "{printed}");
}

#[test]
fn a_sensor_that_does_not_exist_traps() {
    let output = run("2");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("sensor has no resource 2"), "{printed}");
}
