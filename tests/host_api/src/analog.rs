//! An analog input, and a pulse-width modulated output.

use crate::board::{pwm, set_millivolts};
use crate::client::app;
use crate::passed;
use crate::probe::{INVALID_ARGUMENT, Probe, Resource};

pub fn run() {
    let probe = Probe::install(&app!("probe"));
    assert_eq!(probe.try_call("open-adc", &[Resource::Light as i32]), Ok(1));
    for millivolts in [0, 1_000, 2_500, 3_200] {
        set_millivolts(millivolts);
        let microvolts = probe.try_call("adc-read", &[1]).expect("it measures");
        // The converter has 12 bits for 3.3 V. Its emulator rounds down, and takes the largest value for 3.3 V.
        assert!(microvolts.abs_diff(millivolts * 1_000) < 1_700, "{microvolts}");
    }
    passed("an app measures a voltage");

    assert_eq!(probe.try_call("open-pwm", &[Resource::Fan as i32]), Ok(1));
    assert_eq!(probe.try_byte("pwm-set", &[1, 1_000_000, 250_000]), Ok(0));
    assert_eq!(pwm(), (1_000_000, 250_000));
    for (period, pulse) in [(0, 0), (1_000, 1_001)] {
        assert_eq!(probe.try_byte("pwm-set", &[1, period, pulse]), Err(INVALID_ARGUMENT));
    }
    assert_eq!(pwm(), (1_000_000, 250_000));
    probe.remove();
    // The period is that of the devicetree.
    assert_eq!(pwm(), (20_000_000, 0));
    passed("an app sets a PWM output, which is off when the app is gone");
}
