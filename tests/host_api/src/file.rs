//! Files in littlefs, on the emulated flash.

use crate::board::remount;
use crate::client::app;
use crate::passed;
use crate::probe::{BUSY, Error, INVALID_ARGUMENT, NO_SPACE, NOT_FOUND, NOT_SUPPORTED, Probe};

/// `mode` in `wit/file.wit`.
const READ: i32 = 0;
const UPDATE: i32 = 1;
const REPLACE: i32 = 2;

/// No name of a file.
const COLON: i32 = 10;

/// The address of the list in a result.
const LIST: i32 = 512;

/// How many bytes a file can have with a quota of 300.
const LARGEST: i32 = 300 - 128;

pub fn run() {
    let probe = Probe::install(&app!("files"));
    use_files(probe);
    errors(probe);
    probe.remove();
    stay_and_go();
    quota();
}

/// The bytes that a file has from an offset on, at most eight.
fn read(probe: Probe, file: i32, offset: i32, max: i32) -> i64 {
    let result = probe.call("read", &[file, offset, max]);
    assert_eq!((result as u8, result >> 32), (0, LIST.into()));
    let length = probe.call("bytes", &[8]) as u32;
    probe.call("bytes", &[LIST]) & (1_i64.checked_shl(8 * length).unwrap_or(0) - 1)
}

fn use_files(probe: Probe) {
    assert_eq!(probe.call("entry", &[0]), -1);
    assert_eq!(probe.try_call("open", &[0, UPDATE]), Ok(1));
    assert_eq!(probe.try_byte("append", &[1, 0x11, 2]), Ok(0));
    assert_eq!(probe.try_byte("write", &[1, 4, 0x22, 2]), Ok(0));
    assert_eq!(probe.try_byte("write", &[1, 1, 0x33, 2]), Ok(0));
    assert_eq!((probe.call("size", &[1]), read(probe, 1, 0, 8)), (6, 0x2222_0033_3311));
    assert_eq!((read(probe, 1, 3, 2), read(probe, 1, 6, 8), read(probe, 1, -1, -1)), (0x2200, 0, 0));
    assert_eq!(probe.try_byte("sync", &[1]), Ok(0));
    probe.call("drop", &[1]);
    passed("an app writes and reads a file");

    // More than a page of the flash.
    assert_eq!(probe.try_call("open", &[1, UPDATE]), Ok(1));
    for byte in 0..9 {
        assert_eq!(probe.try_byte("append", &[1, byte, 1000]), Ok(0));
    }
    assert_eq!((probe.call("size", &[1]), read(probe, 1, 3999, 2)), (9000, 0x0403));
    assert_eq!(probe.try_byte("write", &[1, 100, 0x44, 1]), Ok(0));
    probe.call("drop", &[1]);
    // New content is there when it is synced.
    assert_eq!(probe.try_call("open", &[0, REPLACE]), Ok(1));
    assert_eq!(probe.try_byte("append", &[1, 0x55, 3]), Ok(0));
    assert_eq!(probe.call("size", &[1]), 3);
    probe.call("drop", &[1]);
    let mut entries = [0, 1].map(|number| probe.call("entry", &[number]));
    entries.sort_unstable();
    assert_eq!(entries, [3 << 32 | 0x30, 9000 << 32 | 0x31]);
    assert_eq!(probe.try_byte("rename", &[0, 2]), Ok(0));
    assert_eq!(probe.try_byte("rename", &[1, 2]), Ok(0), "takes its place");
    assert_eq!((probe.call("entry", &[0]), probe.call("entry", &[1])), (9000 << 32 | 0x32, -1));
    assert_eq!(probe.try_call("open", &[2, READ]), Ok(1));
    assert_eq!((read(probe, 1, 99, 3), read(probe, 1, 8999, 8)), (0x4400, 8));
    probe.call("drop", &[1]);
    assert_eq!(probe.try_byte("remove", &[2]), Ok(0));
    assert_eq!(probe.call("entry", &[0]), -1);
    passed("files are replaced, listed, renamed and removed");
}

