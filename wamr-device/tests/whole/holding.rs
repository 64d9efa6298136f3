//! Calls whose arguments or results are in the memory of an app.

use crate::rig::{App, Failed, Rig, flash, powered};
use wamr_device::{AppEvent, EventKind, Permissions, Role, SignaturePolicy};
use wamr_proto::{Command, ErrorCode, Excerpt, Part, Value};

/// An app that turns text into capital letters. Its memory from 64 on is free, and each event writes to 64.
fn app() -> App {
    App::new("app", 1).with(|app| {
        app.more = r#"
            (memory (export "memory") 1)
            (global $free (mut i32) (i32.const 64))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.get $free)
                (global.set $free (i32.add (global.get $free) (local.get 3))))
            (func (export "like-realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8))
            (func (export "upper") (param $at i32) (param $length i32) (result i32)
                (i32.store (i32.const 8) (local.get $at))
                (i32.store (i32.const 12) (local.get $length))
                (block $done (loop $next
                    (br_if $done (i32.eqz (local.get $length)))
                    (i32.store8 (local.get $at) (i32.sub (i32.load8_u (local.get $at)) (i32.const 32)))
                    (local.set $at (i32.add (local.get $at) (i32.const 1)))
                    (local.set $length (i32.sub (local.get $length) (i32.const 1)))
                    (br $next)))
                (i32.const 8))
            (func (export "on-event") (param i32 i32 i32) (i32.store (i32.const 64) (i32.const -1)))
            (@custom "component-type:test" "types")"#;
    })
}

fn refused<T>(code: ErrorCode) -> Result<T, Failed> {
    Err(Failed::Refused(code, None))
}

impl Rig<'_, '_, '_> {
    fn read(&mut self, part: Part, at: u32) -> Result<Vec<u8>, Failed> {
        self.ask(Command::Read { part, app: 0, at })?;
        Ok(self.excerpt.take().unwrap().to_vec())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Failed> {
        self.ask(Command::Write { app: 0, at, bytes: Excerpt::of(bytes) })
    }

    fn hold(&mut self, millis: u16) -> Result<(), Failed> {
        self.ask(Command::Hold { app: 0, millis })
    }
}

#[test]
fn arguments_and_results_pass_through_memory() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app()).unwrap();
        rig.hold(1_000).unwrap();
        let at = rig.call(0, "cabi_realloc", &[0, 0, 1, 5]);
        rig.write(at as u32, b"he").unwrap();
        rig.write(at as u32 + 2, b"llo").unwrap();
        let result = rig.call(0, "upper", &[at, 5]);
        assert_eq!(rig.read(Part::Memory, result as u32).unwrap()[..8], [at as u8, 0, 0, 0, 5, 0, 0, 0]);
        let text = rig.read(Part::Memory, at as u32).unwrap();
        assert_eq!((&text[..5], text.len()), (&b"HELLO"[..], Excerpt::MAX));
        assert_eq!(rig.read(Part::Memory, 65_533).unwrap().len(), 3, "the end of the memory");
        assert_eq!(rig.read(Part::Memory, u32::MAX).unwrap().len(), 0);
        rig.hold(0).unwrap();
        assert_eq!(rig.read(Part::Memory, 0), refused(ErrorCode::NotHeld));
    });
}

#[test]
fn only_memory_that_was_allocated_last_during_the_hold_can_be_written() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app()).unwrap();
        let before = rig.call(0, "cabi_realloc", &[0, 0, 1, 8]) as u32;
        assert_eq!(rig.write(before, b"a"), refused(ErrorCode::NotHeld));
        rig.hold(1_000).unwrap();
        assert_eq!(rig.write(before, b"a"), refused(ErrorCode::NotHeld));
        let first = rig.call(0, "cabi_realloc", &[0, 0, 1, 8]) as u32;
        let second = rig.call(0, "cabi_realloc", &[0, 0, 4, 4]) as u32;
        for (at, bytes) in [(first, "a"), (second, "abcde"), (second + 4, "a"), (second - 1, "ab"), (u32::MAX, "a")] {
            assert_eq!(rig.write(at, bytes.as_bytes()), refused(ErrorCode::NotHeld), "{at}");
        }
        rig.write(second, b"abcd").unwrap();
        rig.write(second + 4, b"").unwrap();
        // An app may return the memory that it should move, which it uses.
        rig.call(0, "cabi_realloc", &[8, 4, 1, 4]);
        assert_eq!(rig.write(72, b"a"), refused(ErrorCode::NotHeld));
        rig.call(0, "like-realloc", &[0, 0, 1, 4]);
        assert_eq!(rig.write(8, b"a"), refused(ErrorCode::NotHeld), "it allocates nothing");
        rig.ask(Command::Start { app: 0 }).unwrap();
        assert_eq!(rig.write(second, b"a"), refused(ErrorCode::NotHeld), "it was loaded again");
    });
}

