//! Whose an app's name is, and whose versions a counter counts.

use crate::rig::{App, Failed, Rig, flash, powered, public};
use wamr_device::SignaturePolicy;
use wamr_device::sim::SimFlash;
use wamr_proto::{Command, ErrorCode, Outcome, Value};

fn keys() -> &'static [[u8; 32]] {
    Box::leak(Box::new([public(1), public(2)]))
}

fn required() -> SignaturePolicy {
    SignaturePolicy::required(keys())
}

fn optional() -> SignaturePolicy {
    SignaturePolicy::optional(keys())
}

fn taken() -> Result<(), Failed> {
    Err(Failed::Refused(ErrorCode::NameTaken, None))
}

fn older(lowest: u32) -> Result<(), Failed> {
    Err(Failed::Refused(ErrorCode::OlderVersion, Some(lowest)))
}

fn trust(rig: &mut Rig<'_, '_, '_>, key: u8) {
    rig.ask(Command::Trust { key: public(key) }).unwrap();
}

fn revoke(rig: &mut Rig<'_, '_, '_>, key: u8) {
    rig.ask(Command::Revoke { key: public(key) }).unwrap();
}

#[test]
fn a_name_belongs_to_the_key_that_installed_it_first() {
    let mut flash = flash();
    powered(&mut flash, required(), |rig| {
        trust(rig, 3);
        rig.install(&App::new("app", 1).signed(1)).unwrap();
        for other in [2, 3] {
            assert_eq!(rig.install(&App::new("app", 2).signed(other)), taken());
            rig.install(&App::new(if other == 2 { "two" } else { "three" }, 2).signed(other)).unwrap();
            rig.ask(Command::Remove { app: 1 }).unwrap();
        }
        rig.assert_version("app", 1);
        // Also when the app was removed.
        rig.ask(Command::Remove { app: rig.number() }).unwrap();
        assert_eq!(rig.install(&App::new("app", 2).signed(2)), taken());
    });
    powered(&mut flash, required(), |rig| {
        assert_eq!(rig.install(&App::new("app", 2).signed(2)), taken());
        rig.install(&App::new("app", 3).signed(1)).unwrap();
        rig.assert_version("app", 3);
    });
}

#[test]
fn the_counter_of_one_signer_does_not_bind_another() {
    let mut flash = flash();
    powered(&mut flash, required(), |rig| {
        trust(rig, 3);
        rig.install(&App::new("app", 1).counter(u32::MAX).signed(3)).unwrap();
        assert_eq!(rig.install(&App::new("app", 2).counter(1).signed(1)), taken());
        // The name is free once its owner is not trusted any more.
        revoke(rig, 3);
        rig.install(&App::new("app", 2).counter(1).signed(1)).unwrap();
        rig.assert_version("app", 2);
    });
    powered(&mut flash, required(), |rig| {
        rig.assert_version("app", 2);
        assert_eq!(rig.install(&App::new("app", 0).signed(1)), older(1));
        trust(rig, 3);
        assert_eq!(rig.install(&App::new("app", 3).counter(u32::MAX).signed(3)), taken());
    });
}

#[test]
fn a_key_of_the_firmware_finds_its_counters_again() {
    powered(&mut flash(), required(), |rig| {
        rig.install(&App::new("app", 1).counter(5).signed(1)).unwrap();
        revoke(rig, 1);
        rig.install(&App::new("app", 2).counter(1).signed(2)).unwrap();
        // However often the ledger is moved.
        for _ in 0..70 {
            trust(rig, 3);
            revoke(rig, 3);
        }
        trust(rig, 1);
        assert_eq!(rig.install(&App::new("app", 3).counter(9).signed(1)), taken());
        revoke(rig, 2);
        assert_eq!(rig.install(&App::new("app", 3).counter(4).signed(1)), older(5));
        rig.install(&App::new("app", 3).counter(5).signed(1)).unwrap();
        trust(rig, 2);
        assert_eq!(rig.install(&App::new("app", 4).counter(1).signed(2)), taken());
    });
}

