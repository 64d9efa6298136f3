//! Whose modules a device runs.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::rig::{App, Failed, Rig, flash, key, powered, public};
use wamr_device::{FlashBudget, SignaturePolicy};
use wamr_proto::{Command, ErrorCode, Part, Trial};

fn refused(code: ErrorCode) -> Result<(), Failed> {
    Err(Failed::Refused(code, None))
}

fn required() -> SignaturePolicy {
    SignaturePolicy::required(Box::leak(Box::new([public(1), public(2)])))
}

#[test]
fn a_long_check_reports_its_progress() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let keys = Box::leak(Box::new([1, 2, 3].map(public)));
    let signatures = SignaturePolicy::required(keys).with_progress(|| {
        CALLS.fetch_add(1, Relaxed);
    });
    powered(&mut flash(), signatures, |rig| {
        rig.install(&App::new("app", 1).signed(3)).unwrap();
        // Verified after the upload, before it is loaded, and to enter it into the ledger.
        let calls = CALLS.load(Relaxed);
        assert!(calls >= 2 * 3, "{calls}");
        // A key that is trusted may have owned names before, but nothing else is a reason to verify apps again.
        for (command, verifies) in [
            (Command::Revoke { key: [9; 32] }, false),
            (Command::Trust { key: public(4) }, true),
            (Command::Revoke { key: public(4) }, false),
        ] {
            let before = CALLS.load(Relaxed);
            rig.ask(command.clone()).unwrap();
            rig.wait(0);
            assert_eq!(CALLS.load(Relaxed) > before, verifies, "{command:?}");
        }
    });
}

#[test]
fn only_modules_of_trusted_keys_are_installed() {
    let app = App::new("app", 1);
    powered(&mut flash(), required(), |rig| {
        rig.install(&app.clone().signed(2)).unwrap();
        rig.assert_version("app", 1);
        assert_eq!(rig.install(&App::new("app", 2)), refused(ErrorCode::NotSigned));
        assert_eq!(rig.install(&App::new("app", 3).signed(3)), refused(ErrorCode::UnknownKey));
        rig.assert_version("app", 1);
        rig.install(&App::new("app", 4).signed(2)).unwrap();
        rig.assert_version("app", 4);
        rig.install(&App::new("other", 5).signed(1)).unwrap();
    });
}

#[test]
fn trusted_keys_are_listed_with_those_of_the_firmware_first() {
    let keys = |rig: &mut Rig<'_, '_, '_>| {
        let mut keys = Vec::new();
        for at in 0.. {
            rig.ask(Command::Read { part: Part::Key, app: 0, at }).unwrap();
            let excerpt = rig.excerpt.take().unwrap();
            let Some((built_in, key)) = excerpt.split_last() else { break };
            keys.push((key.to_vec(), *built_in));
        }
        keys
    };
    let key = |number, built_in| (public(number).to_vec(), built_in);
    powered(&mut flash(), required(), |rig| {
        assert_eq!(keys(rig), [key(1, 1), key(2, 1)]);
        rig.ask(Command::Trust { key: public(3) }).unwrap();
        rig.ask(Command::Revoke { key: public(1) }).unwrap();
        assert_eq!(keys(rig), [key(2, 1), key(3, 0)]);
        rig.ask(Command::Revoke { key: public(3) }).unwrap();
        assert_eq!(keys(rig), [key(2, 1)]);
    });
    powered(&mut flash(), SignaturePolicy::OFF, |rig| assert_eq!(keys(rig), []));
}

#[test]
fn altered_modules_are_refused() {
    powered(&mut flash(), required(), |rig| {
        let signed = App::new("app", 1).signed(1).module();
        let mut altered = signed.clone();
        *altered.last_mut().unwrap() ^= 1;
        assert_eq!(rig.install_module(&altered), refused(ErrorCode::BadSignature));
        assert_eq!(rig.install_module(&signed[..signed.len() - 1]), refused(ErrorCode::BadSignature));
        assert_eq!(rig.install_module(b"no module"), refused(ErrorCode::InvalidModule));
        rig.install_module(&signed).unwrap();
    });
}

#[test]
fn optional_signatures_must_be_valid() {
    powered(&mut flash(), SignaturePolicy::optional(&[]), |rig| {
        rig.install(&App::new("app", 1)).unwrap();
        assert_eq!(rig.install(&App::new("app", 2).signed(3)), refused(ErrorCode::UnknownKey));
        rig.assert_version("app", 1);
        assert_eq!(rig.status().signatures, wamr_proto::SignatureMode::Optional);
    });
}

