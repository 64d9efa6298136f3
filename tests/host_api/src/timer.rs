//! Timers and the clock.

use crate::client::app;
use crate::probe::{INVALID_ARGUMENT, NO_SPACE, Probe, TIMER};
use crate::{passed, sleep};

pub fn run() {
    let probe = Probe::install(&app!("probe"));
    once(probe);
    periodic(probe);
    clock(probe);
    probe.remove();
}

fn once(probe: Probe) {
    // A call takes some milliseconds on a slow board.
    assert_eq!(probe.try_byte("start", &[5, 1_000]), Ok(0));
    sleep(800);
    assert_eq!(probe.count(), 0);
    sleep(300);
    assert_eq!((probe.count(), probe.last()), (1, (TIMER, 5, 1)));
    sleep(5_000);
    assert_eq!(probe.count(), 1);
    assert_eq!(probe.try_byte("start", &[5, 1_000]), Ok(0));
    assert_eq!((probe.call("cancel", &[5]), probe.call("cancel", &[5])), (1, 0));
    sleep(2_000);
    assert_eq!(probe.count(), 1);
    passed("a timer expires once, in time, unless it is cancelled");
}

fn periodic(probe: Probe) {
    let before = probe.count();
    assert_eq!(probe.try_byte("start-periodic", &[6, 1_000]), Ok(0));
    sleep(10_400);
    assert_eq!((probe.count() - before, probe.last()), (10, (TIMER, 6, 1)));
    assert_eq!(probe.try_byte("start-periodic", &[7, 0]), Err(INVALID_ARGUMENT));
    (7..10).for_each(|id| assert_eq!(probe.try_byte("start", &[id, 1_000_000]), Ok(0)));
    assert_eq!(probe.try_byte("start", &[10, 1]), Err(NO_SPACE));
    (6..10).for_each(|id| assert_eq!(probe.call("cancel", &[id]), 1));
    passed("a periodic timer expires again and again, and an app has four timers");
}

fn clock(probe: Probe) {
    let start = probe.call("now", &[]);
    sleep(1_000);
    let micros = probe.call("now", &[]) - start;
    assert!((1_000_000..1_300_000).contains(&micros), "{micros}");
    assert_eq!(probe.call("unix-time", &[]), 0, "unknown");
    wamr_zephyr::set_unix_time(1_800_000_000);
    let seconds = probe.call("unix-time", &[]);
    assert!((1_800_000_000..1_800_000_002).contains(&seconds), "{seconds}");
    passed("the clock goes, and knows the time of day once the firmware does");
}
