//! `gpio` and `pwm`.

use wamr_device::{AppEvent, EVENTS_MAX, EventKind};
use wamr_host::Error;

use crate::drivers::{FAIL, notes};
use crate::rig::{App, ERRORS, EVENTS, GPIO, RET, rig};

#[test]
fn an_output() {
    rig(|rig| {
        rig.load(0, &App::default());
        let led = u64::from(rig.open(0, "open-output", "led0", &[1]).unwrap().unwrap());
        assert_eq!(rig.call(0, "[method]output-pin.is-set-active", &[led]), Ok(1));
        assert_eq!(rig.result(0, "[method]output-pin.set", &[led, 0], 1), Ok(Ok(())));
        assert_eq!(rig.call(0, "[method]output-pin.is-set-active", &[led]), Ok(0));
        FAIL.set(Some(Error::Io));
        assert_eq!(rig.result(0, "[method]output-pin.set", &[led, 1], 1), Ok(Err(Error::Io)));
        assert_eq!(rig.call(0, "[method]output-pin.is-set-active", &[led]), Ok(0), "it is as it was");
        rig.call(0, "[resource-drop]output-pin", &[led]).unwrap();
        assert_eq!(notes(), "output 0 true, set 0 false, set 0 true, release 0");
    });
}

#[test]
fn an_input_and_its_events() {
    rig(|rig| {
        rig.load(0, &App::default());
        let button = u64::from(rig.open(0, "open-input", "button0", &[1]).unwrap().unwrap());
        assert_eq!(rig.result(0, "[method]input-pin.is-active", &[button], 1), Ok(Ok(())));
        assert_eq!(rig.peek(0, RET + 1, 1), [1]);
        GPIO.changed(1, true);
        assert_eq!(rig.deliver(0), None, "it is not watched");

        for (edge, rises, falls) in [(0, true, false), (1, false, true), (2, true, true)] {
            let id = 40 + edge;
            assert_eq!(rig.result(0, "[method]input-pin.watch", &[button, edge, id], 1), Ok(Ok(())));
            for (active, wanted) in [(true, rises), (false, falls)] {
                GPIO.changed(1, active);
                assert_eq!(rig.deliver(0), wanted.then_some([1, id as u32, active.into()]), "edge {edge}");
            }
        }
        rig.call(0, "[method]input-pin.unwatch", &[button]).unwrap();
        rig.call(0, "[method]input-pin.unwatch", &[button]).unwrap();
        GPIO.changed(1, true);
        assert_eq!(rig.deliver(0), None);
        FAIL.set(Some(Error::NotSupported));
        assert_eq!(rig.result(0, "[method]input-pin.watch", &[button, 0, 7], 1), Ok(Err(Error::NotSupported)));
        GPIO.changed(1, true);
        assert_eq!(rig.deliver(0), None);
        rig.call(0, "[resource-drop]input-pin", &[button]).unwrap();
        let expected = "input 1 Up, is 1 active, watch 1 Some(Rising), rearm 1, watch 1 Some(Falling), rearm 1, \
            watch 1 Some(Both), rearm 1, rearm 1, watch 1 None, watch 1 Some(Rising), release 1";
        assert_eq!(notes(), expected);
        GPIO.changed(1, true);
        GPIO.changed(99, true);
        assert_eq!(rig.deliver(0), None);
    });
}

#[test]
fn a_driver_may_wait_until_the_app_has_taken_an_event() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.load(1, &App::default());
        let button = u64::from(rig.open(0, "open-input", "button0", &[0]).unwrap().unwrap());
        rig.open(0, "open-output", "led0", &[0]).unwrap().unwrap();
        rig.result(0, "[method]input-pin.watch", &[button, 2, 7], 1).unwrap().unwrap();
        notes();
        let other = |id| AppEvent { kind: EventKind::Custom, id, value: 0 };
        (0..EVENTS_MAX as u32).for_each(|id| EVENTS.post(0, other(id)));
        EVENTS.post(1, other(0));
        GPIO.changed(1, true);
        assert_eq!(EVENTS.stats(0).unwrap().dropped, 1);
        assert!(rig.deliver(1).is_some());
        assert_eq!(notes(), "", "another app");
        // The event of the pin was dropped, so the driver must not wait for it.
        assert_eq!(rig.deliver(0), Some([5, 0, 0]));
        assert_eq!(notes(), "rearm 1");
        rig.call(0, "[method]input-pin.unwatch", &[button]).unwrap();
        notes();
        assert_eq!(rig.deliver(0), Some([5, 1, 0]));
        assert_eq!(notes(), "", "it is not watched");
    });
}

