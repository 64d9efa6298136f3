use crate::rig::{Rig, app, digest, module, run};
use wamr_device::{Completion, Event, Role};
use wamr_proto::{
    AppState, Command, Details, ErrorCode, Outcome, Receipt, Refusal, Request, Restart, Value, Values, encode,
};

fn named(name: &str, len: usize) -> Vec<u8> {
    app(name, Restart::Never, false, len)
}

fn describe(rig: &mut Rig, app: u8) -> Details {
    rig.ask(Command::Describe { app }).unwrap();
    rig.responses[0].details.clone().expect("details")
}

/// Two apps in three slots.
fn two() -> (Rig, [Vec<u8>; 2]) {
    let mut rig = Rig::new();
    let modules = [named("one", 64), named("two", 5000)];
    for module in &modules {
        rig.install(module).unwrap();
    }
    (rig, modules)
}

#[test]
fn apps_of_different_names_live_beside_each_other() {
    let (mut rig, [one, two]) = two();
    rig.assert_started(0, &one);
    rig.assert_started(1, &two);
    let details = describe(&mut rig, 1);
    assert_eq!((details.name.as_str(), details.size, details.entry), ("two", 5000, false));
    for app in [0, 1] {
        rig.ask(run(app, "sum", &[Value::I32(1)], None)).unwrap();
        assert_eq!(rig.receipts.last().unwrap().app, app);
    }
    rig = rig.restart();
    rig.assert_started(0, &one);
    rig.assert_started(1, &two);
}

#[test]
fn a_module_of_the_same_name_is_the_new_version() {
    let (mut rig, [one, two]) = two();
    let new = named("one", 300);
    rig.install(&new).unwrap();
    assert_eq!(rig.app(0), None);
    rig.assert_started(2, &new);
    rig.assert_started(1, &two);
    assert_eq!(rig.loaded.iter().flatten().count(), 2);

    // The old version's slot is free for the next, and does not come back after a restart.
    rig = rig.restart();
    assert_eq!((rig.app(0), rig.status().apps.len()), (None, 2));
    rig.assert_started(2, &new);
    rig.install(&one).unwrap();
    rig.assert_started(0, &one);
    rig.assert_started(1, &two);
    assert_eq!(rig.status().apps.len(), 2);
}

#[test]
fn a_new_version_does_not_overwrite_the_one_before_while_another_slot_is_empty() {
    let mut rig = Rig::new();
    for (slot, len) in (0..3).zip(64..) {
        rig.install(&named("one", len)).unwrap();
        rig.assert_started(slot, &named("one", len));
    }
}

#[test]
fn when_all_slots_hold_apps_one_must_be_removed() {
    let (mut rig, [one, two]) = two();
    rig.install(&named("three", 64)).unwrap();
    let refusal = rig.install(&named("four", 64)).unwrap_err();
    assert_eq!(refusal, Refusal::with_bound(ErrorCode::NoSlot, 3));
    rig.ask(Command::Remove { app: 0 }).unwrap();
    assert_eq!((rig.app(0), rig.loaded[0]), (None, None));
    rig.install(&named("four", 64)).unwrap();
    rig.assert_started(1, &two);
    rig = rig.restart();
    assert_eq!(rig.status().apps.len(), 3);
    assert!(rig.status().apps.iter().all(|app| app.fingerprint != (&digest(&one)).into()));
}

#[test]
fn a_removed_app_does_not_come_back_as_its_older_version() {
    let (mut rig, [_, two]) = two();
    rig.install(&named("one", 300)).unwrap();
    rig.ask(Command::Remove { app: 2 }).unwrap();
    for _ in 0..2 {
        assert_eq!((rig.app(0), rig.app(2)), (None, None));
        rig.assert_started(1, &two);
        rig = rig.restart();
    }
}

#[test]
fn every_failing_flash_operation_of_a_removal_leaves_the_app_or_none() {
    for healthy in 0..2 {
        let (mut rig, [_, two]) = two();
        rig.install(&named("one", 300)).unwrap();
        rig.flash.fail_after(healthy);
        assert_eq!(rig.ask(Command::Remove { app: 2 }).unwrap_err().code, ErrorCode::FlashFailed);
        assert_eq!(rig.app(2).unwrap().state, AppState::Stopped);
        rig = rig.restart();
        rig.assert_started(2, &named("one", 300));
        rig.assert_started(1, &two);
        rig.ask(Command::Remove { app: 2 }).unwrap();
        assert_eq!(rig.status().apps.len(), 1);
    }
}

#[test]
fn apps_are_stopped_and_started() {
    let (mut rig, [one, two]) = two();
    rig.ask(Command::Stop { app: 0 }).unwrap();
    assert_eq!((rig.app(0).unwrap().state, rig.loaded[0]), (AppState::Stopped, None));
    assert_eq!(rig.ask(run(0, "sum", &[], None)).unwrap_err().code, ErrorCode::NotStarted);
    rig.assert_started(1, &two);
    rig.ask(Command::Stop { app: 0 }).unwrap();
    rig.ask(Command::Start { app: 0 }).unwrap();
    rig.assert_started(0, &one);
    rig.ask(Command::Start { app: 0 }).unwrap();
    assert_eq!(rig.loads[0], 3, "starting means afresh");
}

