use crate::bench::{Bench, app, module, run};
use wamr_device::{Event, Role, Task};
use wamr_proto::{AppState, Command, ErrorCode, Restart};

/// An app whose entry runs and does not end before the bench is released.
fn running() -> Bench {
    let mut bench = Bench::new();
    bench.install(&app("other", Restart::Never, false, 64)).unwrap();
    bench.hold = true;
    bench.install_held(&app("app", Restart::Always, true, 64));
    bench.release_one(); // verified
    bench.release_one(); // loaded
    assert!(matches!(bench.held[..], [Task::Enter { slot: 1 }]), "{:?}", bench.held);
    bench.responses.clear();
    bench
}

fn refusal(bench: &mut Bench) -> (u32, Option<ErrorCode>) {
    let [response] = &bench.responses[..] else { panic!("one response, not {:?}", bench.responses) };
    let told = (response.seq, response.refusal.as_ref().map(|refusal| refusal.code));
    bench.responses.clear();
    told
}

#[test]
fn an_app_that_runs_is_stopped() {
    let mut bench = running();
    bench.send(100, Command::Stop { app: 1 });
    assert_eq!((bench.interruptions, bench.responses.len()), (1, 0));
    bench.hold = false;
    // It traps, as what is interrupted does.
    bench.entries_trap = true;
    bench.release();
    assert_eq!(refusal(&mut bench), (100, None));
    let app = bench.app(1).unwrap();
    assert_eq!((app.state, app.failures, bench.loaded[1]), (AppState::Stopped, 0, None));
    bench.wait(100_000);
    assert_eq!(bench.app(1).unwrap().state, AppState::Stopped);
}

#[test]
fn an_app_that_runs_is_removed() {
    let mut bench = running();
    bench.send(100, Command::Remove { app: 1 });
    assert_eq!(bench.interruptions, 1);
    bench.release();
    assert_eq!(refusal(&mut bench), (100, None));
    assert_eq!((bench.app(1), bench.loaded[1]), (None, None));
    bench = bench.restart();
    assert_eq!(bench.app(1), None);
}

#[test]
fn an_interruption_that_came_too_early_is_repeated() {
    let mut bench = running();
    bench.send(100, Command::Stop { app: 1 });
    for times in 2..10 {
        assert_eq!(bench.device.next_time(), Some(bench.now.wrapping_add(100)));
        bench.wait(99);
        assert_eq!(bench.interruptions, times - 1);
        bench.wait(1);
        assert_eq!(bench.interruptions, times);
    }
}

#[test]
fn a_client_is_told_of_an_app_that_does_not_stop() {
    let mut bench = running();
    bench.send(100, Command::Stop { app: 1 });
    for _ in 1..20 {
        assert_eq!(bench.responses, []);
        bench.wait(100);
    }
    assert_eq!(refusal(&mut bench), (100, Some(ErrorCode::Stuck)));
    // It may ask again, and for more.
    bench.send(101, Command::Remove { app: 1 });
    for _ in 1..20 {
        bench.wait(100);
    }
    assert_eq!(refusal(&mut bench), (101, Some(ErrorCode::Stuck)));
    // When it ends at last, nobody has to ask again.
    bench.release();
    assert_eq!((bench.app(1), bench.responses.len()), (None, 0));
}

#[test]
fn the_client_whose_call_is_ended_gets_both_answers() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    bench.responses.clear();
    bench.hold = true;
    bench.send(100, run(0, "spin", &[], None));
    bench.send(101, Command::Stop { app: 0 });
    bench.send(102, Command::Stop { app: 0 });
    assert_eq!(refusal(&mut bench), (102, Some(ErrorCode::Busy)), "one is enough");
    bench.release();
    let answers: Vec<_> = bench.responses.iter().map(|response| (response.seq, response.refusal.is_some())).collect();
    assert_eq!(answers, [(100, false), (101, false)]);
    assert_eq!((bench.receipts.len(), bench.app(0).unwrap().state), (1, AppState::Stopped));
}

#[test]
fn a_start_that_does_not_end_is_stopped() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    bench.responses.clear();
    bench.hold = true;
    bench.full = true; // it fails
    bench.send(100, Command::Start { app: 0 });
    bench.send(101, Command::Stop { app: 0 });
    assert_eq!(bench.interruptions, 1);
    bench.release();
    let answers: Vec<_> = bench.responses.iter().map(|response| (response.seq, response.refusal.is_some())).collect();
    assert_eq!(answers, [(100, true), (101, false)]);
    let app = bench.app(0).unwrap();
    assert_eq!((app.state, app.failures), (AppState::Stopped, 0));
}

#[test]
fn what_another_app_does_is_not_interrupted() {
    let mut bench = running();
    assert_eq!(bench.ask(Command::Stop { app: 0 }).unwrap_err().code, ErrorCode::Busy);
    assert_eq!(bench.ask(Command::Remove { app: 7 }).unwrap_err().code, ErrorCode::Busy);
    assert_eq!(bench.interruptions, 0);
}

#[test]
fn what_a_client_wanted_that_is_gone_is_done() {
    let mut bench = running();
    bench.send(100, Command::Remove { app: 1 });
    bench.handle(Event::Disconnected);
    bench.handle(Event::Connected(Role::Owner));
    bench.wait(100_000);
    assert_eq!(bench.responses, []);
    // Another client has a question of its own about the same app.
    bench.send(7, Command::Stop { app: 1 });
    bench.release();
    assert_eq!(refusal(&mut bench), (7, None));
    assert_eq!(bench.app(1), None);
}
