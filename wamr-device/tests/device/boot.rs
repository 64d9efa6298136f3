//! Apps at whose start the device restarts.

use crate::rig::{Rig, SUPERVISION, app, run};
use wamr_device::{Event, Supervision, Task};
use wamr_proto::{Activity, AppState, Command, ErrorCode, Refusal, Restart};

/// Long enough for every app to be started that will be.
const LATER: u32 = 100_000;

const HANGING: &str = "hanging";

/// A device with an app that works and one whose entry was called and did not return.
fn hung(restart: Restart) -> Rig {
    let mut rig = Rig::new();
    rig.install(&app("good", Restart::Never, true, 64)).unwrap();
    rig.hold = true;
    rig.install_held(&app(HANGING, restart, true, 65));
    rig.release_one();
    rig.release_one();
    rig
}

/// Entries of the app in slot 1 never return.
fn hang(rig: &mut Rig) {
    (rig.hangs, rig.hold) = (Some(1), false);
}

/// Entries that were called and did not return since the device started.
fn entered(rig: &Rig) -> usize {
    rig.held.iter().filter(|task| matches!(task, Task::Enter { slot: 1 })).count()
}

#[test]
fn an_entry_that_never_returns_restarts_the_device_only_so_often() {
    for restart in [Restart::Never, Restart::OnFailure, Restart::Always] {
        let mut rig = hung(restart);
        let mut hangs = 0;
        for _ in 0..50 {
            hangs += entered(&rig);
            rig = rig.restart_with(hang);
            rig.wait(LATER);
        }
        assert_eq!(hangs, usize::from(SUPERVISION.resets), "of 50 starts of the device");
        rig.wait(LATER);
        let hanging = rig.app(1).unwrap();
        assert_eq!((hanging.state, hanging.failures), (AppState::RestartedDevice, SUPERVISION.resets));
        let refusal = Refusal::with_bound(ErrorCode::RestartedDevice, SUPERVISION.resets.into());
        assert_eq!(rig.ask(run(1, "sum", &[], None)), Err(refusal));
        rig.assert_started(0, &app("good", Restart::Never, true, 64));
    }
}

/// The device does not start the app any more.
fn disabled() -> Rig {
    let mut rig = hung(Restart::Never);
    for _ in 0..SUPERVISION.resets {
        rig = rig.restart_with(hang);
    }
    rig
}

#[test]
fn a_client_has_it_started_again() {
    let mut rig = disabled().restart();
    assert_eq!(rig.app(1).unwrap().state, AppState::RestartedDevice);
    rig.ask(Command::Start { app: 1 }).unwrap();
    rig.assert_started(1, &app(HANGING, Restart::Never, true, 65));
    // It is over and done with, also after a restart.
    for _ in 0..10 {
        rig = rig.restart();
        rig.assert_started(1, &app(HANGING, Restart::Never, true, 65));
    }
}

#[test]
fn a_start_that_a_client_wants_counts_too() {
    let mut rig = disabled();
    for _ in 0..3 {
        assert_eq!(rig.app(1).unwrap().state, AppState::RestartedDevice);
        rig.ask(Command::Start { app: 1 }).unwrap();
        let mut hangs = 0;
        for _ in 0..10 {
            hangs += entered(&rig);
            rig = rig.restart_with(hang);
        }
        assert_eq!(hangs, usize::from(SUPERVISION.resets));
    }
}

#[test]
fn starts_that_end_do_not_add_up() {
    let mut rig = hung(Restart::Never);
    for _ in 0..5 {
        rig = rig.restart();
        rig.assert_started(1, &app(HANGING, Restart::Never, true, 65));
        rig = rig.restart_with(hang);
        assert_eq!(entered(&rig), 1);
    }
}

#[test]
fn an_entry_that_traps_has_ended() {
    let mut rig = Rig::new();
    rig.entries_trap = true;
    rig.install(&app("app", Restart::Never, true, 64)).unwrap();
    for _ in 0..10 {
        rig = rig.restart_with(|rig| rig.entries_trap = true);
        let app = rig.app(0).unwrap();
        assert_eq!((app.state, app.failures), (AppState::Started, 1));
    }
}