fn errors(probe: Probe) {
    let all = |error: Error, results: [Result<u8, Error>; 3]| assert_eq!(results, [Err(error); 3]);
    assert_eq!(probe.try_call("open", &[0, READ]), Err(NOT_FOUND));
    assert_eq!([probe.try_byte("remove", &[0]), probe.try_byte("rename", &[0, 1])], [Err(NOT_FOUND); 2]);
    for mode in [READ, UPDATE, REPLACE] {
        assert_eq!(probe.try_call("open", &[COLON, mode]), Err(INVALID_ARGUMENT));
    }
    let name = |function, args: &[i32]| probe.try_byte(function, args);
    all(INVALID_ARGUMENT, [name("remove", &[COLON]), name("rename", &[COLON, 0]), name("rename", &[0, COLON])]);

    assert_eq!(probe.try_call("open", &[0, UPDATE]), Ok(1));
    assert_eq!(probe.try_call("open", &[0, READ]), Err(BUSY));
    all(BUSY, [name("remove", &[0]), name("rename", &[0, 1]), name("rename", &[0, 0])]);
    for file in 1..4 {
        assert_eq!(probe.try_call("open", &[file, UPDATE]), Ok(file as u32 + 1));
    }
    assert_eq!(probe.try_call("open", &[4, UPDATE]), Err(NO_SPACE), "four files can be open");
    assert_eq!(probe.try_byte("write", &[1, i32::MAX, 1, 1]), Err(NO_SPACE));
    assert_eq!(probe.try_byte("append", &[1, 1, 20_000]), Err(NO_SPACE), "the default quota");
    probe.call("drop", &[1]);
    assert_eq!(probe.try_call("open", &[0, READ]), Ok(1));
    assert_eq!(probe.try_byte("append", &[1, 1, 1]), Err(NOT_SUPPORTED));
    passed("each error of a file reaches the app");

    for handle in [0, 5, -1] {
        for (function, args) in [
            ("read", &[handle, 0, 1][..]),
            ("write", &[handle, 0, 1, 1]),
            ("append", &[handle, 1, 1]),
            ("size", &[handle]),
        ] {
            probe.traps(function, args, "a handle is not open");
        }
        probe.traps("sync", &[handle], "a handle is not open");
        probe.traps("drop", &[handle], "a handle is not open");
    }
    for (at, length) in [(65_535, 2), (-1, 1), (0, -1)] {
        probe.traps_out_of_bounds("raw", &[1, at, length]);
    }
    probe.traps("open", &[0, 3], "a variant has no such case");
    passed("hostile arguments for files trap");
}

fn stay_and_go() {
    let probe = Probe::install(&app!("files"));
    assert_eq!(probe.call("entry", &[0]), -1, "nothing is left of the removed app");
    assert_eq!(probe.try_call("open", &[7, UPDATE]), Ok(1), "its handles are free");
    assert_eq!(probe.try_byte("append", &[1, 7, 100]), Ok(0));
    // Closes the file.
    probe.stop();
    remount();
    probe.start();
    assert_eq!(probe.try_call("open", &[7, READ]), Ok(1));
    assert_eq!((probe.call("size", &[1]), read(probe, 1, 98, 8)), (100, 0x0707));

    let other = Probe::install(&app!("few"));
    assert_eq!((other.call("entry", &[0]), other.try_call("open", &[7, READ])), (-1, Err(NOT_FOUND)));
    other.remove();
    probe.remove();
    passed("files stay when an app stops and the device restarts, and end with the app");
}

fn quota() {
    let probe = Probe::install(&app!("few"));
    assert_eq!(probe.try_call("open", &[0, UPDATE]), Ok(1));
    assert_eq!(probe.try_byte("append", &[1, 1, LARGEST + 1]), Err(NO_SPACE));
    assert_eq!(probe.try_byte("append", &[1, 1, LARGEST]), Ok(0));
    assert_eq!(probe.try_call("open", &[1, UPDATE]), Err(NO_SPACE));
    probe.remove();
    passed("the manifest of an app sets the quota of its files");
}
