//! The interfaces log, system and rng.

use crate::client::app;
use crate::passed;
use crate::probe::Probe;

pub fn run() {
    let probe = Probe::install(&app!("probe"));
    // The console shows them: testcase.yaml.
    (0..5).for_each(|level| _ = probe.call("log", &[level]));
    probe.traps("log", &[5], "a variant has no such case");
    passed("an app logs at every level");

    let name = probe.call("name", &[]);
    assert_eq!((name as u32, name >> 32), (512, 8));
    assert_eq!(&probe.call("bytes", &[512]).to_le_bytes(), b"emulated");
    assert!((0..8).contains(&probe.call("last-reset", &[])));
    assert_eq!(probe.try_byte("battery", &[]), Ok(0), "unknown");
    wamr_zephyr::set_battery(Some(87));
    assert_eq!(probe.call("battery", &[]).to_le_bytes()[..2], [1, 87]);
    passed("an app learns about the device");
    probe.remove();
}
