//! Host groups know which app calls them, hold it to what its manifest grants, and hear of its end exactly once.

use crate::rig::{App, Failed, Rig, SUPERVISION, flash, powered};
use wamr_device::SignaturePolicy;
use wamr_proto::{
    Capability, CapabilityList, Command, ErrorCode, MANIFEST_MAX, Outcome, Restart, Trial, encode_within, read,
};

/// An app that uses the group whenever it is loaded.
fn app(name: &str, version: i32) -> App {
    App::new(name, version).with(|app| {
        app.more = r#"
            (import "watched" "use" (func $use (param i32) (result i32)))
            (func $begin (drop (call $use (i32.const 0)))) (start $begin)
            (func (export "one") (result i32) (call $use (i32.const 0)))
            (func (export "two") (result i32) (call $use (i32.const 1)))
            (func (export "nine") (result i32) (call $use (i32.const 9)))"#;
    })
}

/// Its manifest lists these capabilities.
fn listing(app: App, entries: &[&str]) -> App {
    let list = CapabilityList::first(entries.iter().filter_map(|entry| Capability::new(entry)));
    let list = Box::leak(Box::new(encode_within::<MANIFEST_MAX>(&list).unwrap()));
    app.with(|app| app.manifest.capabilities = Some(read(list).unwrap()))
}

fn refused(code: ErrorCode) -> Result<(), Failed> {
    Err(Failed::Refused(code, None))
}

/// How the trap of the function reads.
#[track_caller]
fn trap(rig: &mut Rig<'_, '_, '_>, app: u8, export: &str) -> String {
    match rig.run(app, export) {
        Ok(Outcome::Trapped { message, .. }) => message.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_group_hears_of_stops_starts_and_removals() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", 1)).unwrap();
        assert_eq!(rig.watched.events(), "+0");
        rig.ask(Command::Start { app: 0 }).unwrap();
        assert_eq!(rig.watched.events(), "-0 +0", "it is loaded afresh");
        rig.ask(Command::Stop { app: 0 }).unwrap();
        assert_eq!(rig.watched.events(), "-0");
        rig.ask(Command::Stop { app: 0 }).unwrap();
        rig.ask(Command::Remove { app: 0 }).unwrap();
        assert_eq!(rig.watched.events(), "!app", "it was not loaded any more");
        rig.install(&app("app", 1)).unwrap();
        rig.ask(Command::Remove { app: rig.number() }).unwrap();
        let events = rig.watched.events();
        assert!(events == "+0 -0 !app" || events == "+1 -1 !app", "{events}");
    });
}

#[test]
fn a_group_hears_of_upgrades_and_of_trials_that_fail() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", 1)).unwrap();
        rig.install(&app("app", 2)).unwrap();
        assert_eq!(rig.watched.events(), "+0 +1 -0");
        rig.install(&app("app", 3).entry("unreachable")).unwrap();
        rig.assert_version("app", 2);
        let events = rig.watched.events();
        let new = if events.starts_with("+0") { 0 } else { 2 };
        assert_eq!(events, format!("+{new} -1 -{new} +1"), "the old version came back");
    });
}

#[test]
fn a_group_hears_of_a_restart_after_a_failure() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        let failing = app("app", 1).entry("unreachable").with(|app| app.manifest.restart = Restart::OnFailure);
        rig.install(&failing).unwrap();
        assert_eq!(rig.watched.events(), "+0 -0");
        for pause in [1, 2, 4].map(|factor| factor * SUPERVISION.pause) {
            rig.wait(pause - 1);
            assert_eq!(rig.watched.events(), "");
            rig.wait(1);
            assert_eq!(rig.watched.events(), "+0 -0");
        }
    });
}

#[test]
fn a_group_hears_of_an_app_that_could_not_be_started() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", 1)).unwrap();
        assert_eq!(rig.watched.events(), "+0");
        let missing = app("app", 2).with(|app| app.manifest.entry = wamr_proto::Name::new("missing"));
        assert_eq!(rig.install(&missing), refused(ErrorCode::NoSuchExport));
        assert_eq!(rig.watched.events(), "", "it is refused before a group hears of it");
        let trapping = app("app", 2).with(|app| {
            app.more = r#"
                (import "watched" "use" (func $use (param i32) (result i32)))
                (func $begin (drop (call $use (i32.const 0))) unreachable) (start $begin)"#;
        });
        assert_eq!(rig.install(&trapping), refused(ErrorCode::StartFailed));
        assert_eq!(rig.watched.events(), "+1 -1");
        assert_eq!(rig.call(0, "one", &[]), 2, "the app that works has kept its state");
    });
}

#[test]
fn a_group_keeps_a_state_for_each_app() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("a", 1)).unwrap();
        rig.install(&app("b", 1)).unwrap();
        assert_eq!(rig.watched.events(), "+0 +1");
        assert_eq!([rig.call(0, "one", &[]), rig.call(0, "one", &[]), rig.call(1, "one", &[])], [2, 3, 2]);
        rig.ask(Command::Start { app: 0 }).unwrap();
        assert_eq!([rig.call(0, "one", &[]), rig.call(1, "one", &[])], [2, 3], "the state of an app ends with it");
    });
}

#[test]
fn a_group_can_have_functions_with_types_of_run_time() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        let doubling = App::new("app", 1).with(|app| {
            app.more = r#"
                (import "plain" "double" (func $double (param i32) (result i32)))
                (func (export "fourteen") (result i32) (call $double (i32.const 7)))"#;
        });
        rig.install(&doubling).unwrap();
        assert_eq!(rig.call(0, "fourteen", &[]), 14);
    });
}

