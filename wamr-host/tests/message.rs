//! Apps send messages to each other and to the client, and receive them.

mod apps;

use std::sync::Mutex;

use apps::{App, Rig, with};
use wamr_device::{AppEvents, EventHooks, Mailbox};
use wamr_host::Error;
use wamr_host::message::{Client, Messages, NAMES_MAX, NAMES_OF_ONE_MAX};
use wamr_proto::{AppMessage, ErrorCode};

/// The functions return 0, or 1 plus the number of the error.
const APP: &str = r#"(module
    (import "wamr:device/message@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32 i32)))
    (import "wamr:device/message@0.1.0" "receive" (func $receive (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "onetwothreeclient\ff")
    (data (i32.const 1024) "content")
    (global $new (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $len i32) (result i32)
        (global.get $new)
        (global.set $new (i32.add (global.get $new) (local.get $len))))
    (func (export "allocate-at") (param i32) (global.set $new (local.get 0)))
    (func $code (param $ret i32) (result i32)
        (i32.mul (i32.load8_u (local.get $ret)) (i32.add (i32.const 1) (i32.load8_u offset=1 (local.get $ret)))))
    (func (export "to-client") (param $len i32) (result i32)
        (call $send (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024) (local.get $len) (i32.const 512))
        (call $code (i32.const 512)))
    (func (export "to-app") (param $name i32) (param $name-len i32) (param $len i32) (result i32)
        (call $send (i32.const 1) (local.get $name) (local.get $name-len) (i32.const 1024) (local.get $len) (i32.const 512))
        (call $code (i32.const 512)))
    ;; The length of the message plus 1000 times the length of the sender's name; -1 for none, -2 minus the number of an error.
    (func (export "receive") (param $max i32) (result i32)
        (global.set $new (i32.const 4096))
        (call $receive (local.get $max) (i32.const 512))
        (if (i32.load8_u (i32.const 512)) (then (return (i32.sub (i32.const -2) (i32.load8_u (i32.const 516))))))
        (if (i32.eqz (i32.load8_u (i32.const 516))) (then (return (i32.const -1))))
        (i32.add (i32.load (i32.const 524)) (i32.mul (i32.const 1000)
            (select (i32.load (i32.const 536)) (i32.const 0) (i32.load8_u (i32.const 528))))))
    (func (export "byte") (param $at i32) (result i32)
        (i32.load8_u (i32.add (i32.load (i32.const 520)) (local.get $at))))
    (func (export "name-byte") (param $at i32) (result i32)
        (i32.load8_u (i32.add (i32.load (i32.const 532)) (local.get $at))))
    (func (export "raw-send") (param i32 i32 i32 i32 i32 i32)
        (call $send (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))
    (func (export "raw-receive") (param i32 i32) (call $receive (local.get 0) (local.get 1)))
    (global $announced (mut i32) (i32.const 0))
    (func (export "on-event") (param $kind i32) (param $value i32) (param i32)
        (if (i32.eq (local.get $kind) (i32.const 2)) (then (global.set $announced (local.get $value)))))
    (func (export "announced") (result i32) (global.get $announced)))"#;

/// Names in the memory of the app: their addresses and lengths.
const ONE: [i32; 2] = [0, 3];
const TWO: [i32; 2] = [3, 3];

const NONE: i32 = -1;

/// Takes what the apps send.
#[derive(Default)]
struct Connected {
    sent: Mutex<Vec<(u8, Vec<u8>)>>,
    error: Mutex<Option<Error>>,
}

impl Client for Connected {
    fn send(&self, app: u8, message: &AppMessage) -> Result<(), Error> {
        if let Some(error) = *self.error.lock().unwrap() {
            return Err(error);
        }
        self.sent.lock().unwrap().push((app, message.to_vec()));
        Ok(())
    }
}

type Group = Messages<Connected, 4>;

fn with_group(work: impl FnOnce(&mut Rig<'_, '_, '_>, &Group)) {
    let events: &AppEvents = Box::leak(Box::new(AppEvents::new(EventHooks { now: || 0, wake: || (), share: 100 })));
    let group = Messages::new(Connected::default(), events);
    with(&[&group], Some(events), |rig| work(rig, &group));
}

fn app<'a>(name: &'a str, capabilities: Option<&'a [&'a str]>) -> App<'a> {
    App { name, capabilities, text: APP }
}

fn code(error: Error) -> i32 {
    error as i32 + 1
}

fn to_app(rig: &mut Rig<'_, '_, '_>, from: u8, [name, len]: [i32; 2], message: i32) -> i32 {
    rig.call(from, "to-app", &[name, len, message])
}

#[test]
fn a_client_and_an_app_exchange_messages() {
    with_group(|rig, group| {
        rig.load(0, &app("one", None)).unwrap();
        rig.load(1, &app("two", Some(&["message:client"]))).unwrap();
        assert_eq!(rig.call(0, "receive", &[100]), NONE);
        group.deliver(0, b"first").unwrap();
        group.deliver(1, b"other").unwrap();
        group.deliver(0, b"").unwrap();
        assert!(rig.deliver(0) && !rig.deliver(0), "one event for both");
        assert_eq!(rig.call(0, "announced", &[]), 2);
        assert_eq!(rig.call(0, "receive", &[5]), 5);
        assert_eq!([0, 4].map(|at| rig.call(0, "byte", &[at])), [i32::from(b'f'), i32::from(b't')]);
        assert_eq!(rig.call(0, "receive", &[0]), 0, "a message without bytes");
        assert_eq!(rig.call(0, "receive", &[100]), NONE, "the other message is for the other app");
        assert_eq!(rig.call(1, "receive", &[100]), 5);

        assert_eq!(rig.call(1, "to-client", &[7]), 0);
        assert_eq!(rig.call(0, "to-client", &[0]), 0);
        assert_eq!(*group.client().sent.lock().unwrap(), [(1, b"content".to_vec()), (0, vec![])]);
        assert_eq!(rig.call(0, "to-client", &[128]), 0);
        assert_eq!(rig.call(0, "to-client", &[129]), code(Error::InvalidArgument));
        for error in [Error::NotFound, Error::NoSpace] {
            *group.client().error.lock().unwrap() = Some(error);
            assert_eq!(rig.call(0, "to-client", &[7]), code(error));
        }
    });
}

#[test]
fn apps_exchange_messages_if_both_manifests_permit_it() {
    for (one, two) in [
        (None, None),
        (Some(&["message"][..]), Some(&["message:one"][..])),
        (Some(&["message:two"]), Some(&["message:client", "message:one", "message:three"])),
    ] {
        with_group(|rig, _| {
            rig.load(0, &app("one", one)).unwrap();
            rig.load(1, &app("two", two)).unwrap();
            assert_eq!(to_app(rig, 0, TWO, 7), 0);
            assert!(rig.deliver(1));
            assert_eq!(rig.call(1, "announced", &[]), 1);
            assert_eq!(rig.call(1, "receive", &[7]), 3007, "with the name of the sender");
            assert_eq!([0, 2].map(|at| rig.call(1, "name-byte", &[at])), [i32::from(b'o'), i32::from(b'e')]);
            assert_eq!(rig.call(1, "byte", &[6]), i32::from(b't'));
            assert_eq!(to_app(rig, 1, ONE, 0), 0);
            assert_eq!(rig.call(0, "receive", &[0]), 3000);
        });
    }
}

#[test]
fn what_a_manifest_does_not_list_is_refused() {
    with_group(|rig, group| {
        rig.load(0, &app("one", Some(&["message:two"]))).unwrap();
        rig.load(1, &app("two", Some(&["message:three"]))).unwrap();
        rig.load(2, &app("three", None)).unwrap();
        assert_eq!(to_app(rig, 0, TWO, 7), code(Error::NotFound), "the receiver does not list the sender");
        assert_eq!(rig.trap(1, "to-app", &[ONE[0], ONE[1], 7]), "host function failed: message:one is not granted");
        assert_eq!(rig.trap(1, "to-client", &[7]), "host function failed: message:client is not granted");
        assert_eq!(group.deliver(0, b"hello").unwrap_err().code, ErrorCode::NoMessages);
        assert_eq!(to_app(rig, 2, TWO, 7), 0);
        assert_eq!(to_app(rig, 2, ONE, 7), code(Error::NotFound));
        assert_eq!(rig.call(0, "receive", &[100]), NONE);
        for entry in ["message:", "message:seventeen letters"] {
            let refusal = rig.load(3, &app("four", Some(&[entry]))).unwrap_err();
            assert_eq!((refusal.code, refusal.message.as_str()), (ErrorCode::UnknownCapability, entry));
        }
        let refusal = rig.load(3, &app("four", Some(&[]))).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::UndeclaredCapability);
    });
}

