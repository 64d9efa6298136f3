//! What clients are told of an app besides its details.

use super::rig::*;
use wamr_proto::{AppState, Command, ErrorCode, Excerpt, Failure, Part, Restart, TrapKind, Why};

fn failure(rig: &mut Rig, app: u8) -> Option<Failure> {
    rig.ask(Command::Failure { app }).unwrap();
    rig.responses[0].failure.clone()
}

fn trapped(failure: Option<Failure>) -> bool {
    matches!(failure, Some(Failure { why: Why::Trapped { kind: TrapKind::Unreachable, .. }, .. }))
}

#[test]
fn what_is_asked_for_is_read_and_nothing_else_happens() {
    let mut rig = Rig::new();
    rig.install(&module(300)).unwrap();
    rig.statuses.clear();
    rig.ask(Command::Read { part: Part::Signature, app: 0, at: 64 }).unwrap();
    assert_eq!(rig.responses[0].excerpt, Some(Excerpt::of(&[Part::Signature as u8, 64])));
    rig.ask(Command::Read { part: Part::Key, app: 7, at: 3 }).unwrap();
    assert_eq!(rig.responses[0].excerpt, Some(Excerpt::of(&[Part::Key as u8, 3])), "keys are of no app");
    let refused = rig.ask(Command::Read { part: Part::Manifest, app: 1, at: 0 });
    assert_eq!(refused.unwrap_err().code, ErrorCode::NoApp);
    assert_eq!(rig.statuses, [], "nothing has changed");

    // A client that goes meanwhile leaves nothing behind for the next one.
    rig.hold = true;
    rig.send(1, Command::Read { part: Part::Digest, app: 0, at: 0 });
    rig.handle(wamr_device::Event::Disconnected);
    rig.handle(wamr_device::Event::Connected(wamr_device::Role::Owner));
    rig.responses.clear();
    rig.release();
    assert_eq!(rig.responses, []);
}

#[test]
fn the_last_failure_is_told() {
    let mut rig = Rig::new();
    rig.install(&app("one", Restart::Never, false, 300)).unwrap();
    rig.install(&app("two", Restart::Never, false, 300)).unwrap();
    assert_eq!(failure(&mut rig, 0), None);
    rig.ask(run(0, "trap", &[], None)).unwrap();
    assert!(trapped(failure(&mut rig, 0)));
    assert_eq!(failure(&mut rig, 1), None, "that one has not failed");
    // What succeeds later does not hide it.
    rig.ask(run(0, "sum", &[], None)).unwrap();
    assert!(trapped(failure(&mut rig, 0)));

    // One that could not be loaded.
    rig.full = true;
    rig.ask(Command::Start { app: 1 }).unwrap_err();
    assert!(matches!(failure(&mut rig, 1).unwrap().why, Why::Refused { code: ErrorCode::OutOfMemory, .. }));
    assert_eq!(failure(&mut rig, 0), None, "there is room for one");
}

#[test]
fn why_a_version_failed_on_trial_is_told_when_it_is_gone() {
    let version = |len: usize| {
        let mut module = app("app", Restart::Never, false, len);
        *module.last_mut().unwrap() = CONFIRMS;
        module
    };
    let mut rig = Rig::new();
    rig.install(&version(300)).unwrap();
    rig.install(&version(400)).unwrap();
    assert_eq!((rig.status().apps[0].number, rig.status().apps[0].state), (1, AppState::OnTrial));
    rig.ask(run(1, "trap", &[], None)).unwrap();
    let apps = rig.status().apps;
    assert_eq!((apps.len(), apps[0].fingerprint), (1, (&digest(&version(300))).into()), "the old version is back");
    assert!(trapped(failure(&mut rig, 1)), "told by the number that it had");

    // Another app in that slot has not failed.
    rig.install(&version(500)).unwrap();
    let number = rig.status().apps[0].number;
    assert_eq!((number, failure(&mut rig, number)), (1, None));
}
