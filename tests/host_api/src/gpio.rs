//! Pins: outputs, inputs, events, and what happens to them when an app is gone.

use crate::board::{Direction, KEY, LAMP, RELAY, count_interrupts, direction, interrupts, level, set_level};
use crate::client::{app, hold};
use crate::probe::{BOTH, BUSY, FALLING, NO_PULL, NOT_FOUND, PIN, PULL_UP, Probe, RISING, Resource};
use crate::{passed, sleep};

pub fn run() {
    let probe = Probe::install(&app!("probe"));
    outputs(probe);
    inputs(probe);
    events(probe);
    storm(probe);
    misuse(probe);
    wasi(probe);
    leave(probe);
}

fn outputs(probe: Probe) {
    assert_eq!(probe.try_call("open-output", &[Resource::Led0 as i32, 0]), Ok(1));
    assert_eq!((direction(LAMP), level(LAMP)), (Direction::Output, false));
    for active in [true, false, true] {
        assert_eq!(probe.try_byte("set", &[1, active.into()]), Ok(0));
        assert_eq!((level(LAMP), probe.call("is-set-active", &[1])), (active, active.into()));
    }
    // It is active when low.
    assert_eq!(probe.try_call("open-output", &[Resource::Relay as i32, 1]), Ok(2));
    assert!(!level(RELAY));
    assert_eq!(probe.try_byte("set", &[2, 0]), Ok(0));
    assert!(level(RELAY));
    probe.call("drop-output", &[2]);
    assert_eq!(direction(RELAY), Direction::Disconnected);
    passed("outputs follow the app, also inverted ones, and are idle when it drops them");
}

fn inputs(probe: Probe) {
    set_level(KEY, false);
    assert_eq!(probe.try_call("open-input", &[Resource::Key as i32, PULL_UP]), Ok(3));
    assert_eq!(direction(KEY), Direction::Input);
    // The emulated resistor has pulled it up.
    assert_eq!(probe.try_byte("is-active", &[3]), Ok(1));
    set_level(KEY, false);
    assert_eq!(probe.try_byte("is-active", &[3]), Ok(0));
    passed("an app sees the level of an input, and its pull resistor");
}

fn events(probe: Probe) {
    let change = |high| {
        let before = probe.count();
        set_level(KEY, high);
        sleep(10);
        (probe.count() - before, probe.last())
    };
    assert_eq!(change(true).0, 0, "before the watch");
    change(false);
    assert_eq!(probe.try_byte("watch", &[3, BOTH, 7]), Ok(0));
    assert_eq!(change(true), (1, (PIN, 7, 1)));
    assert_eq!(change(false), (1, (PIN, 7, 0)));
    assert_eq!(probe.try_byte("watch", &[3, RISING, 8]), Ok(0));
    assert_eq!(change(true), (1, (PIN, 8, 1)));
    assert_eq!(change(false).0, 0);
    assert_eq!(probe.try_byte("watch", &[3, FALLING, 9]), Ok(0));
    assert_eq!(change(true).0, 0);
    assert_eq!(change(false), (1, (PIN, 9, 0)));
    probe.call("unwatch", &[3]);
    assert_eq!(change(true).0, 0);
    passed("a watched pin causes an event for each change that the app wants, and for no other");
}

