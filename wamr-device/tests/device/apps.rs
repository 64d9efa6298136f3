use crate::bench::{Bench, app, digest, module, run};
use wamr_device::Event;
use wamr_proto::{AppState, Command, Details, ErrorCode, Refusal, Restart, Value};

fn named(name: &str, len: usize) -> Vec<u8> {
    app(name, Restart::Never, false, len)
}

fn describe(bench: &mut Bench, app: u8) -> Details {
    bench.ask(Command::Describe { app }).unwrap();
    bench.responses[0].details.clone().expect("details")
}

/// Two apps in three slots.
fn two() -> (Bench, [Vec<u8>; 2]) {
    let mut bench = Bench::new();
    let modules = [named("one", 64), named("two", 5000)];
    for module in &modules {
        bench.install(module).unwrap();
    }
    (bench, modules)
}

#[test]
fn apps_of_different_names_live_beside_each_other() {
    let (mut bench, [one, two]) = two();
    bench.assert_started(0, &one);
    bench.assert_started(1, &two);
    let details = describe(&mut bench, 1);
    assert_eq!((details.name.as_str(), details.size, details.entry), ("two", 5000, false));
    for app in [0, 1] {
        bench.ask(run(app, "sum", &[Value::I32(1)], None)).unwrap();
        assert_eq!(bench.receipts.last().unwrap().app, app);
    }
    bench = bench.restart();
    bench.assert_started(0, &one);
    bench.assert_started(1, &two);
}

#[test]
fn a_module_of_the_same_name_is_the_new_version() {
    let (mut bench, [one, two]) = two();
    let new = named("one", 300);
    bench.install(&new).unwrap();
    assert_eq!(bench.app(0), None);
    bench.assert_started(2, &new);
    bench.assert_started(1, &two);
    assert_eq!(bench.loaded.iter().flatten().count(), 2);

    // The old version's slot is free for the next, and does not come back after a restart.
    bench = bench.restart();
    assert_eq!((bench.app(0), bench.status().apps.len()), (None, 2));
    bench.assert_started(2, &new);
    bench.install(&one).unwrap();
    bench.assert_started(0, &one);
    bench.assert_started(1, &two);
    assert_eq!(bench.status().apps.len(), 2);
}

#[test]
fn when_all_slots_hold_apps_one_must_be_removed() {
    let (mut bench, [one, two]) = two();
    bench.install(&named("three", 64)).unwrap();
    let refusal = bench.install(&named("four", 64)).unwrap_err();
    assert_eq!(refusal, Refusal::with_bound(ErrorCode::NoSlot, 3));
    bench.ask(Command::Remove { app: 0 }).unwrap();
    assert_eq!((bench.app(0), bench.loaded[0]), (None, None));
    bench.install(&named("four", 64)).unwrap();
    bench.assert_started(1, &two);
    bench = bench.restart();
    assert_eq!(bench.status().apps.len(), 3);
    assert!(bench.status().apps.iter().all(|app| app.fingerprint != (&digest(&one)).into()));
}

#[test]
fn a_removed_app_does_not_come_back_as_its_older_version() {
    let (mut bench, [_, two]) = two();
    bench.install(&named("one", 300)).unwrap();
    bench.ask(Command::Remove { app: 2 }).unwrap();
    for _ in 0..2 {
        assert_eq!((bench.app(0), bench.app(2)), (None, None));
        bench.assert_started(1, &two);
        bench = bench.restart();
    }
}

#[test]
fn every_failing_flash_operation_of_a_removal_leaves_the_app_or_none() {
    for healthy in 0..2 {
        let (mut bench, [_, two]) = two();
        bench.install(&named("one", 300)).unwrap();
        bench.flash.fail_after(healthy);
        assert_eq!(bench.ask(Command::Remove { app: 2 }).unwrap_err().code, ErrorCode::FlashFailed);
        assert_eq!(bench.app(2).unwrap().state, AppState::Stopped);
        bench = bench.restart();
        bench.assert_started(2, &named("one", 300));
        bench.assert_started(1, &two);
        bench.ask(Command::Remove { app: 2 }).unwrap();
        assert_eq!(bench.status().apps.len(), 1);
    }
}