#[test]
fn what_is_not_there_is_refused() {
    let (mut rig, [one, _]) = two();
    for app in [2, 7, 8, 255] {
        for command in [
            run(app, "sum", &[], None),
            Command::Describe { app },
            Command::Start { app },
            Command::Stop { app },
            Command::Remove { app },
        ] {
            assert_eq!(rig.ask(command).unwrap_err().code, ErrorCode::NoApp);
        }
    }
    rig.assert_started(0, &one);
}

#[test]
fn one_app_more_than_memory_holds_is_refused_and_the_others_go_on() {
    let (mut rig, [one, two]) = two();
    rig.full = true;
    assert_eq!(rig.install(&named("three", 64)).unwrap_err().code, ErrorCode::OutOfMemory);
    rig.assert_started(0, &one);
    rig.assert_started(1, &two);
    rig.full = false;
    rig.install(&named("three", 64)).unwrap();
}

#[test]
fn an_upload_goes_on_while_another_app_is_removed() {
    let (mut rig, [_, two]) = two();
    let new = named("new", 4000);
    rig.begin(&new).unwrap();
    rig.stream(&new[..2000], 0, 100);
    rig.ask(Command::Remove { app: 0 }).unwrap();
    rig.stream(&new, 2000, 100);
    rig.ask(Command::Commit).unwrap();
    rig.assert_started(2, &new);
    rig.assert_started(1, &two);
}

#[test]
fn an_app_is_described_while_another_runs() {
    let (mut rig, _) = two();
    rig.hold = true;
    rig.send(100, run(0, "sum", &[], None));
    assert_eq!(describe(&mut rig, 1).name.as_str(), "two");
    rig.responses.clear();
    rig.release();
    assert_eq!(rig.responses[0].seq, 100);
}

#[test]
fn a_module_without_a_name_replaces_the_one_before() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    rig.install(&named("other", 64)).unwrap();
    rig.install(&module(65)).unwrap();
    rig.assert_started(2, &module(65));
    assert_eq!(rig.status().apps.len(), 2);
    rig.handle(Event::Disconnected);
}

#[test]
fn apps_are_not_touched_before_they_are_verified() {
    let (rig, [one, two]) = two();
    let mut rig = rig.restart_with(|rig| rig.hold = true);
    for command in [
        Command::Start { app: 0 },
        Command::Stop { app: 1 },
        Command::Describe { app: 0 },
        run(0, "sum", &[], None),
        Command::Remove { app: 1 },
    ] {
        assert_eq!(rig.ask(command).unwrap_err().code, ErrorCode::Busy);
    }
    rig.release();
    rig.wait(1_000);
    rig.assert_started(0, &one);
    rig.assert_started(1, &two);
}

#[test]
fn a_client_that_comes_before_the_first_task_waits_like_others() {
    let (rig, [one, _]) = two();
    let mut rig = rig.restart_with(|rig| {
        rig.device.handle(rig.now, Event::Connected(Role::Owner));
        let request = Request { seq: 7, command: Command::Remove { app: 0 } };
        rig.device.handle(rig.now, Event::Control(&encode(&request).unwrap()));
    });
    let refusal = rig.responses[0].refusal.as_ref().map(|refusal| refusal.code);
    assert_eq!((rig.responses[0].seq, refusal), (7, Some(ErrorCode::Busy)));
    rig.wait(1_000);
    rig.assert_started(0, &one);
}

#[test]
fn a_client_waits_until_the_end_of_a_trial_is_recorded() {
    let mut rig = Rig::new();
    rig.install(&app("app", Restart::Never, true, 64)).unwrap();
    let new = app("app", Restart::Never, true, 65);
    rig.hold = true;
    rig.install_held(&new);
    rig.release_one(); // verified
    rig.release_one(); // loaded
    rig.responses.clear();
    // The entry has returned, and a request arrives before the device continues.
    let result = Ok(Receipt::new(0, Outcome::Returned(Values::default())));
    let returned = Completion::Ran { result, confirmed: false, narrowed: false };
    rig.hold = false;
    rig.device.handle(rig.now, Event::Executed(rig.held.remove(0), returned));
    assert_eq!(rig.ask(Command::Start { app: 1 }).unwrap_err().code, ErrorCode::Busy);
    rig.wait(1_000);
    rig.restart().assert_app(&new);
}

#[test]
fn a_removal_waits_until_the_executor_has_forgotten_the_app() {
    let (mut rig, [_, two]) = two();
    rig.ask(Command::Stop { app: 0 }).unwrap();
    rig.hold = true;
    let flash_ops = rig.flash_ops;
    rig.send(100, Command::Remove { app: 0 });
    assert_eq!((rig.held.len(), rig.flash_ops), (1, flash_ops), "one task at a time");
    rig.release();
    assert_eq!(rig.app(0), None);
    rig.assert_started(1, &two);
}
