//! Older versions do not come back.

use crate::rig::{App, Failed, flash, powered, public};
use wamr_device::SignaturePolicy;
use wamr_proto::{AppState, Command, ErrorCode};

fn optional() -> SignaturePolicy {
    SignaturePolicy::optional(Box::leak(Box::new([public(1)])))
}

fn older(lowest: u32) -> Result<(), Failed> {
    Err(Failed::Refused(ErrorCode::OlderVersion, Some(lowest)))
}

#[test]
fn a_lower_counter_is_refused_also_when_the_app_was_removed() {
    let mut flash = flash();
    powered(&mut flash, optional(), |rig| {
        rig.install(&App::new("app", 1).counter(5).signed(1)).unwrap();
        assert_eq!(rig.install(&App::new("app", 2).counter(4).signed(1)), older(5));
        assert_eq!(rig.install(&App::new("app", 3).signed(1)), older(5));
        rig.install(&App::new("app", 4).counter(5).signed(1)).unwrap();
        rig.assert_version("app", 4);
        rig.install(&App::new("other", 1)).unwrap();
        rig.ask(Command::Remove { app: rig.number() }).unwrap();
        assert_eq!(rig.install(&App::new("app", 2).counter(4).signed(1)), older(5));
    });
    powered(&mut flash, optional(), |rig| {
        assert_eq!(rig.install(&App::new("app", 2).counter(4).signed(1)), older(5));
        rig.install(&App::new("app", 5).counter(6).signed(1)).unwrap();
    });
}

#[test]
fn a_version_that_does_not_start_raises_nothing() {
    powered(&mut flash(), optional(), |rig| {
        rig.install(&App::new("app", 1).counter(1).signed(1)).unwrap();
        let missing =
            App::new("app", 2).counter(9).signed(1).with(|app| app.manifest.entry = wamr_proto::Name::new("missing"));
        assert_eq!(rig.install(&missing), Err(Failed::Refused(ErrorCode::NoSuchExport, None)));
        rig.install(&App::new("app", 3).counter(1).signed(1)).unwrap();
        rig.assert_version("app", 3);
    });
}

#[test]
fn an_unsigned_version_does_not_come_back_for_a_signed_one() {
    for (entry, others) in ["", "nop", "(call $confirm)"].into_iter().flat_map(|entry| [(entry, 0), (entry, 1)]) {
        let mut flash = flash();
        powered(&mut flash, optional(), |rig| {
            // It is in the first slot or in a later one.
            if others > 0 {
                rig.install(&App::new("other", 1)).unwrap();
            }
            rig.install(&App::new("app", 1)).unwrap();
            let signed = App::new("app", 2).signed(1);
            rig.install(&if entry.is_empty() { signed } else { signed.entry(entry) }).unwrap();
            rig.assert_version("app", 2);
            rig.ask(Command::Revoke { key: public(1) }).unwrap();
        });
        powered(&mut flash, optional(), |rig| assert_eq!(rig.status().apps.len(), others, "{entry:?}"));
    }
}

#[test]
fn autostart_follows_the_manifest() {
    let mut flash = flash();
    powered(&mut flash, optional(), |rig| {
        let manual = App::new("manual", 1).with(|app| app.manifest.autostart = wamr_proto::Autostart::No);
        rig.install(&manual).unwrap();
        rig.assert_version("manual", 1);
        rig.install(&App::new("auto", 2)).unwrap();
    });
    powered(&mut flash, optional(), |rig| {
        rig.assert_version("auto", 2);
        assert_eq!(rig.status().apps[0].state, AppState::Stopped);
        rig.ask(Command::Start { app: 0 }).unwrap();
        rig.assert_version("manual", 1);
    });
}