#[test]
fn without_signatures_all_is_run_and_nothing_remembered() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&App::new("app", 1).signed(3)).unwrap();
        rig.install(&App::new("app", 2)).unwrap();
        rig.assert_version("app", 2);
        assert_eq!(rig.ask(Command::Trust { key: public(3) }), refused(ErrorCode::SignaturesOff));
        assert_eq!(rig.ask(Command::Revoke { key: public(3) }), refused(ErrorCode::SignaturesOff));
        rig.install(&App::new("app", 3).counter(2)).unwrap();
        rig.install(&App::new("app", 4).counter(1)).unwrap();
        rig.assert_version("app", 4);
    });
}

#[test]
fn keys_are_trusted_and_revoked_for_good() {
    let mut flash = flash();
    let none = SignaturePolicy::required(&[]);
    powered(&mut flash, none, |rig| {
        assert_eq!(rig.install(&App::new("app", 1).signed(3)), refused(ErrorCode::UnknownKey));
        for number in 3..9 {
            rig.ask(Command::Trust { key: public(number) }).unwrap();
        }
        rig.install(&App::new("app", 1).signed(8)).unwrap();
    });
    powered(&mut flash, none, |rig| {
        rig.assert_version("app", 1);
        rig.install(&App::new("other", 1).signed(3)).unwrap();
        rig.ask(Command::Revoke { key: public(3) }).unwrap();
        assert_eq!(rig.install(&App::new("other", 2).signed(3)), refused(ErrorCode::UnknownKey));
        rig.assert_version("other", 1);
    });
    // What was installed is not started any more.
    powered(&mut flash, none, |rig| {
        assert_eq!(rig.versions("other"), []);
        rig.assert_version("app", 1);
        rig.ask(Command::Trust { key: public(3) }).unwrap();
        rig.install(&App::new("other", 2).signed(3)).unwrap();
    });
}

#[test]
fn a_key_of_the_firmware_can_be_revoked() {
    let mut flash = flash();
    powered(&mut flash, required(), |rig| rig.ask(Command::Revoke { key: public(1) }).unwrap());
    powered(&mut flash, required(), |rig| {
        assert_eq!(rig.install(&App::new("app", 1).signed(1)), refused(ErrorCode::UnknownKey));
        rig.install(&App::new("app", 1).signed(2)).unwrap();
    });
}

#[test]
fn bytes_that_are_no_key_sign_nothing() {
    powered(&mut flash(), SignaturePolicy::required(&[]), |rig| {
        rig.ask(Command::Trust { key: [0xff; 32] }).unwrap();
        rig.ask(Command::Trust { key: [0; 32] }).unwrap();
        assert_eq!(rig.install(&App::new("app", 1).signed(1)), refused(ErrorCode::UnknownKey));
        rig.ask(Command::Trust { key: *key(1).public_key().as_bytes() }).unwrap();
        rig.install(&App::new("app", 1).signed(1)).unwrap();
    });
}

/// Fills the ledger: a page of 64 cells, of which one is the header and two are kept for revoking the firmware's keys.
fn fill(rig: &mut Rig<'_, '_, '_>) {
    for number in 100..161 {
        rig.ask(Command::Trust { key: [number; 32] }).unwrap();
    }
}

#[test]
fn a_page_of_the_ledger_is_erased_when_it_is_full() {
    let mut flash = flash();
    powered(&mut flash, required(), fill);
    assert_eq!(flash.erases()[..2], [1, 0], "to begin with");
    powered(&mut flash, required(), |rig| {
        for number in [161, 162] {
            assert_eq!(rig.ask(Command::Trust { key: [number; 32] }), refused(ErrorCode::LedgerFull));
            rig.ask(Command::Revoke { key: [number - 61; 32] }).unwrap();
            rig.ask(Command::Trust { key: [number; 32] }).unwrap();
        }
    });
    assert_eq!(flash.erases()[..2], [1, 1]);
}

#[test]
fn a_full_ledger_refuses_and_erases_nothing() {
    powered(&mut flash(), required(), |rig| {
        fill(rig);
        let operations = rig.flash.operations();
        for number in 0..100 {
            assert_eq!(rig.ask(Command::Trust { key: [number; 32] }), refused(ErrorCode::LedgerFull));
        }
        assert_eq!(rig.flash.operations(), operations);
        assert_eq!(rig.install(&App::new("app", 1).signed(1)), refused(ErrorCode::LedgerFull));
        // A key that is revoked makes room.
        for _ in 0..70 {
            rig.ask(Command::Revoke { key: [107; 32] }).unwrap();
            rig.ask(Command::Trust { key: [107; 32] }).unwrap();
        }
        rig.ask(Command::Revoke { key: [107; 32] }).unwrap();
        rig.install(&App::new("app", 1).signed(1)).unwrap();
    });
}

