//! Programs that use WASI preview 1 have files: errors, and what hostile programs do. `guest/wasi/notes.c` uses the functions as programs do.

mod apps;
#[path = "groups/littlefs.rs"]
#[allow(dead_code, reason = "the tests of the group `file` use more of it")]
mod littlefs;

use apps::{App, Rig, with};
use littlefs::LittleFs;
use wamr_device::{HostGroup, LogLine};
use wamr_host::Error;
use wamr_host::file::{Config, File};
use wamr_host::log::Level;
use wamr_host::wasi::{System, TRANSFER_MAX, Wasi};

/// What the file system reads of the drivers of other tests.
mod drivers {
    use std::cell::Cell;
    use wamr_host::Error;

    thread_local! {
        /// What its next change returns instead.
        pub static FAIL: Cell<Option<Error>> = const { Cell::new(None) };
    }
}

/// The guest exports what it imports, with numbers of 32 bits.
const APP: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_tell" (func $tell (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $stat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $flags (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_filestat_get" (func $filestat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $dir (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_filestat_get" (func $path-stat (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1 1)
    (data (i32.const 1024) "name\ff")
    (export "close" (func $close)) (export "read" (func $read)) (export "write" (func $write)) (export "sync" (func $sync))
    (export "tell" (func $tell)) (export "stat" (func $stat)) (export "flags" (func $flags))
    (export "filestat" (func $filestat)) (export "prestat" (func $prestat)) (export "dir-name" (func $dir))
    (export "path-stat" (func $path-stat)) (export "rename" (func $rename)) (export "unlink" (func $unlink))
    (func (export "seek") (param i32 i32 i32 i32) (result i32)
        (call $seek (local.get 0) (i64.extend_i32_s (local.get 1)) (local.get 2) (local.get 3)))
    ;; A directory, a name, how and with which rights to open it, flags, and the address of the result.
    (func (export "open") (param i32 i32 i32 i32 i32 i32 i32) (result i32)
        (call $open (local.get 0) (i32.const 0) (local.get 1) (local.get 2) (local.get 3)
            (i64.extend_i32_u (local.get 4)) (i64.const 0) (local.get 5) (local.get 6)))
    (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "poke") (param i32 i32) (i32.store (local.get 0) (local.get 1))))"#;

// The numbers of errors in WASI preview 1.
const BADF: i32 = 8;
const BUSY: i32 = 10;
const EXIST: i32 = 20;
const INVAL: i32 = 28;
const IO: i32 = 29;
const NOENT: i32 = 44;
const NOSPC: i32 = 51;
const NOTSUP: i32 = 58;

// `oflags`, `rights` and `fdflags`.
const CREAT: i32 = 1;
const EXCL: i32 = 4;
const TRUNC: i32 = 8;
const READ: i32 = 2;
const WRITE: i32 = 64;
const APPEND: i32 = 1;

/// The directory, and the first file.
const DIRECTORY: i32 = 3;
const FILE: i32 = 4;

const RET: i32 = 64;
const NAME: i32 = 1024;
const BUFFERS: i32 = 2048;
const DATA: i32 = 4096;
const END: i32 = 65_536;

struct Nothing;