#[test]
fn what_was_allocated_in_a_hold_can_be_written_in_this_hold_and_app_only() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app()).unwrap();
        rig.install(&App { manifest: App::new("other", 1).manifest, ..app() }).unwrap();
        rig.hold(500).unwrap();
        let at = rig.call(0, "cabi_realloc", &[0, 0, 1, 8]) as u32;
        let other = Command::Write { app: 1, at, bytes: Excerpt::of(b"a") };
        assert_eq!(rig.ask(other), refused(ErrorCode::NotHeld));
        rig.wait(499);
        rig.hold(500).unwrap();
        rig.write(at, b"a").unwrap();
        rig.wait(500);
        assert_eq!(rig.write(at, b"a"), refused(ErrorCode::NotHeld), "the hold is over");
        rig.hold(500).unwrap();
        assert_eq!(rig.write(at, b"a"), refused(ErrorCode::NotHeld), "another hold");
    });
}

#[test]
fn memory_that_no_allocator_returns_cannot_be_written() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        let more = r#"(memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.sub (local.get 3) (i32.const 1)))"#;
        rig.install(&App::new("app", 1).with(|app| app.more = more)).unwrap();
        rig.set_call_bytes(u32::MAX);
        for (align, size) in [(1, 1), (4, 4), (3, 4), (0, 8), (1, 40_000), (1, -1)] {
            rig.hold(0).unwrap();
            rig.hold(1_000).unwrap();
            let at = rig.call(0, "cabi_realloc", &[0, 0, align, size]);
            assert_eq!(rig.write(at as u32, b"a"), refused(ErrorCode::NotHeld), "{align} {size}");
        }
        rig.hold(0).unwrap();
        rig.hold(1_000).unwrap();
        let at = rig.call(0, "cabi_realloc", &[0, 0, 1, 8]);
        rig.write(at as u32, b"a").unwrap();
    });
}

#[test]
fn an_app_that_is_held_gets_its_events_later() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app()).unwrap();
        let count = |rig: &mut Rig<'_, '_, '_>| rig.event_stats(0).unwrap().count;
        rig.hold(500).unwrap();
        rig.events.post(0, AppEvent { kind: EventKind::Pin, id: 1, value: 1 });
        rig.wait(499);
        assert_eq!((count(rig), rig.next_time()), (0, Some(500)));
        rig.wait(1);
        assert_eq!((count(rig), rig.next_time()), (1, None));
        assert_eq!(rig.read(Part::Memory, 0), refused(ErrorCode::NotHeld), "the hold is over");

        rig.hold(500).unwrap();
        rig.events.post(0, AppEvent { kind: EventKind::Pin, id: 1, value: 1 });
        rig.wait(0);
        assert_eq!(count(rig), 1);
        rig.reconnect(Role::Owner);
        assert_eq!(count(rig), 2, "the client is gone");
    });
}

