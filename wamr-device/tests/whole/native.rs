//! Native code: a device runs it like other apps, but only if a key with the right to sign it did.
//!
//! `tests/native/guest.wat` is the app. The modules beside it are what `wamrctl compile` made from it.

use crate::rig::{App, Failed, Rig, flash, key, powered, public};
use wamr_device::{AppEvent, EventKind, Permissions, Role, SignaturePolicy};
use wamr_proto::{
    AppLimits, AppName, AppState, Command, ErrorCode, LimitKind, Manifest, Name, Outcome, Part, RunLimits, TrapKind,
    Value,
};
use wamr_signature::{sha256, sign};

const TEXT: &str = include_str!("../native/guest.wat");
const HOST: &[u8] = include_bytes!("../native/guest.x86_64.wasm");
const MPS2: &[u8] = include_bytes!("../native/guest.mps2.wasm");
const NRF5340: &[u8] = include_bytes!("../native/guest.nrf5340.wasm");

/// The fuel of the device's apps.
const FUEL: u64 = 100_000;

/// A module with a manifest: native code takes more of the pool than what the interpreter runs.
fn app(module: &[u8], name: &str) -> Vec<u8> {
    let limits = AppLimits { stack_size: Some(1024), ..Default::default() };
    let manifest =
        Manifest { name: AppName::new(name).unwrap(), entry: Name::new("run"), limits, ..Default::default() };
    [module, &manifest.to_section().unwrap()].concat()
}

fn signed(module: &[u8], numbers: &[u8]) -> Vec<u8> {
    numbers.iter().fold(module.to_vec(), |module, number| sign(&module, &key(*number)).unwrap())
}

/// Key 1 may sign native code, key 2 may not.
fn required() -> SignaturePolicy {
    let keys = Box::leak(Box::new([public(1), public(2)]));
    SignaturePolicy::required(keys).with_native_keys(&keys[..1])
}

#[track_caller]
fn assert_refused(rig: &mut Rig<'_, '_, '_>, module: &[u8], code: ErrorCode, why: &str) {
    assert_eq!(rig.install_module(module), Err(Failed::Refused(code, None)));
    assert!(rig.message.contains(why), "{}", rig.message);
}

#[track_caller]
fn assert_no_right(rig: &mut Rig<'_, '_, '_>, module: &[u8]) {
    assert_refused(rig, module, ErrorCode::NativeNotPermitted, "has the right to sign native code");
}

#[test]
fn it_is_installed_called_and_gets_events_like_other_apps() {
    let mut flash = flash();
    powered(&mut flash, required(), |rig| {
        rig.install_module(&signed(&app(HOST, "app"), &[1])).unwrap();
        rig.assert_version("app", 1);
        let number = rig.number();
        assert_eq!(
            rig.run(number, "uptime"),
            Ok(Outcome::Returned(wamr_proto::Values::new(&[Value::I64(0)]).unwrap()))
        );
        assert_eq!(rig.call(number, "load", &[16]), i32::from_le_bytes(*b"data"));
        let outside = rig.run_with(number, "load", &[Value::I32(65_533)]).unwrap();
        assert!(matches!(outside, Outcome::Trapped { kind: TrapKind::MemoryOutOfBounds, .. }), "{outside:?}");
        for (value, count) in [(7, 1), (9, 2)] {
            rig.events.post(number, AppEvent { kind: EventKind::Pin, id: 1, value });
            rig.wait(0);
            assert_eq!((rig.call(number, "events", &[]), rig.call(number, "last", &[])), (count, value as i32));
        }
        assert_eq!(rig.event_stats(number).map(|stats| stats.count), Some(2));
        rig.ask(Command::Stop { app: number }).unwrap();
        rig.ask(Command::Start { app: number }).unwrap();
        assert_eq!(rig.call(number, "events", &[]), 0, "a new instance");
    });
    // It is loaded from its slot again.
    powered(&mut flash, required(), |rig| {
        rig.assert_version("app", 1);
        rig.ask(Command::Remove { app: rig.number() }).unwrap();
        assert_eq!(rig.versions("app"), []);
    });
}

#[test]
fn it_takes_the_fuel_that_the_interpreter_takes() {
    powered(&mut flash(), required(), |rig| {
        let mut fuel = |module: &[u8]| {
            rig.install_module(module).unwrap();
            let number = rig.number();
            assert_eq!(rig.call(number, "count", &[100]), 300);
            rig.receipts[0].fuel
        };
        let native = fuel(&signed(&app(HOST, "app"), &[1]));
        // The versions of an app can be of either kind.
        let interpreted = fuel(&signed(&app(&wat::parse_str(TEXT).unwrap(), "app"), &[1]));
        assert_eq!((native, interpreted), (902, 902));
    });
}

