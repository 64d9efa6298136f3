//! Results in memory that the app allocates, and apps that do so wrongly.

use crate::rig::{App, DATA, RET, rig};

/// Functions with a result that is allocated: the alignment of the list itself, and how to call them.
fn calls(app: &App) -> [String; 4] {
    let mut ended = Vec::new();
    rig(|rig| {
        for (open, function, args) in [
            (None, "bytes", vec![8]),
            (Some("i2c open"), "[method]i2c.read", vec![0x10, 8]),
            (Some("i2c open"), "[method]i2c.transaction", vec![0x10, u64::from(DATA), 1]),
            (Some("spi open"), "[method]spi-device.transaction", vec![u64::from(DATA), 1]),
        ] {
            rig.load(0, app);
            let handle = open.map(|open| u64::from(rig.opened(0, open)));
            // An operation that reads four bytes.
            rig.poke(0, DATA, &[0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
            let args: Vec<u64> = handle.into_iter().chain(args).chain([RET.into()]).collect();
            ended.push(rig.call(0, function, &args).map_or_else(|trap| trap, |_| "ok".to_owned()));
        }
    });
    ended.try_into().unwrap()
}

fn realloc(realloc: &'static str) -> [String; 4] {
    calls(&App { realloc, ..Default::default() })
}

#[test]
fn an_allocator_that_works() {
    assert_eq!(calls(&App::default()), ["ok"; 4]);
}

#[test]
fn the_names_of_newer_toolchains() {
    let ended = realloc("(func (export \"cm32p2_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0x2000))");
    assert_eq!(ended, ["ok"; 4]);
}

#[test]
fn none() {
    for trap in realloc("") {
        assert!(trap.ends_with("the app exports no cabi_realloc"), "{trap}");
    }
    // With another type.
    for trap in realloc("(func (export \"cabi_realloc\") (param i32) (result i32) (i32.const 0))") {
        assert!(trap.ends_with("the app exports no cabi_realloc"), "{trap}");
    }
}

#[test]
fn one_that_traps() {
    for trap in realloc("(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) unreachable)") {
        assert!(trap.starts_with("unreachable"), "{trap}");
    }
}

#[test]
fn one_that_never_returns() {
    let ended = realloc(
        "(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (loop $again (br $again)) (i32.const 0))",
    );
    for trap in ended {
        assert_eq!(trap, "stopped: fuel");
    }
}

#[test]
fn one_that_calls_itself() {
    let ended = realloc(
        "(func $r (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
            (call $r (local.get 0) (local.get 1) (local.get 2) (local.get 3)))",
    );
    for trap in ended {
        assert!(trap.contains("stack overflow") || trap == "stopped: fuel", "{trap}");
    }
}

#[test]
fn one_that_calls_the_device() {
    let ended = realloc(
        "(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
            (drop (call $clock-now)) (i32.const 0x2000))",
    );
    for trap in ended {
        assert!(trap.contains("host"), "{trap}");
    }
}

#[test]
fn one_whose_memory_is_out_of_bounds() {
    for address in ["0x10000", "0xfffc", "-8"] {
        let text =
            format!("(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const {address}))");
        for trap in realloc(text.leak()) {
            assert!(trap.contains("out of bounds"), "{address}: {trap}");
        }
    }
}

#[test]
fn one_whose_memory_is_not_aligned() {
    let [bytes, read, i2c, spi] =
        realloc("(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0x2001))");
    // Bytes may be anywhere.
    assert_eq!((bytes.as_str(), read.as_str()), ("ok", "ok"));
    for trap in [i2c, spi] {
        assert!(trap.ends_with("an address is not aligned"), "{trap}");
    }
}