#[test]
fn a_hold_ends_however_often_it_is_renewed() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app()).unwrap();
        let count = |rig: &mut Rig<'_, '_, '_>| rig.event_stats(0).unwrap().count;
        let post = |rig: &Rig<'_, '_, '_>| rig.events.post(0, AppEvent { kind: EventKind::Pin, id: 1, value: 1 });
        for _ in 0..6 {
            rig.hold(60_000).unwrap();
            post(rig);
            rig.wait(9_999);
            assert_eq!(count(rig), 0);
        }
        rig.hold(10_000).unwrap();
        assert_eq!(rig.next_time(), Some(60_000));
        rig.wait(6);
        assert_eq!(count(rig), 1);
        assert_eq!(rig.read(Part::Memory, 0), refused(ErrorCode::NotHeld));
        // The time that events may take of this app has to come again.
        rig.wait(1_000);

        // No event gets lost between two holds, however quickly they follow each other.
        let hold = |app, millis| Command::Hold { app, millis };
        post(rig);
        let asked = [hold(0, 1_000), hold(0, 0), hold(0, 1_000), hold(0, 0)];
        assert_eq!(rig.ask_at_once(&asked), [None, None, Some(ErrorCode::Busy), None]);
        assert_eq!(count(rig), 2);
        rig.hold(1_000).unwrap();
        assert_eq!(rig.ask_at_once(&[hold(0, 0), hold(0, 1)]), [None, Some(ErrorCode::Busy)], "even without one");
        rig.hold(1_000).unwrap();
    });
}

#[test]
fn a_client_holds_one_app_at_a_time() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app()).unwrap();
        rig.install(&App { manifest: App::new("other", 1).manifest, ..app() }).unwrap();
        rig.hold(500).unwrap();
        assert_eq!(rig.ask(Command::Hold { app: 1, millis: 0 }), Ok(()), "it was not held");
        assert_eq!(rig.ask(Command::Hold { app: 1, millis: 500 }), refused(ErrorCode::Busy));
        rig.read(Part::Memory, 0).unwrap();
        rig.wait(500);
        assert_eq!(rig.ask(Command::Hold { app: 1, millis: 500 }), Ok(()));
    });
}

#[test]
fn arguments_and_results_have_a_bound() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        let too_large = |bound| Err(Failed::Refused(ErrorCode::CallTooLarge, Some(bound)));
        rig.install(&app()).unwrap();
        rig.set_call_bytes(200);
        let allocate = |rig: &mut Rig<'_, '_, '_>, size| {
            rig.run_with(0, "cabi_realloc", &[0, 0, 1, size].map(Value::I32)).map(drop)
        };
        rig.hold(1_000).unwrap();
        assert_eq!(allocate(rig, 201), too_large(200));
        assert_eq!(allocate(rig, -1), too_large(200));
        allocate(rig, 100).unwrap();
        assert_eq!(allocate(rig, 101), too_large(200));
        rig.hold(1_000).unwrap();
        rig.read(Part::Memory, 0).unwrap();
        allocate(rig, 36).unwrap();
        assert_eq!(allocate(rig, 1).or(rig.read(Part::Memory, 0).map(drop)), too_large(200));
        rig.call(0, "upper", &[64, 5]);
        rig.hold(0).unwrap();
        // Without a hold, nothing is passed, and another one has the bound for itself.
        allocate(rig, 300).unwrap();
        rig.hold(1_000).unwrap();
        allocate(rig, 200).unwrap();
    });
}

#[test]
fn operators_read_memory_only_with_permission() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app()).unwrap();
        rig.reconnect(Role::Operator);
        rig.hold(1_000).unwrap();
        assert_eq!(rig.read(Part::Memory, 0), refused(ErrorCode::NotPermitted));
        rig.set_permissions(Permissions { memory: true, ..Permissions::DEFAULT });
        assert!(rig.read(Part::Memory, 0).is_ok());
    });
}

#[test]
fn types_are_read_from_the_module() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app()).unwrap();
        assert_eq!(rig.read(Part::Types, 0).unwrap(), b"types");
        assert_eq!(rig.read(Part::Types, 3).unwrap(), b"es");
        assert_eq!(rig.read(Part::Types, 6).unwrap(), b"");
    });
}

#[test]
fn only_a_started_app_can_be_held() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        assert_eq!(rig.hold(1), refused(ErrorCode::NoApp));
        rig.install(&app()).unwrap();
        rig.ask(Command::Stop { app: 0 }).unwrap();
        assert_eq!(rig.hold(1), refused(ErrorCode::NotStarted));
    });
}
