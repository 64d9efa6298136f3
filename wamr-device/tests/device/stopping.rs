use crate::rig::{Rig, app, module, run};
use wamr_device::{Completion, Event, Role, Task};
use wamr_proto::{Activity, AppState, Command, ErrorCode, Outcome, Receipt, Restart, Values};

/// An app whose entry runs and does not end before the rig is released.
fn running() -> Rig {
    let mut rig = Rig::new();
    rig.install(&app("other", Restart::Never, false, 64)).unwrap();
    rig.hold = true;
    rig.install_held(&app("app", Restart::Always, true, 64));
    rig.release_one(); // verified
    rig.release_one(); // loaded
    assert!(matches!(rig.held[..], [Task::Enter { slot: 1 }]), "{:?}", rig.held);
    rig.responses.clear();
    rig
}

fn refusal(rig: &mut Rig) -> (u32, Option<ErrorCode>) {
    let [response] = &rig.responses[..] else { panic!("one response, not {:?}", rig.responses) };
    let told = (response.seq, response.refusal.as_ref().map(|refusal| refusal.code));
    rig.responses.clear();
    told
}

#[test]
fn an_app_that_runs_is_stopped() {
    let mut rig = running();
    rig.send(100, Command::Stop { app: 1 });
    assert_eq!((rig.interruptions, rig.responses.len()), (1, 0));
    rig.hold = false;
    // It traps, as what is interrupted does.
    rig.entries_trap = true;
    rig.release();
    assert_eq!(refusal(&mut rig), (100, None));
    let app = rig.app(1).unwrap();
    assert_eq!((app.state, app.failures, rig.loaded[1]), (AppState::Stopped, 0, None));
    rig.wait(100_000);
    assert_eq!(rig.app(1).unwrap().state, AppState::Stopped);
}

#[test]
fn an_app_that_runs_is_removed() {
    let mut rig = running();
    rig.send(100, Command::Remove { app: 1 });
    assert_eq!(rig.interruptions, 1);
    rig.release();
    assert_eq!(refusal(&mut rig), (100, None));
    assert_eq!((rig.app(1), rig.loaded[1]), (None, None));
    rig = rig.restart();
    assert_eq!(rig.app(1), None);
}

#[test]
fn an_interruption_that_came_too_early_is_repeated() {
    let mut rig = running();
    rig.send(100, Command::Stop { app: 1 });
    for times in 2..10 {
        assert_eq!(rig.device.next_time(), Some(rig.now.wrapping_add(100)));
        rig.wait(99);
        assert_eq!(rig.interruptions, times - 1);
        rig.wait(1);
        assert_eq!(rig.interruptions, times);
    }
}

#[test]
fn a_client_is_told_of_an_app_that_does_not_stop() {
    let mut rig = running();
    rig.send(100, Command::Stop { app: 1 });
    for _ in 1..20 {
        assert_eq!(rig.responses, []);
        rig.wait(100);
    }
    assert_eq!(refusal(&mut rig), (100, Some(ErrorCode::Stuck)));
    // It may ask again, and for more.
    rig.send(101, Command::Remove { app: 1 });
    for _ in 1..20 {
        rig.wait(100);
    }
    assert_eq!(refusal(&mut rig), (101, Some(ErrorCode::Stuck)));
    // When it ends at last, nobody has to ask again.
    rig.release();
    assert_eq!((rig.app(1), rig.responses.len()), (None, 0));
}

#[test]
fn the_client_whose_call_is_ended_gets_both_answers() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    rig.responses.clear();
    rig.hold = true;
    rig.send(100, run(0, "spin", &[], None));
    rig.send(101, Command::Stop { app: 0 });
    rig.send(102, Command::Stop { app: 0 });
    assert_eq!(refusal(&mut rig), (102, Some(ErrorCode::Busy)), "one is enough");
    rig.release();
    let answers: Vec<_> = rig.responses.iter().map(|response| (response.seq, response.refusal.is_some())).collect();
    assert_eq!(answers, [(100, false), (101, false)]);
    assert_eq!((rig.receipts.len(), rig.app(0).unwrap().state), (1, AppState::Stopped));
}

#[test]
fn a_start_that_does_not_end_is_stopped() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    rig.responses.clear();
    rig.hold = true;
    rig.full = true; // it fails
    rig.send(100, Command::Start { app: 0 });
    rig.send(101, Command::Stop { app: 0 });
    assert_eq!(rig.interruptions, 1);
    rig.release();
    let answers: Vec<_> = rig.responses.iter().map(|response| (response.seq, response.refusal.is_some())).collect();
    assert_eq!(answers, [(100, true), (101, false)]);
    let app = rig.app(0).unwrap();
    assert_eq!((app.state, app.failures), (AppState::Stopped, 0));
}

#[test]
fn an_app_that_is_yet_to_be_stopped_still_runs() {
    let mut rig = running();
    rig.send(100, Command::Stop { app: 1 });
    let result = Ok(Receipt::new(0, Outcome::Returned(Values::default())));
    let returned = Completion::Ran { result, confirmed: false, narrowed: false };
    rig.device.handle(rig.now, Event::Executed(rig.held.remove(0), returned));
    assert_eq!(rig.status().activity, Activity::Running);
    rig.hold = false;
    rig.settle();
    assert_eq!((rig.status().activity, rig.app(1).unwrap().state), (Activity::Idle, AppState::Stopped));
}

#[test]
fn what_another_app_does_is_not_interrupted() {
    let mut rig = running();
    assert_eq!(rig.ask(Command::Stop { app: 0 }).unwrap_err().code, ErrorCode::Busy);
    assert_eq!(rig.ask(Command::Remove { app: 7 }).unwrap_err().code, ErrorCode::Busy);
    assert_eq!(rig.interruptions, 0);
}

#[test]
fn what_a_client_wanted_that_is_gone_is_done() {
    let mut rig = running();
    rig.send(100, Command::Remove { app: 1 });
    rig.handle(Event::Disconnected);
    rig.handle(Event::Connected(Role::Owner));
    rig.wait(100_000);
    assert_eq!(rig.responses, []);
    // Another client has a question of its own about the same app.
    rig.send(7, Command::Stop { app: 1 });
    rig.release();
    assert_eq!(refusal(&mut rig), (7, None));
    assert_eq!(rig.app(1), None);
}
