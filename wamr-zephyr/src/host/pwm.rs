//! The group `pwm`: the outputs of the devicetree node `wamr,grants`.

use core::ffi::c_int;

use wamr_host::Error;
use wamr_host::pwm::{Outputs, Pwm};

use super::errno::done;
use super::grants;

pub static GROUP: Pwm<Granted> = Pwm::new(Granted);

unsafe extern "C" {
    // zephyr/host/pwm.c
    fn wamr_pwm_set(output: u32, period: u32, pulse: u32) -> c_int;
    fn wamr_pwm_release(output: u32);
}

pub struct Granted;

// SAFETY of the calls: the group passes only numbers of its names, and the C code has an output for each name.
impl Outputs for Granted {
    fn names(&self) -> &[&str] {
        grants::PWM
    }

    fn set(&self, output: u32, period: u32, pulse: u32) -> Result<(), Error> {
        // SAFETY: see above.
        done(unsafe { wamr_pwm_set(output, period, pulse) }).map(drop)
    }

    fn release(&self, output: u32) {
        // SAFETY: see above.
        unsafe { wamr_pwm_release(output) }
    }
}