#[test]
fn a_pin_belongs_to_one_app_until_it_goes() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.load(1, &App::default());
        assert_eq!(rig.open(0, "open-output", "led9", &[0]), Ok(Err(Error::NotFound)));
        assert_eq!(rig.open(0, "open-output", "", &[0]), Ok(Err(Error::NotFound)));
        let button = u64::from(rig.open(0, "open-input", "button0", &[0]).unwrap().unwrap());
        rig.open(0, "open-output", "led0", &[1]).unwrap().unwrap();
        assert_eq!(rig.open(0, "open-output", "led0", &[0]), Ok(Err(Error::Busy)));
        assert_eq!(rig.open(1, "open-input", "led0", &[0]), Ok(Err(Error::Busy)));
        rig.result(0, "[method]input-pin.watch", &[button, 2, 1], 1).unwrap().unwrap();
        GPIO.changed(1, true);
        notes();
        rig.unload(0);
        assert_eq!(notes(), "release 0, release 1");
        assert_eq!(EVENTS.stats(0), None);
        GPIO.changed(1, false);
        rig.load(0, &App::default());
        assert_eq!(rig.deliver(0), None, "the events were those of the app before");
        assert!(rig.open(1, "open-output", "led0", &[0]).unwrap().is_ok());
        assert!(rig.open(1, "open-output", "button0", &[0]).unwrap().is_ok());
    });
}

#[test]
fn every_error_of_a_driver_reaches_the_app() {
    rig(|rig| {
        rig.load(0, &App::default());
        for error in ERRORS {
            for (open, name) in [("open-input", "button0"), ("open-output", "led0")] {
                FAIL.set(Some(error));
                assert_eq!(rig.open(0, open, name, &[0]), Ok(Err(error)));
            }
        }
        // What failed is free again.
        let button = u64::from(rig.open(0, "open-input", "button0", &[0]).unwrap().unwrap());
        FAIL.set(Some(Error::Io));
        assert_eq!(rig.result(0, "[method]input-pin.is-active", &[button], 1), Ok(Err(Error::Io)));
    });
}

#[test]
fn a_handle_has_one_direction() {
    for (open, name, functions) in [
        ("open-input", "led0", &["[method]output-pin.is-set-active", "[resource-drop]output-pin"]),
        ("open-output", "button0", &["[method]input-pin.unwatch", "[resource-drop]input-pin"]),
        ("open-digital-in", "led0", &["[method]output-pin.is-set-active", "[resource-drop]digital-out-pin"]),
        ("open-digital-out", "button0", &["[method]input-pin.unwatch", "[resource-drop]digital-in-pin"]),
    ] {
        for function in functions {
            rig(|rig| {
                rig.load(0, &App::default());
                let handle = rig.open(0, open, name, &[0]).unwrap().unwrap();
                let trap = rig.call(0, function, &[handle.into()]).unwrap_err();
                assert!(trap.contains("the pin has the other direction"), "{trap}");
            });
        }
    }
}

#[test]
fn an_output_of_wasi() {
    rig(|rig| {
        rig.load(0, &App::default());
        let led = u64::from(rig.open(0, "open-digital-out", "led0", &[0]).unwrap().unwrap());
        let method = |name| format!("[method]digital-out-pin.{name}");
        for (name, args) in [
            ("set-active", &[led][..]),
            ("toggle", &[led]),
            ("toggle", &[led]),
            ("set-inactive", &[led]),
            ("set-state", &[led, 0]),
            ("set-state", &[led, 1]),
        ] {
            rig.call(0, &method(name), &[args, &[RET.into()]].concat()).unwrap();
            assert_eq!(rig.peek(0, RET, 1), [0], "{name}");
        }
        let expected = "output 0 false, set 0 true, set 0 false, set 0 true, set 0 false, set 0 true, set 0 false";
        assert_eq!(notes(), expected);
        for (error, case) in ERRORS.into_iter().zip([4, 1, 8, 7, 8, 0, 8]) {
            FAIL.set(Some(error));
            rig.call(0, &method("toggle"), &[led, RET.into()]).unwrap();
            assert_eq!((rig.peek(0, RET, 1), rig.peek(0, RET + 4, 1)), (vec![1], vec![case]), "{error}");
        }
        rig.call(0, &method("get-config"), &[led, RET.into()]).unwrap();
        assert_eq!(rig.list(0, RET), b"led0");
        // An output, active when low, without a resistor.
        assert_eq!(rig.peek(0, RET + 8, 3), [1, 1, 0]);
        notes();
        rig.call(0, "[resource-drop]digital-out-pin", &[led]).unwrap();
        assert_eq!(notes(), "release 0");
    });
}