#[test]
fn clients_come_before_apps() {
    const PATIENT: Supervision = Supervision { clients_first: 1_000, ..SUPERVISION };
    let good = app("good", Restart::Never, true, 64);
    let mut rig = hung(Restart::Always).restart_supervised(PATIENT, hang);
    assert_eq!(rig.status().apps.iter().map(|app| app.state).collect::<Vec<_>>(), [AppState::Waiting; 2]);
    rig.wait(999);
    assert_eq!((rig.loaded[0], rig.loaded[1]), (None, None));
    rig.wait(1);
    rig.assert_started(0, &good);
    // Longer before one that did not get through its last start; long enough to stop it, or to remove it.
    rig.wait(8_999);
    assert_eq!((entered(&rig), rig.app(1).unwrap().state), (0, AppState::Waiting));
    rig.ask(Command::Stop { app: 1 }).unwrap();
    rig.wait(LATER);
    assert_eq!((entered(&rig), rig.app(1).unwrap().state), (0, AppState::Stopped));
    rig.ask(Command::Remove { app: 1 }).unwrap();

    let mut rig = hung(Restart::Always).restart_supervised(PATIENT, hang);
    rig.wait(10_000);
    assert_eq!(entered(&rig), 1);
    // Whoever comes now is told why nothing can be done, and is first after the restart that follows.
    rig.send(100, Command::Remove { app: 1 });
    for _ in 1..20 {
        rig.wait(100);
    }
    assert_eq!(rig.responses.pop().unwrap().refusal.unwrap().code, ErrorCode::Stuck);
    rig = rig.restart_supervised(PATIENT, hang);
    rig.ask(Command::Remove { app: 1 }).unwrap();
    assert_eq!(rig.app(1), None);
}

#[test]
fn a_client_need_not_wait_for_its_app() {
    const PATIENT: Supervision = Supervision { clients_first: 1_000, ..SUPERVISION };
    let mut rig = hung(Restart::Never).restart_supervised(PATIENT, |_| ());
    rig.ask(Command::Start { app: 1 }).unwrap();
    rig.assert_started(1, &app(HANGING, Restart::Never, true, 65));
}

#[test]
fn flash_is_written_for_few_of_the_starts() {
    // Entries that are called every 100 ms, and one that runs with every start of the device.
    let mut rig = Rig::new();
    rig.install(&app("ticker", Restart::Always, true, 64)).unwrap();
    // Until the device has erased a slot, too.
    for _ in 0..500 {
        rig.wait(SUPERVISION.pause);
    }
    let before = rig.flash_ops;
    for _ in 0..1_000 {
        rig.wait(SUPERVISION.pause);
    }
    assert_eq!(rig.flash_ops, before);
    for _ in 0..3 {
        rig = rig.restart();
        for _ in 0..100 {
            rig.wait(SUPERVISION.pause);
        }
        assert_eq!(rig.flash_ops, 2 * 4, "two marks for each of the first starts");
    }
}

/// The entry of the app in slot 0 hangs after it has returned so many times.
fn hang_after(returns: u32) -> impl FnOnce(&mut Rig) {
    move |rig| (rig.hangs, rig.returns) = (Some(0), returns)
}

/// Lets entries be called until one hangs, or none is called any more.
fn run_until_hung(rig: &mut Rig) -> bool {
    for _ in 0..100 {
        rig.wait(LATER);
    }
    rig.held.iter().any(|task| **task == Task::Enter { slot: 0 })
}

/// How many of so many starts of the device an app hangs.
fn hangs(rig: &mut Option<Rig>, starts: usize, returns: u32) -> usize {
    let mut hangs = 0;
    for _ in 0..starts {
        let mut started = rig.take().unwrap().restart_hung(hang_after(returns));
        hangs += usize::from(run_until_hung(&mut started));
        *rig = Some(started);
    }
    hangs
}

#[test]
fn an_app_that_hangs_later_restarts_the_device_only_so_often() {
    for returns in 0..30 {
        let mut rig = Rig::new();
        rig.install(&app("app", Restart::Always, true, 64)).unwrap();
        let mut rig = Some(rig);
        assert_eq!(hangs(&mut rig, 20, returns), usize::from(SUPERVISION.resets), "after {returns} starts");
        let mut disabled = rig.unwrap();
        let app = disabled.app(0).unwrap();
        assert_eq!(
            (app.state, app.failures),
            (AppState::RestartedDevice, SUPERVISION.resets),
            "after {returns} starts"
        );
        // A client forgives it, and it counts afresh.
        disabled.ask(Command::Start { app: 0 }).unwrap();
        let first = usize::from(run_until_hung(&mut disabled));
        assert_eq!(
            first + hangs(&mut Some(disabled), 20, returns),
            usize::from(SUPERVISION.resets),
            "after {returns} starts"
        );
    }
}

