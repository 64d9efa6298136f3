//! `log`, `clock`, `timer`, `rng` and `system`.

use std::sync::atomic::Ordering::Relaxed;

use wamr_host::Error;

use crate::drivers::FAIL;
use crate::rig::{App, DATA, LOGGED, NOW, RET, rig};

#[test]
fn lines_have_levels() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.poke(0, DATA, b"a line");
        for level in 0..5 {
            rig.call(0, "log", &[level, DATA.into(), 6]).unwrap();
        }
        rig.call(0, "log", &[2, DATA.into(), 0]).unwrap();
        // While no other test has the rig.
        let lines = std::mem::take(&mut *LOGGED.lock().unwrap());
        assert_eq!(lines, ["error a line", "warn a line", "info a line", "debug a line", "trace a line", "info "]);
    });
}

#[test]
fn clocks() {
    rig(|rig| {
        rig.load(0, &App::default());
        assert_eq!(rig.call(0, "now", &[]), Ok(1 << 40));
        rig.call(0, "unix-time", &[RET.into()]).unwrap();
        assert_eq!(rig.peek(0, RET, 1), [1]);
        assert_eq!(rig.peek(0, RET + 8, 8), 1_790_000_000_u64.to_le_bytes());
    });
}

#[test]
fn timers() {
    rig(|rig| {
        rig.load(0, &App::default());
        let mut start = |function, id, time| rig.result(0, function, &[id, time], 1).unwrap();
        assert_eq!(start("timer start", 1, 100), Ok(()));
        assert_eq!(start("start-periodic", 2, 40), Ok(()));
        assert_eq!(start("start-periodic", 3, 0), Err(Error::InvalidArgument));
        for function in ["timer start", "start-periodic"] {
            for time in [(1 << 30) + 1, u32::MAX.into()] {
                assert_eq!(start(function, 3, time), Err(Error::InvalidArgument));
            }
        }
        assert_eq!(start("timer start", 3, 1 << 30), Ok(()));
        assert_eq!(start("timer start", 4, 1 << 30), Ok(()));
        assert_eq!(start("timer start", 5, 1), Err(Error::NoSpace));
        assert_eq!(start("start-periodic", 5, 1), Err(Error::NoSpace));
        assert_eq!(start("timer start", 4, 1 << 29), Ok(()), "restarted");

        NOW.store(39, Relaxed);
        assert_eq!(rig.deliver(0), None);
        NOW.store(100, Relaxed);
        let mut events = [rig.deliver(0), rig.deliver(0)];
        events.sort();
        assert_eq!(events, [Some([0, 1, 1]), Some([0, 2, 2])]);
        assert_eq!(rig.deliver(0), None);
        for (id, was_running) in [(1, 0), (2, 1), (2, 0), (3, 1), (9, 0)] {
            assert_eq!(rig.call(0, "cancel", &[id]), Ok(was_running), "{id}");
        }
        rig.unload(0);
        rig.load(0, &App::default());
        NOW.store(1 << 30, Relaxed);
        assert_eq!(rig.deliver(0), None, "timers end with their app");
    });
}

#[test]
fn random_numbers() {
    rig(|rig| {
        rig.load(0, &App::default());
        assert_eq!(rig.call(0, "number", &[]), Ok(0xa5a5_a5a5_a5a5_a5a5));
        for length in [0, 1, 1024] {
            rig.call(0, "bytes", &[length, RET.into()]).unwrap();
            assert_eq!(rig.list(0, RET), vec![0xa5; length as usize]);
        }
        for length in [1025, u64::from(u32::MAX)] {
            let trap = rig.call(0, "bytes", &[length, RET.into()]).unwrap_err();
            assert!(trap.contains("at most 1024 bytes"), "{trap}");
        }
        for (function, args) in [("bytes", &[1, RET.into()][..]), ("number", &[])] {
            FAIL.set(Some(Error::Io));
            let trap = rig.call(0, function, args).unwrap_err();
            assert!(trap.contains("no random numbers"), "{trap}");
        }
    });
}

#[test]
fn the_device() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.call(0, "name", &[RET.into()]).unwrap();
        assert_eq!(rig.list(0, RET), b"a device");
        assert_eq!(rig.call(0, "last-reset", &[]), Ok(6));
        rig.call(0, "battery", &[RET.into()]).unwrap();
        assert_eq!(rig.peek(0, RET, 2), [1, 87]);
        assert!(!rig.confirms(0, "now"));
        assert!(rig.confirms(0, "confirm"));
    });
}
