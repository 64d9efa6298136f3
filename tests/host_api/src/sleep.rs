//! Between events nothing runs: how often the CPU wakes up.

use crate::board::{device_runs, idles};
use crate::client::app;
use crate::probe::Probe;
use crate::{passed, sleep};
use zephyr::printkln;

const SECONDS: u32 = 20;

/// How often the CPU and the thread of the device wake up in `SECONDS`.
#[derive(Clone, Copy)]
struct WakeUps {
    cpu: u32,
    device: u32,
}

fn measure() -> WakeUps {
    // What has just been answered is over.
    sleep(100);
    let (cpu, device) = (idles(), device_runs());
    sleep(SECONDS * 1_000);
    WakeUps { cpu: idles() - cpu, device: device_runs() - device }
}

pub fn run() {
    // The watchdog is fed, this thread wakes up once, and the timer of some boards cannot sleep for long.
    let none = measure();
    printkln!("wake-ups in {SECONDS} s without apps: CPU {}, device {}", none.cpu, none.device);
    let probe = Probe::install(&app!("probe"));
    let parked = measure();
    printkln!("wake-ups in {SECONDS} s with an app that waits: CPU {}, device {}", parked.cpu, parked.device);
    // One more or less may fall into the time.
    assert!(
        parked.cpu.abs_diff(none.cpu) <= 1 && parked.device.abs_diff(none.device) <= 1,
        "an app that waits costs nothing"
    );

    assert_eq!(probe.try_byte("start-periodic", &[1, 1_000]), Ok(0));
    let before = probe.count();
    let ticking = measure();
    let events = probe.count() - before;
    printkln!("wake-ups in {SECONDS} s with a timer of 1 s: CPU {}, device {}", ticking.cpu, ticking.device);
    assert!((i64::from(SECONDS)..=i64::from(SECONDS) + 1).contains(&events), "{events}");
    assert!(ticking.cpu <= none.cpu + SECONDS + 1, "one for each event");
    // For the timer, and for the end of the event.
    assert!(ticking.device <= none.device + 2 * (SECONDS + 1));
    probe.remove();
    passed("a timer of one second wakes the CPU once per second");
}