#[test]
fn a_hang_is_forgiven_when_the_device_restarts_for_another_reason() {
    let mut rig = Rig::new();
    rig.install(&app("app", Restart::Always, true, 64)).unwrap();
    let mut rig = Some(rig);
    for _ in 0..5 {
        assert_eq!(hangs(&mut rig, 2, 9), 2);
        let mut healthy = rig.take().unwrap().restart_hung(hang_after(u32::MAX));
        assert!(!run_until_hung(&mut healthy));
        rig = Some(healthy.restart());
    }
}

/// A device whose app was started so often that there is only room for its hangs.
fn without_room() -> Rig {
    let mut rig = Rig::new();
    rig.install(&app("app", Restart::Always, true, 64)).unwrap();
    // Until the device has erased a slot.
    for _ in 0..10 {
        rig.wait(LATER);
    }
    for _ in 0..250 {
        rig = rig.restart();
        rig.wait(LATER);
    }
    assert_eq!(rig.flash_ops, 0, "the room for starts is used up");
    rig
}

#[test]
fn hangs_are_counted_at_whichever_start_when_there_is_no_room_for_starts() {
    for returns in [[9, 9, 9], [9, 0, 9], [9, 9, 0], [9, 0, 0], [9, 1, 9]] {
        let mut rig = Some(without_room());
        let hung = returns.iter().map(|returns| hangs(&mut rig, 1, *returns)).sum::<usize>();
        assert_eq!((hung, hangs(&mut rig, 5, 9)), (usize::from(SUPERVISION.resets), 0), "{returns:?}");
    }
    // A start that was recorded as the last one and did not end, and hangs of later starts.
    let mut rig = without_room().restart_with(hang_after(9));
    assert!(run_until_hung(&mut rig));
    let mut rig = Some(rig);
    assert_eq!(hangs(&mut rig, 1, 0), 1);
    let total = 2 + hangs(&mut rig, 20, 9);
    assert_eq!(total, usize::from(SUPERVISION.resets));
}

#[test]
fn a_hang_that_cannot_be_recorded_keeps_the_app_from_its_start() {
    let mut rig = Rig::new();
    rig.install(&app("app", Restart::Always, true, 64)).unwrap();
    let mut rig = rig.restart_with(hang_after(9));
    assert!(run_until_hung(&mut rig));
    rig.flash.fail_after(0);
    let mut rig = rig.restart_hung(|_| ());
    rig.wait(LATER);
    assert_eq!(rig.app(0).unwrap().state, AppState::RestartedDevice);
    rig.flash.fail_after(u32::MAX);
    rig.ask(Command::Start { app: 0 }).unwrap();
}

#[test]
fn hangs_are_recorded_when_there_is_no_room_for_starts() {
    let mut rig = Some(without_room());
    // And when that for hangs is, too, the device does not start the app again.
    let mut total = 0;
    for _ in 0..50 {
        let more = hangs(&mut rig, 5, 9);
        assert!(more <= usize::from(SUPERVISION.resets), "{more}");
        assert_eq!(rig.as_ref().unwrap().app(0).unwrap().state, AppState::RestartedDevice);
        total += more;
        rig.as_mut().unwrap().ask(Command::Start { app: 0 }).unwrap();
        total += usize::from(run_until_hung(rig.as_mut().unwrap()));
    }
    assert!(total > 60, "an eighth of the page was for hangs: {total}");
}

#[test]
fn a_call_by_a_client_that_hangs_is_not_the_app_s_doing() {
    let mut rig = Rig::new();
    rig.install(&app("app", Restart::Never, false, 64)).unwrap();
    for _ in 0..10 {
        rig.hold = true;
        rig.send(7, run(0, "sum", &[], None));
        assert!(matches!(rig.held[..], [Task::Run(_)]));
        rig = rig.restart_hung(|_| ());
        rig.assert_started(0, &app("app", Restart::Never, false, 64));
    }
}

