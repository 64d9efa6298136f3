//! Apps of `guest/`: in Rust with the SDK, and programs in C and Rust with standard libraries.

use wamr_proto::Outcome;

use crate::board::{measured, remount};
use crate::client::{app, install, receive, remove, run as call, send, start, stop};
use crate::{passed, sleep};

pub fn run() {
    logger();
    wasi();
}

/// As its script in `guest/apps/logger` has it, by the clock of the device.
fn logger() {
    measured(21_500);
    let logger = install(&app!("logger"));
    measured(-50);
    sleep(60_100);
    send(logger, "dump");
    let lines = [received_line(logger), received_line(logger)];
    assert!((60..=61).contains(&(lines[1].0 - lines[0].0)), "{lines:?}");
    assert_eq!(lines.map(|line| line.1), [21_500, -50]);
    assert_eq!(receive(logger).as_str(), "end");

    stop(logger);
    remount();
    measured(7_000);
    start(logger);
    // It adds a line.
    sleep(100);
    send(logger, "last");
    assert_eq!(received_line(logger).1, 7_000);
    send(logger, "dump");
    assert_eq!([received_line(logger), received_line(logger)], lines);
    remove(logger);
    passed("the app logger logs to files, which survive a restart");
}

/// The seconds and the thousandths of a degree in the next message of the app.
fn received_line(app: u8) -> (u32, i32) {
    let message = receive(app);
    let (seconds, degrees) = message.split_once(' ').expect("a line has two numbers");
    let (is_negative, degrees) = degrees.strip_prefix('-').map_or((false, degrees), |degrees| (true, degrees));
    let (whole, rest) = degrees.split_once('.').expect("degrees have thousandths");
    let number = |text: &str| text.parse::<i32>().expect("it is a number");
    let thousandths = number(whole) * 1000 + number(rest);
    (number(seconds) as u32, if is_negative { -thousandths } else { thousandths })
}

/// Their output is on the console, as `testcase.yaml` expects.
fn wasi() {
    for program in [app!("hello"), app!("greet"), app!("notes")] {
        let program = install(&program);
        let outcome = call(program, "_start", &[]);
        assert!(matches!(outcome, Outcome::Returned(_)), "{outcome:?}");
        remove(program);
    }
    passed("programs for WASI preview 1 run");
}
