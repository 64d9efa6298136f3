//! Programs use WASI preview 1.

mod apps;

use std::cell::RefCell;
use std::sync::Mutex;

use apps::{App, Rig, with};
use wamr_device::LogLine;
use wamr_host::Error;
use wamr_host::log::Level;
use wamr_host::wasi::{RANDOM_MAX, SLEEP_MAX, System, TRANSFER_MAX, Wasi};
use wamr_proto::{Outcome, TrapKind};

/// Each function of the module with its parameters. The guest exports what it imports, with numbers of 32 bits.
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("args_get", &["i32", "i32"]),
    ("args_sizes_get", &["i32", "i32"]),
    ("environ_get", &["i32", "i32"]),
    ("environ_sizes_get", &["i32", "i32"]),
    ("clock_res_get", &["i32", "i32"]),
    ("clock_time_get", &["i32", "i64", "i32"]),
    ("fd_close", &["i32"]),
    ("fd_fdstat_get", &["i32", "i32"]),
    ("fd_prestat_get", &["i32", "i32"]),
    ("fd_prestat_dir_name", &["i32", "i32", "i32"]),
    ("fd_read", &["i32", "i32", "i32", "i32"]),
    ("fd_seek", &["i32", "i64", "i32", "i32"]),
    ("fd_write", &["i32", "i32", "i32", "i32"]),
    ("poll_oneoff", &["i32", "i32", "i32", "i32"]),
    ("random_get", &["i32", "i32"]),
    ("sched_yield", &[]),
];

// The numbers of errors in WASI preview 1.
const BADF: i32 = 8;
const INVAL: i32 = 28;
const IO: i32 = 29;
const NOTSUP: i32 = 58;
const SPIPE: i32 = 70;

/// Where results are.
const RET: i32 = 64;
/// Where text is that the guest has: `hello\nworld`.
const TEXT: i32 = 1024;
/// Where the guest has addresses and lengths.
const BUFFERS: i32 = 2048;
/// The end of the memory.
const END: i32 = 65_536;