#[test]
fn whatever_does_not_end_is_stopped_with_a_receipt() {
    powered(&mut flash(), required(), |rig| {
        rig.install_module(&signed(&app(HOST, "app"), &[1])).unwrap();
        let number = rig.number();
        for name in ["spin", "storm"] {
            let outcome = rig.run(number, name).unwrap();
            assert_eq!(outcome, Outcome::Stopped { limit: LimitKind::Fuel, allowed: FUEL, used: FUEL }, "{name}");
            let receipt = &rig.receipts[0];
            assert_eq!((receipt.fuel, receipt.app, receipt.memory), (FUEL, number, 65_536), "{name}");
        }
        let limits = RunLimits { fuel: Some(1000), ..Default::default() };
        let outcome = rig.run_within(limits, number, "spin", &[]).unwrap();
        assert_eq!(outcome, Outcome::Stopped { limit: LimitKind::Fuel, allowed: 1000, used: 1000 });
        let outcome = rig.run_with(number, "dive", &[Value::I32(0)]).unwrap();
        assert!(matches!(outcome, Outcome::Trapped { kind: TrapKind::StackOverflow, .. }), "{outcome:?}");
        assert_eq!(rig.call(number, "count", &[1]), 3, "it still works");
    });
}

#[test]
fn only_keys_with_the_right_sign_it() {
    let module = app(HOST, "app");
    powered(&mut flash(), required(), |rig| {
        assert_refused(rig, &module, ErrorCode::NotSigned, "");
        assert_eq!(rig.install_module(&signed(&module, &[3])), Err(Failed::Refused(ErrorCode::UnknownKey, None)));
        assert_no_right(rig, &signed(&module, &[2]));
        // Any of several signers may have it.
        rig.install_module(&signed(&module, &[2, 1])).unwrap();
        rig.assert_version("app", 1);
        // The others still sign WebAssembly, for names of their own.
        rig.install(&App::new("other", 1).signed(2)).unwrap();
    });
}

#[test]
fn it_must_be_signed_whatever_the_device_requires() {
    let module = app(HOST, "app");
    powered(&mut flash(), SignaturePolicy::optional(&[]), |rig| {
        assert_refused(rig, &module, ErrorCode::NativeNotPermitted, "not signed");
        rig.ask(Command::TrustNative { key: public(3) }).unwrap();
        rig.install_module(&signed(&module, &[3])).unwrap();
    });
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        for module in [&module, &signed(&module, &[1])] {
            assert_refused(rig, module, ErrorCode::NativeNotPermitted, "not signed, or nothing checks");
        }
        let given = rig.ask(Command::TrustNative { key: public(1) });
        assert_eq!(given, Err(Failed::Refused(ErrorCode::SignaturesOff, None)));
    });
}

#[test]
fn the_right_is_given_and_taken_for_good() {
    let mut flash = flash();
    let module = app(HOST, "app");
    let properties = |rig: &mut Rig<'_, '_, '_>| -> Vec<u8> {
        let mut read = |at| {
            rig.ask(Command::Read { part: Part::Key, app: 0, at }).unwrap();
            rig.excerpt.take().unwrap().last().copied()
        };
        (0..).map_while(&mut read).collect()
    };
    powered(&mut flash, required(), |rig| {
        assert_eq!(properties(rig), [3, 1]);
        // Trust that was given before there was native code does not include it.
        rig.ask(Command::Trust { key: public(3) }).unwrap();
        assert_eq!(properties(rig), [3, 1, 0]);
        assert_no_right(rig, &signed(&module, &[3]));
        for number in [2, 3] {
            rig.ask(Command::TrustNative { key: public(number) }).unwrap();
            let operations = rig.flash.operations();
            rig.ask(Command::TrustNative { key: public(number) }).unwrap();
            assert_eq!(rig.flash.operations(), operations, "it has it");
        }
        assert_eq!(properties(rig), [3, 3, 2]);
        rig.install_module(&signed(&module, &[3])).unwrap();
    });
    powered(&mut flash, required(), |rig| {
        assert_eq!(properties(rig), [3, 3, 2]);
        rig.assert_version("app", 1);
        // Also from a key of the firmware.
        rig.ask(Command::Trust { key: public(1) }).unwrap();
        rig.ask(Command::Trust { key: public(3) }).unwrap();
        assert_eq!(properties(rig), [1, 3, 0]);
        rig.assert_version("app", 1);
        // The ledger moves to its other page, and remembers.
        for _ in 0..70 {
            rig.ask(Command::Trust { key: [9; 32] }).unwrap();
            rig.ask(Command::Revoke { key: [9; 32] }).unwrap();
        }
        assert_eq!(properties(rig), [1, 3, 0]);
        let number = rig.number();
        assert_eq!(rig.ask(Command::Start { app: number }), Err(Failed::Refused(ErrorCode::NativeNotPermitted, None)));
    });
    // What was installed does not start any more.
    powered(&mut flash, required(), |rig| {
        assert!(rig.status().apps.iter().all(|app| app.state != AppState::Started), "{:?}", rig.status().apps);
        assert_no_right(rig, &signed(&module, &[1]));
        rig.ask(Command::TrustNative { key: public(3) }).unwrap();
        rig.install_module(&signed(&module, &[3])).unwrap();
        rig.assert_version("app", 1);
        rig.ask(Command::Revoke { key: public(3) }).unwrap();
        assert_eq!(properties(rig), [1, 3]);
        assert_eq!(rig.install_module(&signed(&module, &[3])), Err(Failed::Refused(ErrorCode::UnknownKey, None)));
    });
}

