//! Events reach the apps that want them, one at a time, within limits.

use crate::rig::{App, Failed, Rig, flash, powered};
use wamr_device::{AppEvent, EventKind, SignaturePolicy};
use wamr_proto::{AppState, Command, ErrorCode, EventStats, Outcome, Restart};

/// An app that counts its events, and keeps the arguments of the last one. `handler` is code that runs in `on-event`.
fn app(name: &str, handler: &'static str) -> App {
    App::new(name, 1).with(|app| {
        app.more = Box::leak(
            format!(
                r#"
            (import "watched" "work" (func $work (param i32)))
            (global $count (mut i32) (i32.const 0))
            (global $last (mut i64) (i64.const 0))
            (func (export "on-event") (param $kind i32) (param $id i32) (param $value i32)
                (global.set $count (i32.add (global.get $count) (i32.const 1)))
                (global.set $last (i64.extend_i32_u (i32.add (i32.mul (local.get $kind) (i32.const 10000))
                    (i32.add (i32.mul (local.get $id) (i32.const 100)) (local.get $value)))))
                {handler})
            (func (export "count") (result i32) (global.get $count))
            (func (export "last") (result i32) (i32.wrap_i64 (global.get $last)))"#
            )
            .into_boxed_str(),
        );
    })
}

fn event(kind: EventKind, id: u32, value: u32) -> AppEvent {
    AppEvent { kind, id, value }
}

#[test]
fn events_are_delivered_with_their_arguments_in_the_order_in_which_they_happened() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", "")).unwrap();
        for (kind, id, value, last) in [
            (EventKind::Timer, 3, 2, 302),
            (EventKind::Pin, 4, 1, 10_401),
            (EventKind::Message, 0, 7, 20_700),
            (EventKind::Uart, 5, 9, 30_509),
            (EventKind::Sensor, 6, 0, 40_600),
            (EventKind::Custom, 7, 8, 50_708),
            (EventKind::Net, 8, 2, 60_802),
        ] {
            rig.events.post(0, event(kind, id, value));
            rig.wait(0);
            assert_eq!(rig.call(0, "last", &[]), last, "{kind:?}");
        }
        rig.events.post(0, event(EventKind::Pin, 1, 1));
        rig.events.post(0, event(EventKind::Pin, 2, 0));
        rig.wait(0);
        assert_eq!((rig.call(0, "count", &[]), rig.call(0, "last", &[])), (9, 10_200));
    });
}

#[test]
fn a_periodic_timer_calls_the_app_and_nothing_else_runs() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", "")).unwrap();
        assert_eq!(rig.next_time(), None);
        rig.events.start_timer(0, 1, 1_000, Some(1_000)).unwrap();
        let mut polls = 0;
        while let Some(time) = rig.next_time().filter(|time| *time <= 10_000) {
            let now = rig.now();
            rig.wait(time - now);
            polls += 1;
        }
        assert_eq!((polls, rig.call(0, "count", &[])), (10, 10));
        assert_eq!(rig.receipts.len(), 1, "that of the last call, none of an event");
    });
}

#[test]
fn events_wait_while_the_app_is_not_started_and_end_with_it() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", "")).unwrap();
        rig.events.start_timer(0, 1, 100, None).unwrap();
        rig.ask(Command::Stop { app: 0 }).unwrap();
        rig.events.post(0, event(EventKind::Pin, 1, 1));
        assert_eq!(rig.next_time(), None, "the timer is gone");
        rig.ask(Command::Start { app: 0 }).unwrap();
        rig.wait(1_000);
        assert_eq!(rig.call(0, "count", &[]), 0);
        assert_eq!(rig.event_stats(0), Some(EventStats::default()));
    });
}

#[test]
fn a_trap_in_an_event_follows_the_restart_policy_and_the_app_is_disabled_at_last() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        let app = app("app", "(if (local.get $value) (then unreachable))").entry("");
        rig.install(&app.with(|app| app.manifest.restart = Restart::OnFailure)).unwrap();
        let fail = |rig: &mut Rig<'_, '_, '_>| {
            rig.events.post(0, event(EventKind::Pin, 2, 1));
            rig.wait(0);
            let after = rig.status().apps[0];
            rig.wait(60_000);
            (after.state, after.failures)
        };
        assert_eq!(fail(rig), (AppState::Waiting, 1));
        assert_eq!(fail(rig), (AppState::Waiting, 2), "the start alone does not count as a success");
        rig.events.post(0, event(EventKind::Pin, 1, 0));
        rig.wait(0);
        assert_eq!(rig.call(0, "count", &[]), 1, "it was loaded again");
        let failures: [_; 5] = core::array::from_fn(|_| fail(rig).1);
        assert_eq!(failures, [1, 2, 3, 4, 5], "an event went well");
        let status = rig.status().apps[0];
        assert_eq!((status.state, status.failures), (AppState::Disabled, 5));
        assert!(matches!(rig.receipts.last().unwrap().outcome, Outcome::Trapped { .. }));
    });
}

