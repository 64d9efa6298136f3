use crate::bench::{Bench, SUPERVISION, app, run};
use wamr_proto::{AppState, Command, ErrorCode, Refusal, Restart};

fn state(bench: &Bench) -> (AppState, u8) {
    let app = bench.app(0).expect("an app");
    (app.state, app.failures)
}

fn installed(restart: Restart, entry: bool) -> Bench {
    let mut bench = Bench::new();
    bench.install(&app("app", restart, entry, 64)).unwrap();
    bench
}

fn trap(bench: &mut Bench) {
    bench.ask(run(0, "trap", &[], None)).unwrap();
}

/// An app whose entry traps each time that it is called.
fn trapping(restart: Restart) -> Bench {
    let mut bench = installed(restart, true);
    bench.entries_trap = true;
    bench.ask(Command::Start { app: 0 }).unwrap();
    bench
}

#[test]
fn an_app_that_is_never_restarted_keeps_its_memory() {
    let mut bench = installed(Restart::Never, false);
    trap(&mut bench);
    assert_eq!((state(&bench), bench.loads[0]), ((AppState::Started, 0), 1));
    bench.wait(100_000);
    bench.ask(run(0, "sum", &[], None)).unwrap();
    assert_eq!((state(&bench), bench.loads[0]), ((AppState::Started, 0), 1));
}

#[test]
fn an_app_that_failed_is_started_again_after_a_pause() {
    let mut bench = trapping(Restart::OnFailure);
    assert_eq!((state(&bench), bench.loaded[0]), ((AppState::Waiting, 1), None), "others may use the memory meanwhile");
    assert_eq!(bench.device.next_time(), Some(bench.now.wrapping_add(SUPERVISION.pause)));
    assert_eq!(bench.ask(run(0, "sum", &[], None)).unwrap_err().code, ErrorCode::NotStarted);
    bench.wait(SUPERVISION.pause - 1);
    assert_eq!(state(&bench), (AppState::Waiting, 1));
    bench.wait(1);
    // The next pause is longer.
    assert_eq!((state(&bench), bench.loads[0]), ((AppState::Waiting, 2), 3));
    bench.wait(SUPERVISION.pause_max - 1);
    assert_eq!(state(&bench), (AppState::Waiting, 2));
    bench.entries_trap = false;
    bench.wait(1);
    assert_eq!((state(&bench), bench.loads[0], bench.device.next_time()), ((AppState::Started, 0), 4, None));
}

#[test]
fn a_restart_that_is_due_waits_for_the_end_of_a_run_without_haste() {
    let mut bench = installed(Restart::OnFailure, false);
    bench.install(&app("other", Restart::Never, false, 64)).unwrap();
    trap(&mut bench);
    bench.hold = true;
    bench.send(100, run(1, "sum", &[], None));
    bench.wait(SUPERVISION.pause * 2);
    assert_eq!((state(&bench), bench.device.next_time()), ((AppState::Waiting, 0), None));
    bench.release();
    assert_eq!(state(&bench), (AppState::Started, 0));
}

#[test]
fn an_app_that_fails_again_and_again_is_disabled_until_it_is_started() {
    for restart in [Restart::OnFailure, Restart::Always] {
        let mut bench = trapping(restart);
        for _ in 1..SUPERVISION.failures {
            bench.wait(SUPERVISION.pause_max);
        }
        assert_eq!((state(&bench), bench.loaded[0]), ((AppState::Disabled, 3), None));
        bench.wait(100_000);
        let refusal = bench.ask(run(0, "sum", &[], None)).unwrap_err();
        assert_eq!(refusal, Refusal::with_bound(ErrorCode::Disabled, 3));
        bench.entries_trap = false;
        bench.ask(Command::Start { app: 0 }).unwrap();
        assert_eq!(state(&bench).1, 0);
        bench.ask(run(0, "sum", &[], None)).unwrap_or_else(|refusal| assert_eq!(restart, Restart::Always, "{refusal}"));
    }
}

