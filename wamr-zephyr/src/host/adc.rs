//! The group `adc`: the analog inputs of the devicetree node `wamr,grants`.

use core::ffi::c_int;

use wamr_host::Error;
use wamr_host::adc::{Adc, Inputs};

use super::errno::done;
use super::grants;

pub static GROUP: Adc<Granted> = Adc::new(Granted);

unsafe extern "C" {
    // zephyr/host/adc.c
    fn wamr_adc_read(input: u32, microvolts: *mut i32) -> c_int;
}

pub struct Granted;

impl Inputs for Granted {
    fn names(&self) -> &[&str] {
        grants::ADC
    }

    fn read(&self, input: u32) -> Result<i32, Error> {
        let mut microvolts = 0;
        // SAFETY: the group passes only numbers of its names, and the C code has an input for each name.
        done(unsafe { wamr_adc_read(input, &raw mut microvolts) }).map(|_| microvolts)
    }
}