#[test]
fn the_limits_of_the_app_apply_to_each_event() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        // Most of the fuel, and without end if the value is not 0.
        let handler = "(local.set $kind (i32.const 12500))
            (loop $again (br_if $again (local.tee $kind (i32.sub (local.get $kind) (i32.const 1)))))
            (if (local.get $value) (then (loop $again (br $again))))";
        rig.install(&app("app", handler)).unwrap();
        (0..4).for_each(|id| rig.events.post(0, event(EventKind::Pin, id, 0)));
        rig.wait(0);
        assert_eq!(rig.event_stats(0).map(|stats| (stats.count, stats.failures)), Some((4, 0)));
        rig.events.post(0, event(EventKind::Pin, 1, 1));
        rig.wait(0);
        assert_eq!(rig.event_stats(0).map(|stats| (stats.count, stats.failures)), Some((5, 1)));
        assert!(matches!(rig.receipts.last().unwrap().outcome, Outcome::Stopped { .. }));
    });
}

#[test]
fn an_app_that_takes_more_than_its_share_waits() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", "(call $work (i32.const 30000))")).unwrap();
        (0..3).for_each(|id| rig.events.post(0, event(EventKind::Pin, id, 0)));
        rig.wait(0);
        assert_eq!(rig.next_time(), Some(30));
        rig.wait(29);
        assert_eq!(rig.event_stats(0).map(|stats| stats.count), Some(1));
        rig.wait(1);
        rig.wait(30);
        let stats = EventStats { count: 3, failures: 0, dropped: 0, micros: 90_000, worst: 30_000 };
        assert_eq!(rig.event_stats(0), Some(stats));
        assert_eq!(stats.mean(), 30_000);
    });
}

#[test]
fn the_app_with_the_highest_priority_comes_first() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("low", "(call $work (i32.const 1))")).unwrap();
        rig.install(&app("high", "").with(|app| app.manifest.priority = Some(9))).unwrap();
        rig.events.post(0, event(EventKind::Pin, 1, 0));
        rig.events.post(1, event(EventKind::Pin, 1, 0));
        assert_eq!(rig.next_delivery(), Some(1));
    });
}

#[test]
fn a_client_can_stop_an_app_between_its_events() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", "")).unwrap();
        rig.events.start_timer(0, 1, 1, Some(1)).unwrap();
        rig.wait(5);
        assert_eq!(rig.event_stats(0).map(|stats| stats.count), Some(1), "five expirations in one event");
        rig.ask(Command::Stop { app: 0 }).unwrap();
        rig.wait(5);
        assert_eq!(rig.event_stats(0), None);
    });
}

#[test]
fn an_export_of_another_type_is_refused() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        let app = App::new("app", 1).with(|app| app.more = r#"(func (export "on-event") (param i32))"#);
        assert_eq!(rig.install(&app), Err(Failed::Refused(ErrorCode::InvalidModule, None)));
    });
}

#[test]
fn an_app_without_the_export_gets_no_events() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&App::new("app", 1)).unwrap();
        rig.events.post(0, event(EventKind::Pin, 1, 1));
        rig.events.start_timer(0, 1, 1, None).unwrap();
        rig.wait(10);
        assert_eq!((rig.event_stats(0), rig.next_time()), (None, None));
        rig.assert_version("app", 1);
    });
}

#[test]
fn an_app_whose_entry_point_fails_gets_no_events_until_it_is_started_again() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app("app", "").entry("unreachable")).unwrap();
        assert_eq!(rig.status().apps[0].failures, 1);
        rig.events.start_timer(0, 1, 10, Some(10)).unwrap();
        rig.events.post(0, event(EventKind::Pin, 1, 1));
        rig.wait(100);
        assert_eq!(rig.status().apps[0].failures, 1, "only the entry point has failed");
        assert_eq!((rig.event_stats(0), rig.next_time()), (None, None));
    });
}