fn module() -> String {
    let (mut imports, mut exports) = (String::new(), String::new());
    for (name, params) in FUNCTIONS {
        let types = params.join(" ");
        imports += &format!("(import \"wasi_snapshot_preview1\" {name:?} (func ${name} (param {types}) (result i32)))");
        let narrow = params.iter().map(|_| "i32 ").collect::<String>();
        let args: String = (0..params.len())
            .map(|index| match params[index] {
                "i64" => format!("(i64.extend_i32_s (local.get {index}))"),
                _ => format!("(local.get {index})"),
            })
            .collect();
        exports += &format!("(func (export {name:?}) (param {narrow}) (result i32) (call ${name} {args}))");
    }
    format!(
        r#"(module {imports}
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1 1)
            (data (i32.const {TEXT}) "hello\nworld")
            {exports}
            (func (export "exit") (param i32) (call $exit (local.get 0)) unreachable)
            (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
            (func (export "poke") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
            (func (export "poke-byte") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#
    )
}

/// A platform that notes what it is asked for.
#[derive(Default)]
struct Platform {
    notes: Mutex<RefCell<Vec<String>>>,
    /// Has neither the time nor random numbers, for this reason.
    lacks: Option<Error>,
}

impl Platform {
    fn note(&self, note: String) {
        self.notes.lock().unwrap().borrow_mut().push(note);
    }
}

/// The platform, behind a reference that a test keeps.
struct Shared(&'static Platform);

impl System for Shared {
    fn log(&self, level: Level, line: &LogLine<'_>) {
        self.0.note(format!("{level} {line}"));
    }

    fn micros(&self) -> u64 {
        5_000_001
    }

    fn unix_time(&self) -> Option<u64> {
        self.0.lacks.is_none().then_some(1_790_000_000)
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        bytes.fill(0xa5);
        self.0.lacks.map_or(Ok(()), Err)
    }

    fn sleep(&self, micros: u64) {
        self.0.note(format!("sleep {micros}"));
    }
}

/// Loads the guest, and returns what the platform noted meanwhile.
fn noted(platform: Platform, work: impl FnOnce(&mut Rig<'_, '_, '_>)) -> Vec<String> {
    let platform: &'static Platform = Box::leak(Box::new(platform));
    with(&[&Wasi::new(Shared(platform), None)], None, |rig| {
        rig.load(0, &App { name: "prog", capabilities: None, text: &module() }).unwrap();
        work(rig);
    });
    platform.notes.lock().unwrap().take()
}

fn peek_long(rig: &mut Rig<'_, '_, '_>, at: i32) -> u64 {
    let [low, high] = [0, 4].map(|offset| rig.call(0, "peek", &[at + offset]).cast_unsigned());
    u64::from(high) << 32 | u64::from(low)
}

/// Sets the buffers of a call: addresses and lengths.
fn set_buffers(rig: &mut Rig<'_, '_, '_>, buffers: &[(i32, i32)]) {
    for (index, (address, length)) in buffers.iter().enumerate() {
        let at = BUFFERS + 8 * index as i32;
        rig.run(0, "poke", &[at, *address]);
        rig.run(0, "poke", &[at + 4, *length]);
    }
}

#[test]
fn a_program_writes_lines() {
    let notes = noted(Platform::default(), |rig| {
        set_buffers(rig, &[(TEXT, 8), (TEXT + 8, 3)]);
        assert_eq!(rig.call(0, "fd_write", &[1, BUFFERS, 2, RET]), 0);
        assert_eq!(rig.call(0, "peek", &[RET]), 11);
        assert_eq!(rig.call(0, "fd_write", &[2, BUFFERS, 1, RET]), 0);
        assert_eq!(rig.call(0, "fd_write", &[1, BUFFERS, 0, RET]), 0);
        assert_eq!(rig.call(0, "peek", &[RET]), 0);
        for descriptor in [0, 3, -1] {
            assert_eq!(rig.call(0, "fd_write", &[descriptor, BUFFERS, 2, RET]), BADF);
        }
        // More than a call writes.
        set_buffers(rig, &[(4096, 1000), (4096, 1000)]);
        assert_eq!(rig.call(0, "fd_write", &[2, BUFFERS, 2, RET]), 0);
        assert_eq!(rig.call(0, "peek", &[RET]), TRANSFER_MAX as i32);
        set_buffers(rig, &[(TEXT, 1); 17]);
        assert_eq!(rig.call(0, "fd_write", &[2, BUFFERS, -1, RET]), 0);
        assert_eq!(rig.call(0, "peek", &[RET]), 16);
    });
    let (text, zeros): (Vec<_>, _) = notes.into_iter().partition(|note| !note.contains("u{0}"));
    assert_eq!(text, ["info prog: hello", "error prog: hello", "info prog: world"], "the rest when the program ends");
    assert!(zeros.len() > 8, "long lines are divided: {zeros:?}");
}

#[test]
fn a_program_knows_its_name_and_no_variables() {
    noted(Platform::default(), |rig| {
        assert_eq!(rig.call(0, "args_sizes_get", &[RET, RET + 4]), 0);
        assert_eq!(peek_long(rig, RET), 5 << 32 | 1);
        assert_eq!(rig.call(0, "args_get", &[RET, TEXT]), 0);
        assert_eq!(rig.call(0, "peek", &[RET]), TEXT);
        assert_eq!(peek_long(rig, TEXT).to_le_bytes()[..5], *b"prog\0");
        assert_eq!(rig.call(0, "environ_sizes_get", &[RET, RET + 4]), 0);
        assert_eq!(peek_long(rig, RET), 0);
        assert_eq!(rig.call(0, "environ_get", &[-1, -1]), 0, "nothing is written");
    });
}

#[test]
fn clocks() {
    noted(Platform::default(), |rig| {
        for (clock, now, resolution) in [(0, 1_790_000_000_000_000_000, 1_000_000_000), (1, 5_000_001_000, 1000)] {
            assert_eq!(rig.call(0, "clock_time_get", &[clock, 0, RET]), 0);
            assert_eq!(peek_long(rig, RET), now);
            assert_eq!(rig.call(0, "clock_res_get", &[clock, RET]), 0);
            assert_eq!(peek_long(rig, RET), resolution);
        }
        for clock in [2, 3, -1] {
            assert_eq!(rig.call(0, "clock_time_get", &[clock, 0, RET]), INVAL);
            assert_eq!(rig.call(0, "clock_res_get", &[clock, RET]), INVAL);
        }
    });
    noted(Platform { lacks: Some(Error::Io), ..Default::default() }, |rig| {
        assert_eq!(rig.call(0, "clock_time_get", &[0, 0, RET]), NOTSUP, "the time is not known");
    });
}

#[test]
fn random_numbers() {
    noted(Platform::default(), |rig| {
        assert_eq!(rig.call(0, "random_get", &[RET, 4]), 0);
        assert_eq!(peek_long(rig, RET), 0xa5a5_a5a5);
        assert_eq!(rig.call(0, "random_get", &[RET, RANDOM_MAX as i32]), 0);
        assert_eq!(rig.call(0, "random_get", &[RET, RANDOM_MAX as i32 + 1]), INVAL);
    });
    for (lacks, errno) in [(Error::Io, IO), (Error::NotSupported, NOTSUP)] {
        noted(Platform { lacks: Some(lacks), ..Default::default() }, |rig| {
            assert_eq!(rig.call(0, "random_get", &[RET, 4]), errno);
        });
    }
}

#[test]
fn the_descriptors_are_a_console() {
    noted(Platform::default(), |rig| {
        assert_eq!(rig.call(0, "fd_read", &[0, BUFFERS, 1, RET]), 0);
        assert_eq!(rig.call(0, "peek", &[RET]), 0, "the end of the input");
        for (descriptor, right) in [(0, 2), (1, 64), (2, 64)] {
            assert_eq!(rig.call(0, "fd_fdstat_get", &[descriptor, RET]), 0);
            assert_eq!([0, 8, 16].map(|offset| peek_long(rig, RET + offset)), [2, right, 0]);
            assert_eq!(rig.call(0, "fd_seek", &[descriptor, 0, 0, RET]), SPIPE);
            assert_eq!(rig.call(0, "fd_close", &[descriptor]), 0);
        }
        for descriptor in [3, 4, -1] {
            for (function, args) in [
                ("fd_read", &[descriptor, BUFFERS, 1, RET][..]),
                ("fd_fdstat_get", &[descriptor, RET]),
                ("fd_seek", &[descriptor, 0, 0, RET]),
                ("fd_close", &[descriptor]),
                ("fd_prestat_get", &[descriptor, RET]),
                ("fd_prestat_dir_name", &[descriptor, RET, 4]),
            ] {
                assert_eq!(rig.call(0, function, args), BADF, "{function} {descriptor}");
            }
        }
        assert_eq!(rig.call(0, "fd_read", &[1, BUFFERS, 1, RET]), BADF);
        assert_eq!(rig.call(0, "sched_yield", &[]), 0);
    });
}

/// Sets a subscription of a clock.
fn subscribe(rig: &mut Rig<'_, '_, '_>, clock: i32, nanos: u64, is_absolute: bool) {
    for (offset, word) in
        [(0, 7), (8, 0), (16, clock), (24, nanos as i32), (28, (nanos >> 32) as i32), (40, is_absolute.into())]
    {
        rig.run(0, "poke", &[BUFFERS + offset, word]);
    }
}

#[test]
fn a_program_sleeps() {
    let notes = noted(Platform::default(), |rig| {
        let mut sleep = |clock, nanos, is_absolute| {
            subscribe(rig, clock, nanos, is_absolute);
            let errno = rig.call(0, "poll_oneoff", &[BUFFERS, TEXT, 1, RET]);
            if errno == 0 {
                assert_eq!([rig.call(0, "peek", &[RET]), rig.call(0, "peek", &[TEXT])], [1, 7]);
                assert_eq!([8, 16, 24].map(|offset| peek_long(rig, TEXT + offset)), [0; 3]);
            }
            errno
        };
        assert_eq!(sleep(1, 2_000_000, false), 0);
        assert_eq!(sleep(0, 1, false), 0);
        assert_eq!(sleep(1, 5_000_301_000, true), 0);
        assert_eq!(sleep(1, 1, true), 0, "it is over");
        assert_eq!(sleep(0, SLEEP_MAX * 1000, false), 0);
        assert_eq!(sleep(0, SLEEP_MAX * 1000 + 1, false), INVAL);
        assert_eq!(sleep(0, u64::MAX, true), INVAL);
        assert_eq!(sleep(9, 1, false), INVAL);
        subscribe(rig, 1, 1, false);
        assert_eq!(rig.call(0, "poll_oneoff", &[BUFFERS, TEXT, 0, RET]), INVAL);
        assert_eq!(rig.call(0, "poll_oneoff", &[BUFFERS, TEXT, 2, RET]), NOTSUP);
        rig.run(0, "poke-byte", &[BUFFERS + 8, 1]);
        assert_eq!(rig.call(0, "poll_oneoff", &[BUFFERS, TEXT, 1, RET]), NOTSUP, "a descriptor");
    });
    assert_eq!(notes, ["sleep 2000", "sleep 1", "sleep 300", "sleep 0", "sleep 1000000"]);
}

#[test]
fn an_exit_ends_the_call_with_its_status() {
    let notes = noted(Platform::default(), |rig| {
        set_buffers(rig, &[(TEXT, 2)]);
        assert_eq!(rig.call(0, "fd_write", &[1, BUFFERS, 1, RET]), 0);
        for status in [0, 3, -1] {
            let Outcome::Trapped { kind: TrapKind::Host, message } = rig.run(0, "exit", &[status]) else {
                panic!("{status}")
            };
            let expected = format!("exited with status {}", status.cast_unsigned());
            assert!(message.as_str().ends_with(&expected), "{message}");
        }
    });
    assert_eq!(notes, ["info prog: he"]);
}

#[test]
fn addresses_out_of_bounds_trap() {
    noted(Platform::default(), |rig| {
        for at in [END, END - 3, -4] {
            for (function, args) in [
                ("args_get", &[at, TEXT][..]),
                ("args_get", &[RET, at]),
                ("args_sizes_get", &[at, RET]),
                ("args_sizes_get", &[RET, at]),
                ("environ_sizes_get", &[at, RET]),
                ("environ_sizes_get", &[RET, at]),
                ("clock_res_get", &[1, at]),
                ("clock_time_get", &[1, 0, at]),
                ("fd_fdstat_get", &[1, at]),
                ("fd_read", &[0, BUFFERS, 1, at]),
                ("fd_write", &[1, BUFFERS, 0, at]),
                ("fd_write", &[1, at, 1, RET]),
                ("poll_oneoff", &[at, TEXT, 1, RET]),
                ("random_get", &[at, 8]),
            ] {
                rig.trap(0, function, args);
            }
            subscribe(rig, 1, 0, false);
            rig.trap(0, "poll_oneoff", &[BUFFERS, at, 1, RET]);
            rig.trap(0, "poll_oneoff", &[BUFFERS, TEXT, 1, at]);
            set_buffers(rig, &[(at, 4)]);
            rig.trap(0, "fd_write", &[1, BUFFERS, 1, RET]);
        }
    });
}

#[test]
fn a_program_without_the_capability_is_refused() {
    with(&[&Wasi::new(Shared(Box::leak(Box::default())), None)], None, |rig| {
        let refusal = |rig: &mut Rig<'_, '_, '_>, list| {
            rig.load(0, &App { name: "prog", capabilities: Some(list), text: &module() })
        };
        assert!(refusal(rig, &["wamr"]).unwrap_err().message.as_str().contains("wasi_snapshot_preview1"));
        assert_eq!(refusal(rig, &["wasi_snapshot_preview1"]), Ok(()));
    });
}
