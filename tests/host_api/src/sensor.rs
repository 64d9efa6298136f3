//! Sensors with a driver of Zephyr.

use crate::board::measured;
use crate::client::app;
use crate::probe::{NOT_SUPPORTED, Probe, Resource, SENSOR};
use crate::{passed, sleep};

pub fn run() {
    thermometer();
    weather();
}

fn thermometer() {
    let probe = Probe::install(&app!("probe"));
    assert_eq!(probe.try_call("open-sensor", &[Resource::Thermometer as i32]), Ok(1));
    let read = || {
        assert_eq!(probe.call("sensor-read", &[1, Resource::AmbientTemp as i32]), 0);
        probe.call("bytes", &[8])
    };
    for thousandths in [21_500, -3_250] {
        assert!(!measured(thousandths), "nobody watches");
        assert_eq!(read(), i64::from(thousandths) * 1_000);
    }
    // The payload of this result is at 8.
    assert_eq!(probe.call("sensor-read", &[1, Resource::Humidity as i32]) as u8, 1);
    assert_eq!(probe.call("bytes", &[8]) as u8, NOT_SUPPORTED.0);
    passed("an app reads a sensor");

    assert_eq!(probe.count(), 0);
    assert_eq!(probe.try_byte("sensor-watch", &[1, 12]), Ok(0));
    assert!(measured(22_000));
    sleep(10);
    assert_eq!((probe.count(), probe.last()), (1, (SENSOR, 12, 0)));
    probe.call("sensor-unwatch", &[1]);
    assert!(!measured(23_000));
    assert_eq!(probe.try_byte("sensor-watch", &[1, 12]), Ok(0));
    probe.remove();
    assert!(!measured(24_000), "the app is gone");
    passed("new measurements are events for an app that watches the sensor");
}

fn weather() {
    let probe = Probe::install(&app!("probe"));
    assert_eq!(probe.try_call("open-sensor", &[Resource::Weather as i32]), Ok(2));
    // As the app `weather` measures with the same emulated sensor, without Zephyr.
    for (channel, measured) in
        [(Resource::AmbientTemp, 25_080_000), (Resource::Press, 100_653_000), (Resource::Humidity, 40_700_000)]
    {
        assert_eq!(probe.call("sensor-read", &[2, channel as i32]), 0);
        let micros = probe.call("bytes", &[8]);
        assert!(micros.abs_diff(measured) < 100_000, "{micros}");
    }
    probe.remove();
    passed("an app reads a BME280 with Zephyr's driver");
}