#[test]
fn an_app_without_a_name_and_one_that_is_gone_get_none() {
    with_group(|rig, group| {
        rig.load(0, &app("one", None)).unwrap();
        rig.load(1, &app("", None)).unwrap();
        assert_eq!(to_app(rig, 1, ONE, 7), code(Error::NotSupported));
        assert_eq!(to_app(rig, 0, [0, 0], 7), 0, "it can be told, but cannot answer");
        group.deliver(1, b"hello").unwrap();
        assert_eq!(to_app(rig, 0, TWO, 7), code(Error::NotFound));
        assert_eq!(group.deliver(2, b"hello").unwrap_err().code, ErrorCode::NoMessages);
        assert_eq!(group.deliver(255, b"hello").unwrap_err().code, ErrorCode::NoMessages);
        // A new app in its place does not get what was meant for the old one.
        rig.load(1, &app("two", None)).unwrap();
        assert_eq!(rig.call(1, "receive", &[100]), NONE);
        rig.load(1, &App { text: "(module)", ..app("two", None) }).unwrap();
        assert_eq!(to_app(rig, 0, TWO, 7), code(Error::NotFound), "it does not use messages");
        assert_eq!(group.deliver(1, b"hello").unwrap_err().code, ErrorCode::NoMessages);
    });
}

