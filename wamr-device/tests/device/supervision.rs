use crate::rig::{Rig, SUPERVISION, app, run};
use wamr_device::{Completion, Event, Task};
use wamr_proto::{AppState, Command, ErrorCode, Refusal, Restart};

fn state(rig: &Rig) -> (AppState, u8) {
    let app = rig.app(0).expect("an app");
    (app.state, app.failures)
}

fn installed(restart: Restart, entry: bool) -> Rig {
    let mut rig = Rig::new();
    rig.install(&app("app", restart, entry, 64)).unwrap();
    rig
}

fn trap(rig: &mut Rig) {
    rig.ask(run(0, "trap", &[], None)).unwrap();
}

/// An app whose entry traps each time that it is called.
fn trapping(restart: Restart) -> Rig {
    let mut rig = installed(restart, true);
    rig.entries_trap = true;
    rig.ask(Command::Start { app: 0 }).unwrap();
    rig
}

#[test]
fn an_app_that_is_never_restarted_keeps_its_memory() {
    let mut rig = installed(Restart::Never, false);
    trap(&mut rig);
    assert_eq!((state(&rig), rig.loads[0]), ((AppState::Started, 0), 1));
    rig.wait(100_000);
    rig.ask(run(0, "sum", &[], None)).unwrap();
    assert_eq!((state(&rig), rig.loads[0]), ((AppState::Started, 0), 1));
}

#[test]
fn an_app_that_failed_is_started_again_after_a_pause() {
    let mut rig = trapping(Restart::OnFailure);
    assert_eq!((state(&rig), rig.loaded[0]), ((AppState::Waiting, 1), None), "others may use the memory meanwhile");
    assert_eq!(rig.device.next_time(), Some(rig.now.wrapping_add(SUPERVISION.pause)));
    assert_eq!(rig.ask(run(0, "sum", &[], None)).unwrap_err().code, ErrorCode::NotStarted);
    rig.wait(SUPERVISION.pause - 1);
    assert_eq!(state(&rig), (AppState::Waiting, 1));
    rig.wait(1);
    // The next pause is longer.
    assert_eq!((state(&rig), rig.loads[0]), ((AppState::Waiting, 2), 3));
    rig.wait(SUPERVISION.pause_max - 1);
    assert_eq!(state(&rig), (AppState::Waiting, 2));
    rig.entries_trap = false;
    rig.wait(1);
    rig.rest();
    assert_eq!((state(&rig), rig.loads[0]), ((AppState::Started, 0), 4));
}

#[test]
fn a_restart_that_is_due_waits_for_the_end_of_a_run_without_haste() {
    let mut rig = installed(Restart::OnFailure, false);
    rig.install(&app("other", Restart::Never, false, 64)).unwrap();
    trap(&mut rig);
    rig.hold = true;
    rig.send(100, run(1, "sum", &[], None));
    rig.wait(SUPERVISION.pause * 2);
    assert_eq!((state(&rig), rig.device.next_time()), ((AppState::Waiting, 0), None));
    rig.release();
    assert_eq!(state(&rig), (AppState::Started, 0));
}

#[test]
fn an_app_that_fails_again_and_again_is_disabled_until_it_is_started() {
    for restart in [Restart::OnFailure, Restart::Always] {
        let mut rig = trapping(restart);
        for _ in 1..SUPERVISION.failures {
            rig.wait(SUPERVISION.pause_max);
        }
        assert_eq!((state(&rig), rig.loaded[0]), ((AppState::Disabled, 3), None));
        rig.wait(100_000);
        let refusal = rig.ask(run(0, "sum", &[], None)).unwrap_err();
        assert_eq!(refusal, Refusal::with_bound(ErrorCode::Disabled, 3));
        rig.entries_trap = false;
        rig.ask(Command::Start { app: 0 }).unwrap();
        assert_eq!(state(&rig).1, 0);
        rig.ask(run(0, "sum", &[], None)).unwrap_or_else(|refusal| assert_eq!(restart, Restart::Always, "{refusal}"));
    }
}

#[test]
fn what_a_client_calls_never_disables_an_app() {
    for restart in [Restart::Never, Restart::OnFailure, Restart::Always] {
        let mut rig = installed(restart, false);
        for _ in 0..4 * SUPERVISION.failures {
            // With arguments that make it trap, and with no fuel.
            for fuel in [None, Some(0)] {
                rig.ask(run(0, "trap", &[], fuel)).unwrap();
                rig.wait(SUPERVISION.pause);
                assert_eq!(state(&rig), (AppState::Started, 0), "{restart:?}, {fuel:?}");
            }
        }
        let loads = if restart == Restart::Never { 1 } else { 1 + 8 * u32::from(SUPERVISION.failures) };
        assert_eq!(rig.loads[0], loads, "what its memory holds then is the manifest's business");
    }
}

