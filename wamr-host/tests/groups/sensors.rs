//! `sensor` and `adc`.

use wamr_host::Error;

use crate::drivers::{FAIL, notes};
use crate::rig::{App, DATA, ERRORS, RET, SENSOR, rig};

#[test]
fn a_channel_is_measured() {
    rig(|rig| {
        rig.load(0, &App::default());
        assert_eq!(rig.open(0, "sensor open", "nothing", &[]), Ok(Err(Error::NotFound)));
        let sensor = u64::from(rig.opened(0, "sensor open"));
        assert_eq!(rig.open(0, "sensor open", "thermometer", &[]), Ok(Err(Error::Busy)));
        rig.poke(0, DATA, b"ambient-temp");
        let read = |length| [sensor, DATA.into(), length];
        assert_eq!(rig.result(0, "[method]sensor.read", &read(12), 8), Ok(Ok(())));
        assert_eq!(rig.peek(0, RET + 8, 8), (-40_000_001_i64).to_le_bytes());
        assert_eq!(notes(), "measure 0 ambient-temp");
        assert_eq!(rig.result(0, "[method]sensor.read", &read(7), 8), Ok(Err(Error::NotSupported)), "ambient");
        assert_eq!(rig.result(0, "[method]sensor.read", &read(0), 8), Ok(Err(Error::NotSupported)));
        assert_eq!(notes(), "");
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(rig.result(0, "[method]sensor.read", &read(12), 8), Ok(Err(error)));
        }
    });
}

#[test]
fn several_apps_watch_a_sensor() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.load(1, &App::default());
        let sensors = [0, 1].map(|app| u64::from(rig.opened(app, "sensor open")));
        SENSOR.measured(0);
        assert_eq!(rig.deliver(0), None);
        for (app, id) in [(0, 7), (1, 8), (0, 9)] {
            let watch = [sensors[usize::from(app)], id];
            assert_eq!(rig.result(app, "[method]sensor.watch", &watch, 1), Ok(Ok(())));
        }
        FAIL.set(Some(Error::NotSupported));
        let failed = rig.result(0, "[method]sensor.watch", &[sensors[0], 10], 1);
        assert_eq!(failed, Ok(Err(Error::NotSupported)), "the watch before goes on");
        SENSOR.measured(0);
        SENSOR.measured(1);
        SENSOR.measured(99);
        assert_eq!((rig.deliver(0), rig.deliver(1)), (Some([4, 9, 0]), Some([4, 8, 0])));
        assert_eq!((rig.deliver(0), rig.deliver(1)), (None, None));
        notes();

        rig.call(0, "[method]sensor.unwatch", &[sensors[0]]).unwrap();
        assert_eq!(notes(), "", "the other app watches");
        SENSOR.measured(0);
        assert_eq!((rig.deliver(0), rig.deliver(1)), (None, Some([4, 8, 0])));
        rig.unload(1);
        assert_eq!(notes(), "watch 0 false");
        rig.call(0, "[method]sensor.unwatch", &[sensors[0]]).unwrap();
        assert_eq!(notes(), "");
        rig.result(0, "[method]sensor.watch", &[sensors[0], 1], 1).unwrap().unwrap();
        rig.call(0, "[resource-drop]sensor", &[sensors[0]]).unwrap();
        assert_eq!(notes(), "watch 0 true, watch 0 false");
        SENSOR.measured(0);
        assert_eq!(rig.deliver(0), None);
    });
}

#[test]
fn an_analog_input() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.load(1, &App::default());
        assert_eq!(rig.open(0, "adc open", "nothing", &[]), Ok(Err(Error::NotFound)));
        for app in [0, 1] {
            let input = u64::from(rig.opened(app, "adc open"));
            assert_eq!(rig.open(app, "adc open", "adc0", &[]), Ok(Err(Error::Busy)));
            assert_eq!(rig.result(app, "adc [method]channel.read", &[input], 4), Ok(Ok(())));
            assert_eq!(rig.peek(app, RET + 4, 4), (-1_250_000_i32).to_le_bytes());
            for error in ERRORS {
                FAIL.set(Some(error));
                assert_eq!(rig.result(app, "adc [method]channel.read", &[input], 4), Ok(Err(error)));
            }
            rig.call(app, "adc [resource-drop]channel", &[input]).unwrap();
            assert!(rig.open(app, "adc open", "adc0", &[]).unwrap().is_ok());
        }
    });
}
