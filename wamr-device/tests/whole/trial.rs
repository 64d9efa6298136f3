//! A new version has to show that it works before the old one goes.

use crate::rig::{App, Failed, flash, powered, public};
use wamr_device::SignaturePolicy;
use wamr_proto::{AppState, Command, ErrorCode, Outcome, Trial};

/// Counters are of signed apps.
fn optional() -> SignaturePolicy {
    SignaturePolicy::optional(Box::leak(Box::new([public(1)])))
}

fn app(name: &str, version: i32) -> App {
    App::new(name, version).signed(1)
}

fn confirms(app: App) -> App {
    app.with(|app| app.manifest.trial = Trial::Confirm)
}

#[test]
fn a_version_whose_entry_traps_gives_way_to_the_one_before() {
    for (run, stopped) in [("unreachable", false), ("(loop $on (br $on))", true)] {
        let mut flash = flash();
        powered(&mut flash, optional(), |rig| {
            rig.install(&app("app", 1).entry("nop").counter(1)).unwrap();
            rig.receipts.clear();
            rig.install(&app("app", 2).entry(run).counter(2)).unwrap();
            assert_eq!(matches!(rig.receipts[0].outcome, Outcome::Stopped { .. }), stopped);
            rig.assert_version("app", 1);
            assert_eq!(rig.status().apps.len(), 1);
            // The failed version has raised no counter.
            rig.install(&app("app", 3).entry("nop").counter(1)).unwrap();
            rig.assert_version("app", 3);
        });
        powered(&mut flash, optional(), |rig| rig.assert_version("app", 3));
    }
}

#[test]
fn a_version_that_confirms_itself_stays() {
    let mut flash = flash();
    powered(&mut flash, optional(), |rig| {
        rig.install(&app("app", 1)).unwrap();
        rig.install(&confirms(app("app", 2).counter(2))).unwrap();
        assert_eq!(rig.versions("app"), [(2, AppState::OnTrial)]);
        assert_eq!(rig.install(&app("app", 0)), Ok(()), "the counter holds when the version is kept");
        rig.install(&confirms(app("app", 3).counter(3))).unwrap();
        assert_eq!(rig.status().apps.len(), 1);
        rig.run(rig.number(), "confirm").unwrap();
        rig.assert_version("app", 3);
        assert_eq!(rig.install(&app("app", 4).counter(2)), Err(Failed::Refused(ErrorCode::OlderVersion, Some(3))));
    });
    powered(&mut flash, optional(), |rig| rig.assert_version("app", 3));
}

#[test]
fn a_restart_before_it_confirms_itself_brings_the_old_one_back() {
    let mut flash = flash();
    powered(&mut flash, optional(), |rig| {
        rig.install(&app("app", 1)).unwrap();
        rig.install(&confirms(app("app", 2).entry("nop"))).unwrap();
        assert_eq!(rig.versions("app"), [(2, AppState::OnTrial)], "its entry is not what it is measured by");
    });
    for _ in 0..2 {
        powered(&mut flash, optional(), |rig| rig.assert_version("app", 1));
    }
}

#[test]
fn a_trap_before_it_confirms_itself_brings_the_old_one_back() {
    powered(&mut flash(), optional(), |rig| {
        rig.install(&app("app", 1)).unwrap();
        rig.install(&confirms(app("app", 2))).unwrap();
        // A request that does not fit the app is no failure of the app.
        rig.run(rig.number(), "missing").unwrap_err();
        assert_eq!(rig.versions("app"), [(2, AppState::OnTrial)]);
        assert!(matches!(rig.run(rig.number(), "trap"), Ok(Outcome::Trapped { .. })));
        rig.assert_version("app", 1);
    });
}

#[test]
fn a_newer_version_ends_the_trial_of_the_one_before() {
    let mut flash = flash();
    powered(&mut flash, optional(), |rig| {
        rig.install(&app("app", 1)).unwrap();
        for version in 2..5 {
            rig.install(&confirms(app("app", version))).unwrap();
            assert_eq!(rig.versions("app"), [(version, AppState::OnTrial)]);
        }
        rig.run(rig.number(), "trap").unwrap();
        rig.assert_version("app", 1);
        rig.install(&confirms(app("app", 5))).unwrap();
        rig.install(&app("app", 6)).unwrap();
        rig.assert_version("app", 6);
        // The versions before leave their slots.
        rig.install(&app("b", 1)).unwrap();
        rig.install(&app("c", 1)).unwrap();
    });
    powered(&mut flash, optional(), |rig| {
        for (name, version) in [("app", 6), ("b", 1), ("c", 1)] {
            rig.assert_version(name, version);
        }
    });
}

#[test]
fn the_slot_of_the_version_before_is_not_given_away() {
    powered(&mut flash(), optional(), |rig| {
        rig.install(&app("app", 1)).unwrap();
        rig.install(&confirms(app("app", 2))).unwrap();
        rig.install(&app("other", 1)).unwrap();
        assert_eq!(rig.install(&app("third", 1)), Err(Failed::Refused(ErrorCode::NoSlot, Some(3))));
        rig.run(1, "trap").unwrap();
        rig.assert_version("app", 1);
        rig.install(&app("third", 1)).unwrap();
    });
}

#[test]
fn removing_an_app_on_trial_removes_the_version_before_too() {
    let mut flash = flash();
    powered(&mut flash, optional(), |rig| {
        rig.install(&app("app", 1)).unwrap();
        rig.install(&confirms(app("app", 2))).unwrap();
        rig.ask(Command::Remove { app: rig.number() }).unwrap();
        assert_eq!(rig.status().apps.len(), 0);
    });
    powered(&mut flash, optional(), |rig| assert_eq!(rig.status().apps.len(), 0));
}

#[test]
fn the_first_version_is_not_on_trial() {
    powered(&mut flash(), optional(), |rig| {
        rig.install(&confirms(app("app", 1))).unwrap();
        rig.assert_version("app", 1);
        rig.install(&app("other", 1).entry("unreachable")).unwrap();
        assert_eq!(rig.status().apps[1].state, AppState::Started, "supervision decides");
    });
}