#[test]
fn an_input_of_wasi() {
    rig(|rig| {
        rig.load(0, &App::default());
        let method = |name| format!("[method]digital-in-pin.{name}");
        for (pull, expected) in [(0, &[0][..]), (1, &[1, 0]), (2, &[1, 1])] {
            let button = u64::from(rig.open(0, "open-digital-in", "button0", &[pull]).unwrap().unwrap());
            for (name, value) in [("read", 0), ("is-active", 1), ("is-inactive", 0)] {
                rig.call(0, &method(name), &[button, RET.into()]).unwrap();
                assert_eq!((rig.peek(0, RET, 1), rig.peek(0, RET + 4, 1)), (vec![0], vec![value]), "{name}");
                FAIL.set(Some(Error::Io));
                rig.call(0, &method(name), &[button, RET.into()]).unwrap();
                assert_eq!((rig.peek(0, RET, 1), rig.peek(0, RET + 4, 1)), (vec![1], vec![0]), "{name}");
            }
            rig.call(0, &method("get-config"), &[button, RET.into()]).unwrap();
            assert_eq!(rig.list(0, RET), b"button0");
            assert_eq!(rig.peek(0, RET + 8, 2), [0, 0], "an input, active when high");
            assert_eq!(rig.peek(0, RET + 10, expected.len() as u32), expected);
            rig.call(0, "[resource-drop]digital-in-pin", &[button]).unwrap();
        }
        rig.open(0, "open-digital-in", "button0", &[0]).unwrap().unwrap();
        assert_eq!(rig.open(0, "open-output", "button0", &[0]), Ok(Err(Error::Busy)), "they are the same pins");
        notes();
        rig.unload(0);
        assert_eq!(notes(), "release 1");
    });
}

/// An app cannot wait in a call.
#[test]
fn an_app_that_needs_pollables_is_refused_with_their_name() {
    rig(|rig| {
        let text = r#"(module (import "wasi:gpio/digital@0.2.0" "[method]digital-in-pin.watch-active" (func (param i32 i32))))"#;
        let refusal = rig.try_load_text(0, text).unwrap_err();
        assert!(refusal.contains("watch-active"), "{refusal}");
    });
}

#[test]
fn a_modulated_output() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.load(1, &App::default());
        assert_eq!(rig.open(0, "pwm open", "pwm9", &[]), Ok(Err(Error::NotFound)));
        let fan = u64::from(rig.open(0, "pwm open", "pwm0", &[]).unwrap().unwrap());
        assert_eq!(rig.open(1, "pwm open", "pwm0", &[]), Ok(Err(Error::Busy)));
        let mut set = |period, pulse| rig.result(0, "[method]channel.set", &[fan, period, pulse], 1).unwrap();
        assert_eq!((set(20_000, 1_500), set(u32::MAX.into(), u32::MAX.into()), set(1, 0)), (Ok(()), Ok(()), Ok(())));
        for (period, pulse) in [(0, 0), (0, 1), (10, 11), (10, u64::from(u32::MAX))] {
            assert_eq!(set(period, pulse), Err(Error::InvalidArgument));
        }
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(set(2, 1), Err(error));
        }
        notes();
        rig.call(0, "pwm [resource-drop]channel", &[fan]).unwrap();
        assert_eq!(notes(), "off 0");
        assert!(rig.open(1, "pwm open", "pwm0", &[]).unwrap().is_ok());
        rig.unload(1);
        assert_eq!(notes(), "off 0");
    });
}