#[test]
fn a_manifest_restricts_an_app_to_resources() {
    let both: [&[&str]; 4] = [
        &["wamr", "watched"],
        &["watched:one", "watched:two", "wamr"],
        &["watched", "watched:one", "wamr"],
        &["watched:two", "wamr", "watched"],
    ];
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        let apps = both.iter().map(|list| listing(app("app", 1), list)).chain([app("app", 1)]);
        for app in apps {
            rig.install(&app).unwrap();
            let number = rig.number();
            assert_eq!([rig.call(number, "one", &[]), rig.call(number, "two", &[])], [2, 3]);
            assert_eq!(trap(rig, number, "nine"), "host function failed: watched has no resource 9");
        }
        rig.install(&listing(app("app", 2), &["wamr", "watched:one"])).unwrap();
        let number = rig.number();
        assert_eq!(rig.call(number, "one", &[]), 2);
        assert_eq!(trap(rig, number, "two"), "host function failed: watched:two is not granted");
        assert_eq!(trap(rig, number, "nine"), "host function failed: watched has no resource 9");
        rig.watched.events();

        for (entries, code) in [
            (&["wamr"][..], ErrorCode::UndeclaredCapability),
            (&["watched:one"], ErrorCode::UndeclaredCapability),
            (&["wamr", "watched:three"], ErrorCode::UnknownCapability),
            (&["wamr", "watched:"], ErrorCode::UnknownCapability),
            (&["wamr", "watched", "gpio"], ErrorCode::UnknownCapability),
            (&["wamr", "watched", "watche"], ErrorCode::UnknownCapability),
        ] {
            assert_eq!(rig.install(&listing(app("app", 3), entries)), refused(code), "{entries:?}");
        }
        assert_eq!(rig.watched.events(), "", "none of it ran");
        assert_eq!(rig.call(number, "one", &[]), 3);
    });
}

#[test]
fn what_the_owner_denies_is_not_granted() {
    let entries = ["wamr", "watched:one", "watched:two", "plain"];
    let denying = |version, denied| listing(app("app", version), &entries).with(|app| app.denied = denied);
    let mut flash = flash();
    powered(&mut flash, SignaturePolicy::OFF, |rig| {
        // The start function uses the first resource.
        assert_eq!(rig.install(&denying(1, 0b0010)), refused(ErrorCode::StartFailed));
        assert_eq!(rig.install(&denying(1, 0b0110)), refused(ErrorCode::UndeclaredCapability));
        rig.install(&denying(1, 0b1100)).unwrap();
        assert_eq!(rig.denied(rig.number()), Some(0b1100));
        assert_eq!(trap(rig, rig.number(), "two"), "host function failed: watched:two is not granted");
    });
    powered(&mut flash, SignaturePolicy::OFF, |rig| {
        let number = rig.number();
        assert_eq!((rig.denied(number), rig.call(number, "one", &[])), (Some(0b1100), 2), "after a restart");
        assert_eq!(trap(rig, number, "two"), "host function failed: watched:two is not granted");
        // Each version has its own.
        rig.install(&denying(2, 0).entry("")).unwrap();
        assert_eq!((rig.denied(rig.number()), rig.call(rig.number(), "two", &[])), (None, 2));
        rig.install(&denying(3, 0b0100).entry("unreachable")).unwrap();
        assert_eq!((rig.denied(rig.number()), rig.call(rig.number(), "two", &[])), (None, 2), "it is back");
        // Bits without an entry mean nothing, and an app without a list is granted everything.
        rig.install(&denying(4, 0x8000)).unwrap();
        assert_eq!(rig.call(rig.number(), "two", &[]), 2);
        rig.install(&app("app", 5).with(|app| app.denied = u16::MAX)).unwrap();
        assert_eq!(rig.call(rig.number(), "two", &[]), 2);
    });
}

#[test]
fn what_is_denied_need_not_exist() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        let app = listing(app("app", 1), &["wamr", "watched", "laser"]);
        assert_eq!(rig.install(&app), refused(ErrorCode::UnknownCapability));
        rig.install(&app.with(|app| app.denied = 0b100)).unwrap();
    });
}

#[test]
fn a_group_hears_of_the_removal_of_all_versions_at_once_and_of_no_app_without_a_name() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", 1)).unwrap();
        rig.install(&app("app", 2).entry("").with(|app| app.manifest.trial = Trial::Confirm)).unwrap();
        rig.watched.events();
        rig.ask(Command::Remove { app: rig.number() }).unwrap();
        let events = rig.watched.events();
        assert!(events.ends_with(" !app") && events.matches('!').count() == 1, "{events}");
        rig.install(&app("", 1)).unwrap();
        rig.watched.events();
        rig.ask(Command::Remove { app: rig.number() }).unwrap();
        assert!(!rig.watched.events().contains('!'));
    });
}

/// The version comes last: what follows it is no other interface, which the manifest lists.
#[test]
fn an_import_has_one_capability_however_it_is_written() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        for module in ["watched@0.1.0/wamr", "watched/wamr", "wamr@0.1.0/watched"] {
            let import = format!(r#"(import "{module}" "use" (func (param i32) (result i32)))"#);
            let app = App::new("app", 1).with(|app| app.more = Box::leak(import.into_boxed_str()));
            let installed = rig.install(&listing(app, &["wamr"]));
            assert!(
                matches!(
                    installed,
                    Err(Failed::Refused(ErrorCode::UndeclaredCapability | ErrorCode::UnknownImport, _))
                ),
                "{module}: {installed:?}"
            );
        }
    });
}