#[test]
fn only_the_owner_gives_the_right() {
    powered(&mut flash(), required(), |rig| {
        let give = Command::TrustNative { key: public(3) };
        rig.reconnect(Role::Operator);
        assert_eq!(rig.ask(give.clone()), Err(Failed::Refused(ErrorCode::NotPermitted, None)));
        rig.set_permissions(Permissions { trust: true, ..Permissions::DEFAULT });
        rig.ask(give).unwrap();
    });
}

#[test]
fn code_that_this_device_cannot_run_is_refused_by_name() {
    powered(&mut flash(), required(), |rig| {
        for module in [MPS2, NRF5340] {
            let module = signed(&app(module, "app"), &[1]);
            assert_refused(rig, &module, ErrorCode::InvalidModule, "for another processor");
        }
        let module = app(HOST, "app");
        let note = position(&module, b"wamr:native\0") + 12;
        let changed = |at: usize| {
            let mut module = module.clone();
            module[at] ^= 1;
            signed(&module, &[1])
        };
        assert_refused(rig, &changed(note), ErrorCode::InvalidModule, "does not count its instructions");
        assert_refused(rig, &changed(note - 2), ErrorCode::InvalidModule, "does not count its instructions");
        // An empty section that moves the code by a byte more than a multiple of 4.
        let moved = [&module[..8], b"\0\x03\x02hi", &module[8..]].concat();
        assert_refused(rig, &signed(&moved, &[1]), ErrorCode::InvalidModule, "misaligned native code");
        // A section that has been cut: nothing of the file is left.
        let section = position(&module, b"\x08wamr:aot");
        let empty = [&module[..8], b"\0\x0a\x08wamr:aot\x07"].concat();
        assert_refused(rig, &signed(&empty, &[1]), ErrorCode::InvalidModule, "too short");
        // Without the code, the functions are there and trap, but the import keeps the module from being loaded at all.
        let mut other = module.clone();
        other[section + 1] = b'x';
        assert_refused(rig, &signed(&other, &[1]), ErrorCode::UnknownImport, "native-code");
        assert_eq!(rig.status().apps.len(), 0);
    });
}

#[test]
fn a_client_reads_the_hash_of_the_module_that_was_compiled() {
    let text = wat::parse_str(TEXT).unwrap();
    let origin = |module: &[u8]| {
        powered(&mut flash(), required(), |rig| {
            rig.install_module(&signed(&app(module, "app"), &[1])).unwrap();
            rig.ask(Command::Read { part: Part::Digest, app: rig.number(), at: 32 }).unwrap();
            rig.excerpt.take().unwrap().to_vec()
        })
    };
    assert_eq!(origin(HOST), sha256(&text));
    assert_eq!(origin(&text), [], "an app without native code");
}

fn position(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).position(|window| window == wanted).expect("it is there")
}

/// The hash in a file links it to its module.
#[test]
fn the_committed_code_is_that_of_the_text() {
    let hash = sha256(&wat::parse_str(TEXT).unwrap());
    for module in [HOST, MPS2, NRF5340] {
        let code = wamr::NativeCode::in_module(module).unwrap().expect("native code");
        assert_eq!(code.origin, hash, "compile tests/native/guest.wat again, as it says");
    }
}