#[test]
fn a_client_s_key_that_is_trusted_again_has_the_names_of_its_apps() {
    powered(&mut flash(), required(), |rig| {
        trust(rig, 3);
        rig.install(&App::new("app", 1).counter(7).signed(3)).unwrap();
        rig.install(&App::new("other", 1).signed(1)).unwrap();
        revoke(rig, 3);
        trust(rig, 3);
        assert_eq!(rig.install(&App::new("app", 2).signed(1)), taken());
        assert_eq!(rig.install(&App::new("other", 2).signed(3)), taken());
        assert_eq!(rig.install(&App::new("app", 2).counter(6).signed(3)), older(7));
        rig.install(&App::new("app", 3).counter(7).signed(3)).unwrap();
    });
}

#[test]
fn what_is_remembered_of_a_clients_key_goes_with_it() {
    powered(&mut flash(), required(), |rig| {
        trust(rig, 3);
        // 61 places are for that: three are the header's and for revoking keys.
        for number in 0..60 {
            rig.install(&App::new(&format!("app {number}"), 1).signed(3)).unwrap();
            rig.ask(Command::Remove { app: rig.number() }).unwrap();
        }
        let full = Err(Failed::Refused(ErrorCode::LedgerFull, None));
        assert_eq!(rig.install(&App::new("one more", 1).signed(3)), full);
        assert_eq!(rig.install(&App::new("vendor", 1).signed(1)), full);
        revoke(rig, 3);
        rig.install(&App::new("vendor", 1).signed(1)).unwrap();
        trust(rig, 3);
        rig.install(&App::new("one more", 1).signed(3)).unwrap();
    });
}

#[test]
fn of_several_signers_the_one_counts_whose_the_name_is() {
    use crate::rig::key;
    powered(&mut flash(), required(), |rig| {
        rig.install(&App::new("app", 1).signed(2)).unwrap();
        let both = App::new("app", 2).counter(3).signed(1).module();
        let both = wamr_signature::sign(&both, &key(2)).unwrap();
        rig.install_module(&both).unwrap();
        rig.assert_version("app", 2);
        assert_eq!(rig.install(&App::new("app", 3).signed(2)), older(3));
        assert_eq!(rig.install(&App::new("app", 3).counter(4).signed(1)), taken());
    });
}

#[test]
fn an_unsigned_module_neither_replaces_a_signed_app_nor_raises_its_counter() {
    let mut flash = flash();
    powered(&mut flash, optional(), |rig| {
        rig.install(&App::new("app", 1).counter(1).signed(1)).unwrap();
        assert_eq!(rig.install(&App::new("app", 2).counter(9)), taken());
        rig.assert_version("app", 1);
        rig.install(&App::new("app", 3).counter(2).signed(1)).unwrap();
        rig.ask(Command::Remove { app: rig.number() }).unwrap();
        assert_eq!(rig.install(&App::new("app", 2).counter(9)), taken());
        rig.install(&App::new("app", 4).counter(2).signed(1)).unwrap();
    });
    powered(&mut flash, optional(), |rig| {
        assert_eq!(rig.install(&App::new("app", 2).counter(9)), taken());
        rig.assert_version("app", 4);
    });
}

#[test]
fn an_unsigned_module_does_not_replace_a_signed_one_on_trial() {
    powered(&mut flash(), optional(), |rig| {
        rig.install(&App::new("app", 1)).unwrap();
        let confirming = App::new("app", 2).signed(1).with(|app| app.manifest.trial = wamr_proto::Trial::Confirm);
        rig.install(&confirming).unwrap();
        assert_eq!(rig.install(&App::new("app", 3)), taken());
        rig.run(rig.number(), "trap").unwrap();
        rig.assert_version("app", 1);
        rig.install(&App::new("app", 4)).unwrap();
    });
}

#[test]
fn unsigned_modules_leave_nothing_in_the_ledger() {
    powered(&mut flash(), optional(), |rig| {
        for number in 0..70 {
            rig.install(&App::new(&format!("app {number}"), 1).counter(u32::MAX)).unwrap();
            rig.ask(Command::Remove { app: rig.number() }).unwrap();
        }
        rig.install(&App::new("app 7", 1)).unwrap();
        // A signed one takes the place of an unsigned one, and the name.
        rig.install(&App::new("app 7", 2).signed(2)).unwrap();
        rig.assert_version("app 7", 2);
        assert_eq!(rig.install(&App::new("app 7", 3)), taken());
    });
}