/// Edges that are faster than the app.
fn storm(probe: Probe) {
    count_interrupts(KEY);
    // Returns how many interrupts and how many events there were.
    let storm = |edges: u32| {
        set_level(KEY, false);
        sleep(10);
        let before = (interrupts(), probe.count());
        hold(probe.0, 10_000);
        (0..edges).for_each(|edge| set_level(KEY, edge % 2 == 0));
        let caused = interrupts() - before.0;
        hold(probe.0, 0);
        sleep(10);
        (caused, probe.count() - before.1)
    };
    assert_eq!(probe.try_byte("watch", &[3, BOTH, 7]), Ok(0));
    assert_eq!((storm(1_001), probe.last()), ((1, 1), (PIN, 7, 1)));
    // The event said that it is active, but it no longer is.
    assert_eq!((storm(1_000), probe.last()), ((1, 2), (PIN, 7, 0)));
    assert_eq!(probe.try_byte("watch", &[3, FALLING, 8]), Ok(0));
    assert_eq!((storm(1_000), probe.last()), ((1, 1), (PIN, 8, 0)));
    assert_eq!((storm(4), probe.last()), ((1, 1), (PIN, 8, 0)), "the app has taken the event before");
    probe.call("unwatch", &[3]);
    assert_eq!(storm(1_000), (0, 0));
    passed("a pin whose edges are faster than the app costs one interrupt per event");
}

/// The same pins by the interface of WASI.
fn wasi(probe: Probe) {
    assert_eq!(probe.try_call("open-digital-out", &[Resource::Led0 as i32, 0]), Err(BUSY));
    assert_eq!(probe.try_call("open-digital-out", &[Resource::Relay as i32, 1]), Ok(2));
    assert!(!level(RELAY));
    // An output, active when low, without a resistor.
    assert_eq!(probe.call("get-config", &[2]).to_le_bytes()[..3], [1, 1, 0]);
    for active in [false, true] {
        assert_eq!(probe.call("toggle", &[2]), 0);
        assert_eq!(level(RELAY), !active);
    }
    probe.traps("is-digital-active", &[2], "the pin has the other direction");
    probe.call("drop-digital-out", &[2]);
    assert_eq!(direction(RELAY), Direction::Disconnected);
    probe.call("drop-input", &[3]);
    assert_eq!(probe.try_call("open-digital-in", &[Resource::Key as i32, NO_PULL]), Ok(3));
    for active in [true, false] {
        set_level(KEY, active);
        assert_eq!(probe.try_call("is-digital-active", &[3]), Ok(active.into()));
    }
    probe.call("drop-digital-in", &[3]);
    assert_eq!(probe.try_call("open-input", &[Resource::Key as i32, NO_PULL]), Ok(3));
    passed("an app uses pins by the interface of WASI");
}

fn misuse(probe: Probe) {
    assert_eq!(probe.try_call("open-output", &[Resource::Nothing as i32, 0]), Err(NOT_FOUND));
    assert_eq!(probe.try_call("open-output", &[Resource::Led0 as i32, 0]), Err(BUSY));
    probe.traps("is-active", &[1], "the pin has the other direction");
    probe.traps("set", &[2, 1], "a handle is not open");
    for handle in [0, 4, 33, -1] {
        probe.traps("set", &[handle, 1], "a handle is not open");
    }
    probe.traps("open-input", &[Resource::Relay as i32, 3], "a variant has no such case");
    assert_eq!(direction(RELAY), Direction::Disconnected);

    let other = Probe::install(&app!("narrow"));
    assert_eq!(other.try_call("open-output", &[Resource::Led0 as i32, 0]), Err(BUSY));
    other.traps("open-input", &[Resource::Key as i32, NO_PULL], "gpio:key is not granted");
    other.traps("set", &[1, 0], "a handle is not open");
    other.remove();
    assert!(level(LAMP), "still that of the first app");
    passed("an app reaches no pin that it has not opened, that it is not granted, or that another app uses");
}

fn leave(probe: Probe) {
    assert_eq!(probe.try_byte("watch", &[3, BOTH, 7]), Ok(0));
    probe.remove();
    assert_eq!((direction(LAMP), direction(KEY)), (Direction::Disconnected, Direction::Disconnected));
    set_level(KEY, true);
    set_level(KEY, false);
    sleep(10);
    let next = Probe::install(&app!("probe"));
    assert_eq!(next.count(), 0);
    next.traps("is-active", &[3], "a handle is not open");
    set_level(KEY, true);
    sleep(10);
    assert_eq!(next.count(), 0);
    next.remove();
    passed("the pins of an app that is gone are idle, and cause no events");
}