#[test]
fn the_queue_is_bounded_and_one_app_cannot_fill_it() {
    with_group(|rig, group| {
        rig.load(0, &app("one", None)).unwrap();
        rig.load(1, &app("two", None)).unwrap();
        (0..3).for_each(|_| group.deliver(0, &[7; 128]).unwrap());
        assert_eq!(group.deliver(0, b"").unwrap_err().code, ErrorCode::QueueFull);
        assert_eq!(to_app(rig, 1, ONE, 0), code(Error::NoSpace));
        assert_eq!(to_app(rig, 0, TWO, 1), 0, "there is room for one more");
        assert_eq!(group.deliver(1, b"").unwrap_err().code, ErrorCode::QueueFull);
        assert_eq!(rig.call(0, "receive", &[127]), -2 - Error::NoSpace as i32, "the message is lost");
        assert_eq!(group.deliver(1, &[0; 129]).unwrap_err().code, ErrorCode::MessageTooLong);
        group.deliver(1, b"").unwrap();
        assert_eq!([100, 100].map(|max| rig.call(1, "receive", &[max])), [3001, 0], "in their order");
        assert_eq!([128, 128, 128].map(|max| rig.call(0, "receive", &[max])), [128, 128, NONE]);
        assert_eq!(to_app(rig, 0, TWO, 129), code(Error::InvalidArgument));
    });
}

#[test]
fn an_app_fills_at_most_half_of_the_queue_and_sends_nothing_to_itself() {
    with_group(|rig, group| {
        rig.load(0, &app("one", None)).unwrap();
        rig.load(1, &app("two", None)).unwrap();
        assert_eq!(to_app(rig, 0, ONE, 7), code(Error::InvalidArgument));
        assert_eq!([7, 7, 7].map(|len| to_app(rig, 0, TWO, len)), [0, 0, code(Error::NoSpace)]);
        group.deliver(1, b"there is room for the client").unwrap();
        assert_eq!(to_app(rig, 1, ONE, 7), 0, "and for another app");
        assert_eq!(rig.call(1, "receive", &[100]), 3007);
        assert_eq!([7, 7].map(|len| to_app(rig, 0, TWO, len)), [0, code(Error::NoSpace)]);
    });
}

#[test]
fn the_names_of_all_manifests_are_bounded() {
    with_group(|rig, _| {
        let names: Vec<_> = (0..NAMES_MAX + 1).map(|number| format!("message:app{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let mut names = names.chunks(NAMES_OF_ONE_MAX);
        let first = names.next().unwrap();
        rig.load(0, &app("one", Some(first))).unwrap();
        rig.load(1, &app("two", Some(first))).unwrap();
        for (number, names) in (2..5).zip(&mut names) {
            rig.load(number, &app("more", Some(names))).unwrap();
        }
        let last = names.next().unwrap();
        let refusal = rig.load(5, &app("last", Some(last))).unwrap_err();
        assert_eq!((refusal.code, refusal.bound), (ErrorCode::LimitExceeded, Some(NAMES_MAX as u32)));
        rig.load(4, &app("fewer", None)).unwrap();
        rig.load(5, &app("last", Some(last))).unwrap();

        let many = [first, last].concat();
        let refusal = rig.load(6, &app("many", Some(&many))).unwrap_err();
        assert_eq!((refusal.code, refusal.bound), (ErrorCode::LimitExceeded, Some(NAMES_OF_ONE_MAX as u32)));
        rig.load(6, &app("many", Some(&[first, &["message:client"]].concat()))).unwrap();
    });
}

#[test]
fn addresses_out_of_bounds_trap() {
    with_group(|rig, group| {
        rig.load(0, &app("one", None)).unwrap();
        for args in [
            [2, 0, 0, 1024, 7, 512],
            [-1, 0, 0, 1024, 7, 512],
            [0, 0, 0, 65_530, 7, 512],
            [0, 0, 0, -1, -1, 512],
            [1, 65_535, 3, 1024, 7, 512],
            [1, -1, -1, 1024, 7, 512],
            [1, 15, 3, 1024, 7, 512],
            [0, 0, 0, 1024, 7, 65_536],
            [0, 0, 0, 1024, 7, -1],
        ] {
            rig.trap(0, "raw-send", &args);
        }
        for at in [65_534, 513, -4] {
            group.deliver(0, b"hello").unwrap();
            rig.trap(0, "raw-receive", &[100, at]);
            assert_eq!(rig.call(0, "receive", &[100]), NONE);
        }
        group.deliver(0, b"hello").unwrap();
        rig.run(0, "allocate-at", &[65_533]);
        rig.trap(0, "raw-receive", &[100, 512]);
        group.deliver(0, b"hello").unwrap();
        assert_eq!(rig.call(0, "receive", &[-1]), 5);
    });
}