#[test]
fn an_app_that_hangs_before_any_start_is_recorded_is_counted_from_the_first_time() {
    // The start of an app by its install is not recorded. Here its first event hangs, and so do those after restarts.
    let mut rig = Rig::new();
    rig.install(&app("app", Restart::Never, false, 64)).unwrap();
    for times in 1..=SUPERVISION.resets {
        rig.held.push(Box::leak(Box::new(Task::Deliver { slot: 0 })));
        rig = rig.restart_hung(|_| ());
        rig.wait(LATER);
        let expected = if times < SUPERVISION.resets { AppState::Started } else { AppState::RestartedDevice };
        assert_eq!(rig.app(0).unwrap().state, expected, "after {times}");
    }
}

#[test]
fn the_reserve_is_for_starts_after_a_hang() {
    let mut rig = without_room().restart_with(hang_after(9));
    assert!(run_until_hung(&mut rig));
    let rig = rig.restart_hung(|_| ());
    assert_eq!(rig.flash_ops, 2, "its next start is recorded");
}

#[test]
fn when_the_page_is_full_of_marks_apps_start_without() {
    let mut rig = Rig::new();
    rig.install(&app("app", Restart::Never, true, 64)).unwrap();
    let mut marked = 1; // by the install
    loop {
        rig = rig.restart();
        rig.assert_started(0, &app("app", Restart::Never, true, 64));
        match rig.flash_ops {
            0 => break,
            operations => assert_eq!(operations, 2),
        }
        marked += 1;
    }
    assert_eq!(marked, 426, "seven eighths of what a page of 4096 bytes holds");
    rig.ask(run(0, "sum", &[], None)).unwrap();
    rig.handle(Event::Disconnected);
}

#[test]
fn failing_flash_keeps_no_app_from_its_start() {
    for healthy in 0..2 {
        let mut rig = Rig::new();
        rig.install(&app("app", Restart::Never, true, 64)).unwrap();
        rig = rig.restart_with(|rig| rig.flash.fail_after(healthy));
        rig.assert_started(0, &app("app", Restart::Never, true, 64));
        rig = rig.restart();
        rig.assert_started(0, &app("app", Restart::Never, true, 64));
    }
}

#[test]
fn an_app_that_is_replaced_while_it_is_being_started_blocks_nothing() {
    let mut rig = Rig::new();
    rig.install(&app("app", Restart::Always, true, 64)).unwrap();
    let new = app("app", Restart::Never, true, 65);
    rig.begin(&new).unwrap();
    rig.stream(&new, 0, 100);
    rig.hold = true;
    rig.wait(100);
    assert!(matches!(rig.held[..], [Task::Load { slot: 0, .. }]), "{:?}", rig.held);
    assert_eq!(rig.ask(Command::Commit).unwrap_err().code, ErrorCode::Busy);
    rig.release_one();
    assert!(rig.held.is_empty(), "the client has its turn: {:?}", rig.held);
    rig.hold = false;
    rig.ask(Command::Commit).unwrap();
    rig.wait(LATER);
    assert_eq!(rig.status().activity, Activity::Idle);
    rig.assert_started(1, &new);
    rig.ask(Command::Stop { app: 1 }).unwrap();
}

#[test]
fn an_app_that_is_not_started_any_more_stays_so_when_a_new_version_fails() {
    let mut rig = disabled();
    rig.entries_trap = true;
    rig.install(&app(HANGING, Restart::Never, true, 66)).unwrap();
    rig.wait(LATER);
    assert!(rig.held.is_empty(), "{:?}", rig.held);
    assert_eq!(rig.app(1).unwrap().state, AppState::RestartedDevice);
}

#[test]
fn an_app_that_was_stopped_stays_so_when_a_new_version_fails() {
    let mut rig = Rig::new();
    rig.install(&app("app", Restart::Never, true, 65)).unwrap();
    rig.ask(Command::Stop { app: 0 }).unwrap();
    rig.entries_trap = true;
    rig.install(&app("app", Restart::Never, true, 66)).unwrap();
    rig.wait(LATER);
    assert_eq!(rig.app(0).unwrap().state, AppState::Stopped);
}