impl System for Nothing {
    fn log(&self, _: Level, _: &LogLine<'_>) {}

    fn micros(&self) -> u64 {
        0
    }

    fn unix_time(&self) -> Option<u64> {
        None
    }

    fn random(&self, _: &mut [u8]) -> Result<(), Error> {
        Err(Error::NotSupported)
    }

    fn sleep(&self, _: u64) {}
}

/// Loads the guest with these capabilities.
fn granted(capabilities: &[&str], work: impl FnOnce(&mut Rig<'_, '_, '_>)) {
    let config = Config { quota: 1600, erases_per_hour: 1000, ..Config::new(|| 0) };
    let files: &'static File<LittleFs, 5> = Box::leak(Box::new(File::new(LittleFs::new(), config)));
    files.files().format();
    let groups: [&dyn HostGroup; 2] = [files, &Wasi::new(Nothing, Some(files))];
    with(&groups, None, |rig| {
        rig.load(0, &App { name: "prog", capabilities: Some(capabilities), text: APP }).unwrap();
        work(rig);
    });
}

fn program(work: impl FnOnce(&mut Rig<'_, '_, '_>)) {
    granted(&["file", "wasi_snapshot_preview1"], work);
}

/// Opens the file `name`, or one whose name is the beginning of that.
fn open(rig: &mut Rig<'_, '_, '_>, length: i32, how: i32, rights: i32, flags: i32) -> Result<i32, i32> {
    match rig.call(0, "open", &[DIRECTORY, NAME, length, how, rights, flags, RET]) {
        0 => Ok(rig.call(0, "peek", &[RET])),
        errno => Err(errno),
    }
}

/// Reads or writes the memory at [`DATA`].
fn transfer(rig: &mut Rig<'_, '_, '_>, function: &str, descriptor: i32, length: i32) -> Result<i32, i32> {
    rig.run(0, "poke", &[BUFFERS, DATA]);
    rig.run(0, "poke", &[BUFFERS + 4, length]);
    match rig.call(0, function, &[descriptor, BUFFERS, 1, RET]) {
        0 => Ok(rig.call(0, "peek", &[RET])),
        errno => Err(errno),
    }
}

fn position(rig: &mut Rig<'_, '_, '_>, descriptor: i32) -> i32 {
    assert_eq!(rig.call(0, "tell", &[descriptor, RET]), 0);
    rig.call(0, "peek", &[RET])
}

#[test]
fn the_directory_is_there_if_the_manifest_grants_files() {
    program(|rig| {
        assert_eq!(rig.call(0, "prestat", &[DIRECTORY, RET]), 0);
        assert_eq!([0, 4].map(|offset| rig.call(0, "peek", &[RET + offset])), [0, 1]);
        assert_eq!(rig.call(0, "dir-name", &[DIRECTORY, RET, 1]), 0);
        assert_eq!(rig.call(0, "peek", &[RET]) as u8, b'/');
        assert_eq!(rig.call(0, "dir-name", &[DIRECTORY, RET, 0]), INVAL);
        assert_eq!(rig.call(0, "stat", &[DIRECTORY, RET]), 0);
        assert_eq!([0, 8, 16].map(|offset| rig.call(0, "peek", &[RET + offset])), [3, -1, -1]);
        assert_eq!(rig.call(0, "filestat", &[DIRECTORY, RET]), 0);
        assert_eq!(rig.call(0, "peek", &[RET + 16]), 3);
        assert_eq!(rig.call(0, "close", &[DIRECTORY]), 0);
        for descriptor in [FILE, FILE + 4, -1] {
            for function in ["prestat", "stat", "filestat"] {
                assert_eq!(rig.call(0, function, &[descriptor, RET]), BADF, "{function} {descriptor}");
            }
        }
    });
    granted(&["wasi_snapshot_preview1"], |rig| {
        for (function, args) in [
            ("prestat", &[DIRECTORY, RET][..]),
            ("dir-name", &[DIRECTORY, RET, 1]),
            ("stat", &[DIRECTORY, RET]),
            ("filestat", &[DIRECTORY, RET]),
            ("close", &[DIRECTORY]),
            ("open", &[DIRECTORY, NAME, 4, CREAT, WRITE, 0, RET]),
            ("path-stat", &[DIRECTORY, 0, NAME, 4, RET]),
            ("unlink", &[DIRECTORY, NAME, 4]),
            ("rename", &[DIRECTORY, NAME, 4, DIRECTORY, NAME, 3]),
        ] {
            assert_eq!(rig.call(0, function, args), BADF, "{function}");
        }
    });
}

#[test]
fn how_a_file_is_opened() {
    program(|rig| {
        assert_eq!(open(rig, 4, 0, READ, 0), Err(NOENT));
        assert_eq!(open(rig, 4, TRUNC, WRITE, 0), Err(NOENT));
        assert_eq!(open(rig, 4, CREAT | EXCL, WRITE, 0), Ok(FILE));
        assert_eq!(open(rig, 4, 0, READ, 0), Err(BUSY), "once");
        assert_eq!(transfer(rig, "write", FILE, 10), Ok(10));
        assert_eq!(rig.call(0, "close", &[FILE]), 0);
        assert_eq!(open(rig, 4, CREAT | EXCL, WRITE, 0), Err(EXIST));
        assert_eq!(open(rig, 4, TRUNC, READ, 0), Ok(FILE), "only what is written is cut");
        assert_eq!(transfer(rig, "read", FILE, 20), Ok(10));
        assert_eq!(transfer(rig, "read", FILE, 20), Ok(0), "the end");
        assert_eq!(transfer(rig, "write", FILE, 1), Err(NOTSUP));
        assert_eq!(rig.call(0, "close", &[FILE]), 0);
        assert_eq!(open(rig, 4, 0, READ | WRITE, APPEND), Ok(FILE));
        assert_eq!((transfer(rig, "write", FILE, 2), position(rig, FILE)), (Ok(2), 12));
        assert_eq!(rig.call(0, "flags", &[FILE, 0]), 0);
        assert_eq!(rig.call(0, "seek", &[FILE, 5, 0, RET]), 0);
        assert_eq!((transfer(rig, "write", FILE, 1), position(rig, FILE)), (Ok(1), 6));
        assert_eq!(rig.call(0, "close", &[FILE]), 0);
        assert_eq!(open(rig, 4, TRUNC, WRITE, 0), Ok(FILE));
        assert_eq!(rig.call(0, "filestat", &[FILE, RET]), 0);
        assert_eq!([16, 24, 32].map(|offset| rig.call(0, "peek", &[RET + offset])), [4, 1, 0]);
        // As many as a program can have open.
        (1..4).for_each(|length| assert_eq!(open(rig, length, CREAT, WRITE, 0), Ok(FILE + length)));
        assert_eq!(open(rig, 0, CREAT, WRITE, 0), Err(INVAL), "no name");
        rig.run(0, "poke", &[NAME, i32::from_le_bytes(*b"new1")]);
        assert_eq!(open(rig, 4, CREAT, WRITE, 0), Err(NOSPC));
        assert_eq!(open(rig, 4, 0, WRITE, 0), Err(NOENT));
    });
}

#[test]
fn positions() {
    program(|rig| {
        open(rig, 4, CREAT, READ | WRITE, 0).unwrap();
        transfer(rig, "write", FILE, 10).unwrap();
        for (offset, whence, position) in [(3, 0, 3), (2, 1, 5), (-4, 1, 1), (-1, 2, 9), (5, 2, 15)] {
            assert_eq!(rig.call(0, "seek", &[FILE, offset, whence, RET]), 0);
            assert_eq!([0, 4].map(|at| rig.call(0, "peek", &[RET + at])), [position, 0]);
        }
        for (offset, whence) in [(-1, 0), (-16, 1), (-11, 2), (0, 3), (0, -1)] {
            assert_eq!(rig.call(0, "seek", &[FILE, offset, whence, RET]), INVAL, "{offset} {whence}");
        }
        assert_eq!(position(rig, FILE), 15);
        assert_eq!(transfer(rig, "read", FILE, 4), Ok(0));
        assert_eq!(transfer(rig, "write", FILE, TRANSFER_MAX as i32 + 1), Ok(TRANSFER_MAX as i32));
        assert_eq!(transfer(rig, "write", FILE, TRANSFER_MAX as i32), Err(NOSPC), "the quota");
        assert_eq!(position(rig, FILE), 15 + TRANSFER_MAX as i32);
        assert_eq!(rig.call(0, "sync", &[FILE]), 0);
    });
}

#[test]
fn files_by_their_names() {
    program(|rig| {
        open(rig, 4, CREAT, WRITE, 0).unwrap();
        transfer(rig, "write", FILE, 10).unwrap();
        assert_eq!(rig.call(0, "path-stat", &[DIRECTORY, 0, NAME, 4, RET]), 0);
        assert_eq!([16, 32].map(|at| rig.call(0, "peek", &[RET + at])), [4, 10], "with what is not synced");
        assert_eq!(rig.call(0, "unlink", &[DIRECTORY, NAME, 4]), BUSY);
        assert_eq!(rig.call(0, "rename", &[DIRECTORY, NAME, 4, DIRECTORY, NAME, 3]), BUSY);
        rig.call(0, "close", &[FILE]);
        assert_eq!(rig.call(0, "rename", &[DIRECTORY, NAME, 4, FILE, NAME, 3]), BADF);
        assert_eq!(rig.call(0, "rename", &[DIRECTORY, NAME, 4, DIRECTORY, NAME, 3]), 0);
        assert_eq!(rig.call(0, "path-stat", &[DIRECTORY, 0, NAME, 4, RET]), NOENT);
        assert_eq!(rig.call(0, "unlink", &[DIRECTORY, NAME, 4]), NOENT);
        assert_eq!(rig.call(0, "unlink", &[DIRECTORY, NAME, 3]), 0);
        rig.run(0, "poke", &[NAME, i32::from_le_bytes(*b"./ab")]);
        assert_eq!(rig.call(0, "path-stat", &[DIRECTORY, 0, NAME, 1, RET]), 0, "the directory");
        assert_eq!(rig.call(0, "peek", &[RET + 16]), 3);
        for length in 1..=4 {
            assert_eq!(open(rig, length, CREAT, WRITE, 0), Err(INVAL), "a name of {length} bytes");
        }
        rig.run(0, "poke", &[NAME, i32::from_le_bytes(*b"../a")]);
        assert_eq!(open(rig, 4, CREAT, WRITE, 0), Err(INVAL), "another directory");
    });
}

#[test]
fn a_program_learns_of_faults() {
    program(|rig| {
        open(rig, 4, CREAT, WRITE, 0).unwrap();
        transfer(rig, "write", FILE, 1).unwrap();
        assert_eq!(rig.call(0, "seek", &[FILE, 0, 0, RET]), 0);
        drivers::FAIL.set(Some(Error::Io));
        assert_eq!(transfer(rig, "write", FILE, 1), Err(IO));
        assert_eq!(position(rig, FILE), 0);
        assert_eq!(rig.call(0, "sync", &[FILE]), IO);
        assert_eq!(rig.call(0, "close", &[FILE]), IO);
        assert_eq!(rig.call(0, "close", &[FILE]), BADF, "it is closed");
    });
}

#[test]
fn files_are_closed_with_their_program() {
    program(|rig| {
        open(rig, 4, CREAT, WRITE, 0).unwrap();
        rig.load(1, &App { name: "other", capabilities: None, text: APP }).unwrap();
        assert_eq!(rig.call(1, "close", &[FILE]), BADF, "of another program");
        rig.unload(0);
        rig.load(0, &App { name: "prog", capabilities: None, text: APP }).unwrap();
        assert_eq!(rig.call(0, "close", &[FILE]), BADF);
        assert_eq!(open(rig, 4, CREAT | EXCL, WRITE, 0), Err(EXIST), "it remains");
    });
}

#[test]
fn addresses_out_of_bounds_trap() {
    program(|rig| {
        open(rig, 4, CREAT, READ | WRITE, 0).unwrap();
        for at in [END, END - 3, -4] {
            for (function, args) in [
                ("prestat", &[DIRECTORY, at][..]),
                ("dir-name", &[DIRECTORY, END, 1]),
                ("stat", &[FILE, at]),
                ("filestat", &[FILE, at]),
                ("tell", &[FILE, at]),
                ("seek", &[FILE, 0, 0, at]),
                ("path-stat", &[DIRECTORY, 0, at, 4, RET]),
                ("path-stat", &[DIRECTORY, 0, NAME, 4, at]),
                ("open", &[DIRECTORY, at, 4, 0, READ, 0, RET]),
                ("unlink", &[DIRECTORY, at, 4]),
                ("rename", &[DIRECTORY, at, 4, DIRECTORY, NAME, 3]),
                ("rename", &[DIRECTORY, NAME, 4, DIRECTORY, at, 4]),
                ("read", &[FILE, at, 1, RET]),
                ("write", &[FILE, at, 1, RET]),
                ("read", &[FILE, BUFFERS, 0, at]),
            ] {
                rig.trap(0, function, args);
            }
            rig.run(0, "poke", &[BUFFERS, at]);
            rig.run(0, "poke", &[BUFFERS + 4, 4]);
            rig.trap(0, "write", &[FILE, BUFFERS, 1, RET]);
            rig.trap(0, "read", &[FILE, BUFFERS, 1, RET]);
        }
        rig.trap(0, "unlink", &[DIRECTORY, NAME, 5]);
    });
}