#[test]
fn what_a_client_calls_never_disables_an_app() {
    for restart in [Restart::Never, Restart::OnFailure, Restart::Always] {
        let mut bench = installed(restart, false);
        for _ in 0..4 * SUPERVISION.failures {
            // With arguments that make it trap, and with no fuel.
            for fuel in [None, Some(0)] {
                bench.ask(run(0, "trap", &[], fuel)).unwrap();
                bench.wait(SUPERVISION.pause);
                assert_eq!(state(&bench), (AppState::Started, 0), "{restart:?}, {fuel:?}");
            }
        }
        let loads = if restart == Restart::Never { 1 } else { 1 + 8 * u32::from(SUPERVISION.failures) };
        assert_eq!(bench.loads[0], loads, "what its memory holds then is the manifest's business");
    }
}

#[test]
fn entries_are_called_and_supervised() {
    let mut bench = installed(Restart::OnFailure, true);
    assert_eq!((state(&bench), bench.receipts.len()), ((AppState::Started, 0), 1));
    assert_eq!((bench.receipts[0].seq, bench.receipts[0].app), (0, 0));
    bench.wait(100_000);
    assert_eq!(bench.receipts.len(), 1, "it returned, which is no failure");

    bench.entries_trap = true;
    bench.ask(Command::Start { app: 0 }).unwrap();
    for _ in 0..5 {
        bench.wait(SUPERVISION.pause_max);
    }
    assert_eq!((state(&bench), bench.receipts.len()), ((AppState::Disabled, 3), 4));
    // After a restart of the device it gets another chance.
    let bench = bench.restart();
    assert_eq!(state(&bench), (AppState::Started, 0));
}

#[test]
fn an_entry_that_is_always_restarted_runs_again_and_again() {
    let mut bench = installed(Restart::Always, true);
    for times in 1..10 {
        assert_eq!((state(&bench), bench.receipts.len()), ((AppState::Waiting, 0), times));
        bench.wait(SUPERVISION.pause);
    }
    bench.ask(Command::Stop { app: 0 }).unwrap();
    bench.wait(100_000);
    assert_eq!((state(&bench), bench.receipts.len()), ((AppState::Stopped, 0), 10));
}

#[test]
fn an_app_that_cannot_be_loaded_has_failed() {
    for (restart, then) in [(Restart::Never, AppState::Stopped), (Restart::OnFailure, AppState::Waiting)] {
        let mut bench = installed(restart, false);
        bench.full = true;
        assert_eq!(bench.ask(Command::Start { app: 0 }).unwrap_err().code, ErrorCode::OutOfMemory);
        assert_eq!(state(&bench), (then, 1));
    }
}

#[test]
fn bad_requests_are_not_the_apps_failures() {
    let mut bench = installed(Restart::OnFailure, false);
    for _ in 0..10 {
        assert_eq!(bench.ask(run(0, "none", &[], None)).unwrap_err().code, ErrorCode::NoSuchExport);
    }
    assert_eq!(state(&bench), (AppState::Started, 0));
}

#[test]
fn a_new_version_begins_without_the_failures_of_the_old() {
    let mut bench = trapping(Restart::OnFailure);
    for _ in 1..SUPERVISION.failures {
        bench.wait(SUPERVISION.pause_max);
    }
    assert_eq!(state(&bench), (AppState::Disabled, 3));
    bench.install(&app("app", Restart::Never, false, 65)).unwrap();
    let new = bench.only();
    bench.assert_started(new, &app("app", Restart::Never, false, 65));
}

#[test]
fn a_client_gets_its_turn_between_apps_that_run_all_the_time() {
    let mut bench = installed(Restart::Always, true);
    bench.install(&app("other", Restart::Always, true, 64)).unwrap();
    bench.hold = true;
    bench.wait(SUPERVISION.pause * 2);
    assert_eq!(bench.held.len(), 1, "the one is being loaded, the other due");
    assert_eq!(bench.ask(run(1, "sum", &[], None)).unwrap_err().code, ErrorCode::Busy);
    bench.release();
    // Idle, though much is due.
    assert!(bench.device.next_time().is_some());
    let runs = bench.receipts.len();
    bench.wait(500);
    assert_eq!(bench.receipts.len(), runs);
    bench.ask(Command::Stop { app: 1 }).unwrap();
    assert_eq!(bench.app(1).unwrap().state, AppState::Stopped);
    bench.wait(600);
    assert!(bench.receipts.len() > runs, "then it goes on");
}