/// A cell as it lies in flash: what it is, what it holds, and the front of the SHA-256 of that.
fn cell(kind: &[u8; 8], fields: &[&[u8]]) -> [u8; 64] {
    let mut bytes = [kind, &fields.concat()[..]].concat();
    bytes.resize(56, 0xff);
    let check = crate::rig::digest(&bytes);
    bytes.extend(&check.0[..8]);
    bytes.try_into().unwrap()
}

/// Earlier firmware counted by the name alone: keys keep their state, and such a counter holds whoever signs.
#[test]
fn the_ledger_of_earlier_firmware_is_understood() {
    let entry = |value: u32, key: &[u8], topic| cell(b"WAMRENT\x01", &[&value.to_le_bytes(), key, &[topic]]);
    let mut name = [0; 32];
    name[..3].copy_from_slice(b"app");
    let mut bytes = [
        cell(b"WAMRLGR\x01", &[&7u32.to_le_bytes()]),
        entry(1, &public(3), 2),
        entry(1, &public(4), 2),
        entry(0, &public(1), 2),
        entry(5, &name, 1),
        entry(0, &public(4), 2),
    ]
    .concat();
    bytes.resize(flash().bytes().len(), 0xff);
    let mut flash = SimFlash::from_bytes(bytes);
    for _ in 0..2 {
        powered(&mut flash, required(), |rig| {
            let unknown = Err(Failed::Refused(ErrorCode::UnknownKey, None));
            assert_eq!(rig.install(&App::new("other", 1).signed(1)), unknown, "was revoked");
            assert_eq!(rig.install(&App::new("other", 1).signed(4)), unknown, "was revoked");
            assert_eq!(rig.install(&App::new("app", 1).counter(4).signed(3)), older(5));
            rig.install(&App::new("app", 2).counter(5).signed(3)).unwrap();
            assert_eq!(rig.install(&App::new("app", 2).counter(5).signed(2)), taken());
            for _ in 0..70 {
                trust(rig, 5);
                revoke(rig, 5);
            }
        });
    }
}

#[test]
fn an_install_is_answered_when_the_ledger_knows_of_it() {
    powered(&mut flash(), required(), |rig| {
        rig.install(&App::new("app", 1).counter(1).signed(1)).unwrap();
        let operations = rig.flash.operations();
        // What follows finds nothing left to be done.
        rig.run(rig.number(), "version").unwrap();
        assert_eq!(rig.flash.operations(), operations);
    });
}

/// What a group stores for an app belongs to its signer.
#[test]
fn groups_know_who_signed_an_app() {
    let app = |number: Option<u8>| {
        let app = App::new("app", 1).with(|app| {
            app.more = r#"
                (import "watched" "signer" (func $signer (result i32)))
                (func (export "signer") (result i32) (call $signer))"#;
        });
        number.map_or(app.clone(), |number| app.clone().signed(number))
    };
    let signer = |rig: &mut Rig<'_, '_, '_>| match rig.run(rig.number(), "signer") {
        Ok(Outcome::Returned(values)) => values[0],
        other => panic!("{other:?}"),
    };
    let byte = |number: u8| Value::I32(public(number)[0].into());
    assert_ne!(byte(1), byte(2));
    let mut flash = flash();
    powered(&mut flash, optional(), |rig| {
        rig.install(&app(None)).unwrap();
        assert_eq!(signer(rig), Value::I32(-1));
        rig.install(&app(Some(1))).unwrap();
        assert_eq!(signer(rig), byte(1), "the ledger has no entry for it yet");
    });
    powered(&mut flash, optional(), |rig| {
        assert_eq!(signer(rig), byte(1), "the ledger has one");
        revoke(rig, 1);
        rig.install(&app(Some(2))).unwrap();
        assert_eq!(signer(rig), byte(2), "the name has another owner");
    });
    powered(&mut flash, SignaturePolicy::OFF, |rig| assert_eq!(signer(rig), Value::I32(-1), "nobody checks"));
}