#[test]
fn apps_are_stopped_and_started() {
    let (mut bench, [one, two]) = two();
    bench.ask(Command::Stop { app: 0 }).unwrap();
    assert_eq!((bench.app(0).unwrap().state, bench.loaded[0]), (AppState::Stopped, None));
    assert_eq!(bench.ask(run(0, "sum", &[], None)).unwrap_err().code, ErrorCode::NotStarted);
    bench.assert_started(1, &two);
    bench.ask(Command::Stop { app: 0 }).unwrap();
    bench.ask(Command::Start { app: 0 }).unwrap();
    bench.assert_started(0, &one);
    bench.ask(Command::Start { app: 0 }).unwrap();
    assert_eq!(bench.loads[0], 3, "starting means afresh");
}

#[test]
fn what_is_not_there_is_refused() {
    let (mut bench, [one, _]) = two();
    for app in [2, 7, 8, 255] {
        for command in [
            run(app, "sum", &[], None),
            Command::Describe { app },
            Command::Start { app },
            Command::Stop { app },
            Command::Remove { app },
        ] {
            assert_eq!(bench.ask(command).unwrap_err().code, ErrorCode::NoApp);
        }
    }
    bench.assert_started(0, &one);
}

#[test]
fn one_app_more_than_memory_holds_is_refused_and_the_others_go_on() {
    let (mut bench, [one, two]) = two();
    bench.full = true;
    assert_eq!(bench.install(&named("three", 64)).unwrap_err().code, ErrorCode::OutOfMemory);
    bench.assert_started(0, &one);
    bench.assert_started(1, &two);
    bench.full = false;
    bench.install(&named("three", 64)).unwrap();
}

#[test]
fn an_upload_goes_on_while_another_app_is_removed() {
    let (mut bench, [_, two]) = two();
    let new = named("new", 4000);
    bench.begin(&new).unwrap();
    bench.stream(&new[..2000], 0, 100);
    bench.ask(Command::Remove { app: 0 }).unwrap();
    bench.stream(&new, 2000, 100);
    bench.ask(Command::Commit).unwrap();
    bench.assert_started(2, &new);
    bench.assert_started(1, &two);
}

#[test]
fn an_app_is_described_while_another_runs() {
    let (mut bench, _) = two();
    bench.hold = true;
    bench.send(100, run(0, "sum", &[], None));
    assert_eq!(describe(&mut bench, 1).name.as_str(), "two");
    bench.responses.clear();
    bench.release();
    assert_eq!(bench.responses[0].seq, 100);
}

#[test]
fn a_module_without_a_name_replaces_the_one_before() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    bench.install(&named("other", 64)).unwrap();
    bench.install(&module(65)).unwrap();
    bench.assert_started(2, &module(65));
    assert_eq!(bench.status().apps.len(), 2);
    bench.handle(Event::Disconnected);
}

#[test]
fn apps_are_not_touched_before_they_are_verified() {
    let (bench, [one, two]) = two();
    let mut bench = bench.restart_with(|bench| bench.hold = true);
    for command in [
        Command::Start { app: 0 },
        Command::Stop { app: 1 },
        Command::Describe { app: 0 },
        run(0, "sum", &[], None),
        Command::Remove { app: 1 },
    ] {
        assert_eq!(bench.ask(command).unwrap_err().code, ErrorCode::Busy);
    }
    bench.release();
    bench.wait(1_000);
    bench.assert_started(0, &one);
    bench.assert_started(1, &two);
}

#[test]
fn a_removal_waits_until_the_executor_has_forgotten_the_app() {
    let (mut bench, [_, two]) = two();
    bench.ask(Command::Stop { app: 0 }).unwrap();
    bench.hold = true;
    let flash_ops = bench.flash_ops;
    bench.send(100, Command::Remove { app: 0 });
    assert_eq!((bench.held.len(), bench.flash_ops), (1, flash_ops), "one task at a time");
    bench.release();
    assert_eq!(bench.app(0), None);
    bench.assert_started(1, &two);
}
