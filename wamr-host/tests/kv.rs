//! Apps store values.

mod apps;

use apps::{App, with};
use wamr_device::HostGroup;
use wamr_device::sim::SimFlash;
use wamr_host::Error;
use wamr_host::kv::{Config, Kv};
use wamr_proto::ErrorCode;

/// The functions return 0, or 1 plus the number of the error. `get` returns the length of the value, or -1 minus that number.
const APP: &str = r#"(module
    (import "wamr:device/kv@0.1.0" "get" (func $get (param i32 i32 i32 i32)))
    (import "wamr:device/kv@0.1.0" "set" (func $set (param i32 i32 i32 i32 i32)))
    (import "wamr:device/kv@0.1.0" "delete" (func $delete (param i32 i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "a key that is long: 1234567890 1234567890 1234567890 1234567890 1234567890\ff")
    (global $new (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (global.get $new))
    (func (export "allocate-at") (param i32) (global.set $new (local.get 0)))
    (func $code (param $ret i32) (result i32)
        (i32.mul (i32.load8_u (local.get $ret)) (i32.add (i32.const 1) (i32.load8_u offset=1 (local.get $ret)))))
    ;; A value of this length, which consists of one byte.
    (func (export "set") (param $key i32) (param $byte i32) (param $len i32) (result i32)
        (memory.fill (i32.const 1024) (local.get $byte) (i32.const 2048))
        (call $set (i32.const 0) (local.get $key) (i32.const 1024) (local.get $len) (i32.const 512))
        (call $code (i32.const 512)))
    (func (export "get") (param $key i32) (param $max i32) (result i32)
        (i32.store (i32.const 4096) (i32.const 0))
        (call $get (i32.const 0) (local.get $key) (local.get $max) (i32.const 512))
        (if (result i32) (i32.load8_u (i32.const 512))
            (then (i32.sub (i32.const -1) (i32.load8_u (i32.const 516))))
            (else (i32.load (i32.const 520)))))
    (func (export "byte") (param $at i32) (result i32) (i32.load8_u (i32.add (i32.load (i32.const 516)) (local.get $at))))
    (func (export "delete") (param $key i32) (result i32)
        (call $delete (i32.const 0) (local.get $key) (i32.const 512))
        (call $code (i32.const 512)))
    ;; Addresses of the caller's choice.
    (func (export "raw-get") (param i32 i32 i32 i32)
        (call $get (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "raw-set") (param i32 i32 i32 i32 i32)
        (call $set (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
    (func (export "raw-delete") (param i32 i32 i32)
        (call $delete (local.get 0) (local.get 1) (local.get 2))))"#;

const FLASH: u32 = 8192;

fn app(name: &'static str) -> App<'static> {
    App { name, capabilities: None, text: APP }
}

fn listing<'a>(capabilities: &'a [&'a str]) -> App<'a> {
    App { name: "app", capabilities: Some(capabilities), text: APP }
}

fn kv() -> Kv<SimFlash> {
    Kv::new(SimFlash::new(FLASH as usize), FLASH, Config { quota: 600, ..Config::new(|| 0) })
}

/// What a function of the app returns for an error.
fn code(error: Error) -> i32 {
    error as i32 + 1
}

#[test]
fn values_survive_the_app_and_end_with_its_removal() {
    let kv = kv();
    with(&[&kv], None, |rig| {
        rig.load(0, &app("app")).unwrap();
        assert_eq!(rig.call(0, "get", &[3, 100]), -code(Error::NotFound));
        assert_eq!(rig.call(0, "set", &[3, 7, 100]), 0);
        assert_eq!(rig.call(0, "get", &[3, 100]), 100);
        assert_eq!([rig.call(0, "byte", &[0]), rig.call(0, "byte", &[99]), rig.call(0, "byte", &[100])], [7, 7, 0]);
        assert_eq!(rig.call(0, "set", &[3, 8, 0]), 0, "nothing is a value");
        assert_eq!(rig.call(0, "get", &[3, 0]), 0);
        assert_eq!(rig.call(0, "set", &[4, 9, 1]), 0);
        // Another version of the app has another number.
        rig.load(1, &app("app")).unwrap();
        assert_eq!(rig.call(1, "get", &[4, 1]), 1);
        assert_eq!(rig.call(1, "delete", &[4]), 0);
        assert_eq!(rig.call(1, "delete", &[4]), code(Error::NotFound));
        assert_eq!(rig.call(0, "get", &[4, 1]), -code(Error::NotFound));
        assert_eq!(rig.call(0, "get", &[3, 0]), 0);
        kv.removed("other");
        assert_eq!(rig.call(0, "get", &[3, 0]), 0);
        kv.removed("app");
        assert_eq!(rig.call(0, "get", &[3, 0]), -code(Error::NotFound));
    });
}

#[test]
fn apps_do_not_see_the_values_of_others() {
    with(&[&kv()], None, |rig| {
        rig.load(0, &app("one")).unwrap();
        rig.load(1, &app("two")).unwrap();
        assert_eq!(rig.call(0, "set", &[3, 1, 10]), 0);
        assert_eq!(rig.call(1, "get", &[3, 10]), -code(Error::NotFound));
        assert_eq!(rig.call(1, "delete", &[3]), code(Error::NotFound));
        assert_eq!(rig.call(1, "set", &[3, 2, 20]), 0);
        assert_eq!(rig.call(0, "get", &[3, 100]), 10);
        rig.load(2, &app("")).unwrap();
        for (export, args) in [("set", &[3, 1, 1][..]), ("delete", &[3])] {
            assert_eq!(rig.call(2, export, args), code(Error::NotSupported), "an app without a name has no values");
        }
        assert_eq!(rig.call(2, "get", &[3, 1]), -code(Error::NotSupported));
    });
}

#[test]
fn the_manifest_sets_the_quota() {
    with(&[&kv()], None, |rig| {
        for (capabilities, quota) in
            [(None, 600), (Some(&["kv"][..]), 600), (Some(&["kv:100"]), 100), (Some(&["kv:1000"]), 1000)]
        {
            rig.load(0, &App { capabilities, ..app("app") }).unwrap();
            // A header of 16 bytes, the name of the app and the key: 23 bytes, padded to words.
            let longest = quota / 4 * 4 - 23;
            assert_eq!(rig.call(0, "set", &[4, 1, longest + 1]), code(Error::NoSpace), "{capabilities:?}");
            assert_eq!(rig.call(0, "set", &[4, 1, longest]), 0, "{capabilities:?}");
            assert_eq!(rig.call(0, "set", &[4, 2, longest]), 0, "it takes the place of the old value");
            assert_eq!(rig.call(0, "set", &[4, 2, longest - 23]), 0);
            assert_eq!(rig.call(0, "set", &[5, 1, 0]), code(Error::NoSpace), "a value of no bytes takes 24");
            assert_eq!(rig.call(0, "set", &[4, 2, longest - 24]), 0);
            assert_eq!(rig.call(0, "set", &[5, 1, 0]), 0);
            assert_eq!((rig.call(0, "delete", &[5]), rig.call(0, "delete", &[4])), (0, 0));
        }
        for entry in ["kv:0", "kv:4097", "kv:-1", "kv:", "kv:much", "kv:4294967295"] {
            let refusal = rig.load(0, &listing(&[entry])).unwrap_err();
            assert_eq!((refusal.code, refusal.message.as_str()), (ErrorCode::UnknownCapability, entry));
        }
        rig.load(0, &listing(&["kv:4096"])).unwrap();
        let refusal = rig.load(0, &listing(&[])).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::UndeclaredCapability);
    });
}

#[test]
fn arguments_have_limits() {
    with(&[&kv()], None, |rig| {
        rig.load(0, &listing(&["kv:4096"])).unwrap();
        for key in [0, 65] {
            assert_eq!(rig.call(0, "set", &[key, 1, 1]), code(Error::InvalidArgument));
            assert_eq!(rig.call(0, "get", &[key, 1]), -code(Error::InvalidArgument));
            assert_eq!(rig.call(0, "delete", &[key]), code(Error::InvalidArgument));
        }
        assert_eq!(rig.call(0, "set", &[64, 1, 1025]), code(Error::InvalidArgument));
        assert_eq!(rig.call(0, "set", &[64, 1, 1024]), 0);
        assert_eq!(rig.call(0, "get", &[64, 1023]), -code(Error::NoSpace), "longer than the app permits");
        assert_eq!(rig.call(0, "get", &[64, 1024]), 1024);
        assert_eq!(rig.call(0, "get", &[64, -1]), 1024);
    });
}

#[test]
fn an_app_that_always_writes_does_not_wear_out_the_flash() {
    let kv = Kv::new(SimFlash::new(FLASH as usize), FLASH, Config { erases_per_hour: 2, ..Config::new(|| 0) });
    with(&[&kv], None, |rig| {
        rig.load(0, &app("app")).unwrap();
        let written = (0..100).take_while(|byte| rig.call(0, "set", &[3, *byte, 500]) == 0).count();
        assert!((8..=20).contains(&written), "{written}: two halves, one of them erased at the start");
        assert_eq!(rig.call(0, "set", &[3, 255, 500]), code(Error::Busy));
        assert_eq!(rig.call(0, "get", &[3, 500]), 500);
        assert_eq!(rig.call(0, "byte", &[0]), written as i32 - 1, "the last value that was stored");
    });
}

#[test]
fn addresses_out_of_bounds_trap_and_change_nothing() {
    with(&[&kv()], None, |rig| {
        rig.load(0, &app("app")).unwrap();
        assert_eq!(rig.call(0, "set", &[3, 1, 10]), 0);
        for (export, args) in [
            ("raw-get", &[-1, 3, 10, 512][..]),
            ("raw-get", &[0, -1, 10, 512]),
            ("raw-get", &[65_534, 3, 10, 512]),
            ("raw-get", &[0, 3, 10, 65_532]),
            ("raw-get", &[0, 3, 10, -4]),
            ("raw-get", &[0, 3, 10, 514]),
            ("raw-get", &[74, 1, 10, 512]),
            ("raw-set", &[0, 3, 65_530, 10, 512]),
            ("raw-set", &[0, 3, -1, -1, 512]),
            ("raw-set", &[0, -1, 0, 10, 512]),
            ("raw-set", &[74, 3, 0, 10, 512]),
            ("raw-delete", &[65_535, 2, 512]),
            ("raw-delete", &[74, 1, 512]),
        ] {
            rig.trap(0, export, args);
        }
        // What the app allocates is checked as well.
        for at in [65_530, -1] {
            rig.run(0, "allocate-at", &[at]);
            rig.trap(0, "raw-get", &[0, 3, 10, 512]);
        }
        rig.run(0, "allocate-at", &[4096]);
        assert_eq!(rig.call(0, "get", &[3, 10]), 10);
    });
}