#[test]
fn entries_are_called_and_supervised() {
    let mut rig = installed(Restart::OnFailure, true);
    assert_eq!((state(&rig), rig.receipts.len()), ((AppState::Started, 0), 1));
    assert_eq!((rig.receipts[0].seq, rig.receipts[0].app), (0, 0));
    rig.wait(100_000);
    assert_eq!(rig.receipts.len(), 1, "it returned, which is no failure");

    rig.entries_trap = true;
    rig.ask(Command::Start { app: 0 }).unwrap();
    for _ in 0..5 {
        rig.wait(SUPERVISION.pause_max);
    }
    assert_eq!((state(&rig), rig.receipts.len()), ((AppState::Disabled, 3), 4));
    // After a restart of the device it gets another chance.
    let rig = rig.restart();
    assert_eq!(state(&rig), (AppState::Started, 0));
}

#[test]
fn an_entry_that_is_always_restarted_runs_again_and_again() {
    let mut rig = installed(Restart::Always, true);
    for times in 1..10 {
        assert_eq!((state(&rig), rig.receipts.len()), ((AppState::Waiting, 0), times));
        rig.wait(SUPERVISION.pause);
    }
    rig.ask(Command::Stop { app: 0 }).unwrap();
    rig.wait(100_000);
    assert_eq!((state(&rig), rig.receipts.len()), ((AppState::Stopped, 0), 10));
}

#[test]
fn an_app_that_cannot_be_loaded_has_failed() {
    for (restart, then) in [(Restart::Never, AppState::Stopped), (Restart::OnFailure, AppState::Waiting)] {
        let mut rig = installed(restart, false);
        rig.full = true;
        assert_eq!(rig.ask(Command::Start { app: 0 }).unwrap_err().code, ErrorCode::OutOfMemory);
        assert_eq!(state(&rig), (then, 1));
    }
}

#[test]
fn bad_requests_are_not_the_apps_failures() {
    let mut rig = installed(Restart::OnFailure, false);
    for _ in 0..10 {
        assert_eq!(rig.ask(run(0, "none", &[], None)).unwrap_err().code, ErrorCode::NoSuchExport);
    }
    assert_eq!(state(&rig), (AppState::Started, 0));
}

#[test]
fn an_entry_that_cannot_be_called_is_the_apps_failure() {
    let mut rig = installed(Restart::OnFailure, true);
    rig.hold = true;
    rig.send(100, Command::Start { app: 0 });
    rig.release_one();
    assert!(matches!(rig.held[..], [Task::Enter { slot: 0 }]), "{:?}", rig.held);
    let refused = Completion::Ran { result: Err(ErrorCode::NoSuchExport.into()), confirmed: false, narrowed: false };
    let task = rig.held.remove(0);
    rig.handle(Event::Executed(task, refused));
    assert_eq!(state(&rig), (AppState::Waiting, 1));
}

#[test]
fn a_new_version_begins_without_the_failures_of_the_old() {
    let mut rig = trapping(Restart::OnFailure);
    for _ in 1..SUPERVISION.failures {
        rig.wait(SUPERVISION.pause_max);
    }
    assert_eq!(state(&rig), (AppState::Disabled, 3));
    rig.install(&app("app", Restart::Never, false, 65)).unwrap();
    let new = rig.only();
    rig.assert_started(new, &app("app", Restart::Never, false, 65));
}

#[test]
fn a_disabled_app_stays_so_when_a_new_version_fails() {
    let mut rig = trapping(Restart::OnFailure);
    for _ in 1..SUPERVISION.failures {
        rig.wait(SUPERVISION.pause_max);
    }
    rig.install(&app("app", Restart::Never, true, 65)).unwrap();
    rig.wait(100_000);
    assert_eq!((state(&rig), rig.loaded[0]), ((AppState::Disabled, 3), None));
}

#[test]
fn a_client_gets_its_turn_between_apps_that_run_all_the_time() {
    let mut rig = installed(Restart::Always, true);
    rig.install(&app("other", Restart::Always, true, 64)).unwrap();
    rig.hold = true;
    rig.wait(SUPERVISION.pause * 2);
    assert_eq!(rig.held.len(), 1, "the one is being loaded, the other due");
    assert_eq!(rig.ask(run(1, "sum", &[], None)).unwrap_err().code, ErrorCode::Busy);
    rig.release();
    // Idle, though much is due.
    assert!(rig.device.next_time().is_some());
    let runs = rig.receipts.len();
    rig.wait(500);
    assert_eq!(rig.receipts.len(), runs);
    rig.ask(Command::Stop { app: 1 }).unwrap();
    assert_eq!(rig.app(1).unwrap().state, AppState::Stopped);
    rig.wait(600);
    assert!(rig.receipts.len() > runs, "then it goes on");
}
