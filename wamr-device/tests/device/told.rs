//! What clients are told of an app besides its details.

use super::bench::*;
use wamr_proto::{AppState, Command, ErrorCode, Excerpt, Failure, Part, Restart, TrapKind, Why};

fn failure(bench: &mut Bench, app: u8) -> Option<Failure> {
    bench.ask(Command::Failure { app }).unwrap();
    bench.responses[0].failure.clone()
}

fn trapped(failure: Option<Failure>) -> bool {
    matches!(failure, Some(Failure { why: Why::Trapped { kind: TrapKind::Unreachable, .. }, .. }))
}

#[test]
fn what_is_asked_for_is_read_and_nothing_else_happens() {
    let mut bench = Bench::new();
    bench.install(&module(300)).unwrap();
    bench.statuses.clear();
    bench.ask(Command::Read { part: Part::Signature, app: 0, at: 64 }).unwrap();
    assert_eq!(bench.responses[0].excerpt, Some(Excerpt::of(&[Part::Signature as u8, 64])));
    bench.ask(Command::Read { part: Part::Key, app: 7, at: 3 }).unwrap();
    assert_eq!(bench.responses[0].excerpt, Some(Excerpt::of(&[Part::Key as u8, 3])), "keys are of no app");
    let refused = bench.ask(Command::Read { part: Part::Manifest, app: 1, at: 0 });
    assert_eq!(refused.unwrap_err().code, ErrorCode::NoApp);
    assert_eq!(bench.statuses, [], "nothing has changed");

    // A client that goes meanwhile leaves nothing behind for the next one.
    bench.hold = true;
    bench.send(1, Command::Read { part: Part::Digest, app: 0, at: 0 });
    bench.handle(wamr_device::Event::Disconnected);
    bench.handle(wamr_device::Event::Connected(wamr_device::Role::Owner));
    bench.responses.clear();
    bench.release();
    assert_eq!(bench.responses, []);
}

#[test]
fn the_last_failure_is_told() {
    let mut bench = Bench::new();
    bench.install(&app("one", Restart::Never, false, 300)).unwrap();
    bench.install(&app("two", Restart::Never, false, 300)).unwrap();
    assert_eq!(failure(&mut bench, 0), None);
    bench.ask(run(0, "trap", &[], None)).unwrap();
    assert!(trapped(failure(&mut bench, 0)));
    assert_eq!(failure(&mut bench, 1), None, "that one has not failed");
    // What succeeds later does not hide it.
    bench.ask(run(0, "sum", &[], None)).unwrap();
    assert!(trapped(failure(&mut bench, 0)));

    // One that could not be loaded.
    bench.full = true;
    bench.ask(Command::Start { app: 1 }).unwrap_err();
    assert!(matches!(failure(&mut bench, 1).unwrap().why, Why::Refused { code: ErrorCode::OutOfMemory, .. }));
    assert_eq!(failure(&mut bench, 0), None, "there is room for one");
}

#[test]
fn why_a_version_failed_on_trial_is_told_when_it_is_gone() {
    let version = |len: usize| {
        let mut module = app("app", Restart::Never, false, len);
        *module.last_mut().unwrap() = CONFIRMS;
        module
    };
    let mut bench = Bench::new();
    bench.install(&version(300)).unwrap();
    bench.install(&version(400)).unwrap();
    assert_eq!((bench.status().apps[0].number, bench.status().apps[0].state), (1, AppState::OnTrial));
    bench.ask(run(1, "trap", &[], None)).unwrap();
    let apps = bench.status().apps;
    assert_eq!((apps.len(), apps[0].fingerprint), (1, (&digest(&version(300))).into()), "the old version is back");
    assert!(trapped(failure(&mut bench, 1)), "told by the number that it had");

    // Another app in that slot has not failed.
    bench.install(&version(500)).unwrap();
    let number = bench.status().apps[0].number;
    assert_eq!((number, failure(&mut bench, number)), (1, None));
}
