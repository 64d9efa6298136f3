//! What stops a call, and whose limit it was.

use crate::rig::{App, Failed, Rig, flash, powered};
use wamr_device::SignaturePolicy;
use wamr_proto::{AppState, ErrorCode, LimitKind, Outcome, RunLimits, Trial, Value, Values};

/// An app that uses what a limit can limit.
fn app(version: i32) -> App {
    App::new("app", version).with(|app| {
        app.more = r#"
            (import "watched" "work" (func $work (param i32)))
            (import "watched" "nap" (func $nap))
            (func (export "nap") (call $nap))
            (func (export "work") (param i32) (call $work (local.get 0)))"#;
    })
}

const NONE: RunLimits = RunLimits { fuel: None, millis: None, host_calls: None, host_millis: None };

/// Limits that these calls exceed.
const EXCEEDED: [(RunLimits, &str, &[Value], LimitKind); 4] = [
    (RunLimits { fuel: Some(1), ..NONE }, "work", &[Value::I32(1)], LimitKind::Fuel),
    (RunLimits { millis: Some(500), ..NONE }, "work", &[Value::I32(500_001)], LimitKind::Deadline),
    (RunLimits { host_calls: Some(0), ..NONE }, "nap", &[], LimitKind::HostCalls),
    (RunLimits { host_millis: Some(0), ..NONE }, "nap", &[], LimitKind::HostTime),
];

/// Installs a version, and then this one, which is on trial.
fn install(rig: &mut Rig<'_, '_, '_>, on_trial: App) -> u8 {
    rig.install(&app(1)).unwrap();
    rig.install(&on_trial.with(|app| app.manifest.trial = Trial::Confirm)).unwrap();
    rig.number()
}

#[track_caller]
fn assert_stopped(outcome: Result<Outcome, Failed>, by: LimitKind) {
    assert!(matches!(outcome, Ok(Outcome::Stopped { limit, .. }) if limit == by), "{by:?}: {outcome:?}");
}

#[test]
fn a_limit_of_the_client_says_nothing_about_a_new_version() {
    for (limits, export, args, kind) in EXCEEDED {
        powered(&mut flash(), SignaturePolicy::OFF, |rig| {
            let number = install(rig, app(2));
            assert_stopped(rig.run_within(limits, number, export, args), kind);
            assert_eq!(rig.versions("app"), [(2, AppState::OnTrial)], "{kind:?}");
        });
    }
}

#[test]
fn a_new_version_that_exceeds_its_own_limit_has_failed() {
    for (limits, export, args, kind) in EXCEEDED {
        powered(&mut flash(), SignaturePolicy::OFF, |rig| {
            let number = install(rig, app(2).with(|app| app.manifest.limits.run = limits));
            // The client's limits are the same.
            assert_stopped(rig.run_within(limits, number, export, args), kind);
            rig.assert_version("app", 1);
        });
    }
}

#[test]
fn a_call_may_take_all_of_its_time() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&app(1)).unwrap();
        let limits = RunLimits { millis: Some(500), ..NONE };
        let mut run = |micros| rig.run_within(limits, 0, "work", &[Value::I32(micros)]);
        assert_eq!(run(500_000), Ok(Outcome::Returned(Values::default())));
        let stopped = Outcome::Stopped { limit: LimitKind::Deadline, allowed: 500_000, used: 500_001 };
        assert_eq!(run(500_001), Ok(stopped));
    });
}

#[test]
fn results_that_do_not_fit_into_a_receipt_are_refused() {
    let function = |name: &str, count: usize| {
        let (types, body) = (" i32".repeat(count), "(i32.const 3)".repeat(count));
        format!(r#"(func (export "{name}") (result{types}) {body})"#)
    };
    let more = format!(
        r#"{} {} (func (export "reference") (result externref) (ref.null extern))"#,
        function("most", Values::MAX),
        function("too-many", Values::MAX + 1)
    );
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&App::new("app", 1).with(|app| app.more = more.leak())).unwrap();
        let all = Values::new(&[Value::I32(3); Values::MAX]).unwrap();
        assert_eq!(rig.run(0, "most"), Ok(Outcome::Returned(all)));
        for export in ["too-many", "reference"] {
            assert_eq!(rig.run(0, export), Err(Failed::Refused(ErrorCode::BadArguments, None)), "{export}");
        }
    });
}