#[test]
fn a_full_ledger_has_room_for_revoking_the_firmwares_keys() {
    let mut flash = flash();
    powered(&mut flash, required(), |rig| {
        fill(rig);
        for number in [1, 2] {
            rig.ask(Command::Revoke { key: public(number) }).unwrap();
        }
        // Also when the ledger is moved again.
        for _ in 0..70 {
            rig.ask(Command::Revoke { key: [107; 32] }).unwrap();
            rig.ask(Command::Trust { key: [107; 32] }).unwrap();
        }
    });
    powered(&mut flash, required(), |rig| {
        for number in [1, 2] {
            assert_eq!(rig.install(&App::new("app", 1).signed(number)), refused(ErrorCode::UnknownKey));
        }
        assert_eq!(rig.ask(Command::Trust { key: [9; 32] }), refused(ErrorCode::LedgerFull));
        rig.ask(Command::Revoke { key: [107; 32] }).unwrap();
        rig.ask(Command::Trust { key: public(1) }).unwrap();
        rig.install(&App::new("app", 1).signed(1)).unwrap();
        assert_eq!(rig.install(&App::new("other", 1).signed(1)), refused(ErrorCode::LedgerFull));
    });
}

#[test]
fn revoked_client_keys_take_no_room() {
    powered(&mut flash(), required(), |rig| {
        for number in 0..=255 {
            rig.ask(Command::Trust { key: [number; 32] }).unwrap();
            rig.ask(Command::Revoke { key: [number; 32] }).unwrap();
        }
        fill(rig);
    });
}

#[test]
fn what_is_so_already_is_not_written() {
    powered(&mut flash(), required(), |rig| {
        rig.ask(Command::Trust { key: public(3) }).unwrap();
        let operations = rig.flash.operations();
        for _ in 0..100 {
            rig.ask(Command::Trust { key: public(3) }).unwrap();
            rig.ask(Command::Trust { key: public(1) }).unwrap();
            rig.ask(Command::Revoke { key: public(4) }).unwrap();
        }
        assert_eq!(rig.flash.operations(), operations);
    });
}

#[test]
fn a_revocation_of_a_key_of_the_firmware_outlives_a_firmware_without_it() {
    let mut flash = flash();
    powered(&mut flash, required(), |rig| rig.ask(Command::Revoke { key: public(1) }).unwrap());
    powered(&mut flash, SignaturePolicy::required(&[]), |rig| {
        for _ in 0..70 {
            rig.ask(Command::Trust { key: public(3) }).unwrap();
            rig.ask(Command::Revoke { key: public(3) }).unwrap();
        }
    });
    powered(&mut flash, required(), |rig| {
        assert_eq!(rig.install(&App::new("app", 1).signed(1)), refused(ErrorCode::UnknownKey));
    });
}

#[test]
fn changes_of_keys_stay_within_the_flash_budget() {
    powered(&mut flash(), required(), |rig| {
        rig.set_flash_budget(FlashBudget { per_hour: 3, per_connection: 3 });
        let mut refused = None;
        for _ in 0..1000 {
            for command in [Command::Trust { key: public(3) }, Command::Revoke { key: public(3) }] {
                refused = rig.ask(command).err().or(refused);
            }
        }
        assert_eq!(refused, Some(Failed::Refused(ErrorCode::FlashBudget, Some(1200))));
        assert!(rig.flash.erases().iter().all(|erases| *erases <= 2), "{:?}", rig.flash.erases());
        // What an app needs is written nevertheless.
        rig.install(&App::new("app", 1).signed(1)).unwrap_err();
        rig.set_flash_budget(FlashBudget { per_hour: 1, per_connection: 1 });
        rig.install(&App::new("app", 1).counter(2).signed(1)).unwrap();
        rig.ask(Command::Remove { app: 0 }).unwrap();
        rig.set_flash_budget(FlashBudget::UNLIMITED);
        let older = Err(Failed::Refused(ErrorCode::OlderVersion, Some(2)));
        assert_eq!(rig.install(&App::new("app", 1).counter(1).signed(1)), older);
    });
}

#[test]
fn an_app_that_is_kept_when_the_ledger_is_full_stays_installed() {
    let optional = || SignaturePolicy::optional(Box::leak(Box::new([public(1)])));
    let mut flash = flash();
    powered(&mut flash, optional(), |rig| {
        rig.install(&App::new("app", 1)).unwrap();
        rig.install(&App::new("app", 2).signed(1).with(|app| app.manifest.trial = Trial::Confirm)).unwrap();
        fill(rig);
        let last = (161..).find(|number| rig.ask(Command::Trust { key: [*number; 32] }).is_err());
        assert!(last.is_some(), "it is full");
        rig.run(rig.number(), "confirm").unwrap();
        rig.assert_version("app", 2);
        rig.ask(Command::Start { app: rig.number() }).unwrap();
        // Another one would need an entry of its own.
        assert_eq!(rig.install(&App::new("other", 1).signed(1)), refused(ErrorCode::LedgerFull));
    });
    powered(&mut flash, optional(), |rig| rig.assert_version("app", 2));
}
