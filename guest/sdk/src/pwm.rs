//! Pulse-width modulated outputs by name. They are off when they are dropped.

use crate::abi::{self, resource};
use crate::{Error, Result};
use embedded_hal::pwm::{ErrorType, SetDutyCycle};

mod imports {
    use crate::abi::Area;

    #[link(wasm_import_module = "wamr:device/pwm@0.1.0")]
    unsafe extern "C" {
        #[link_name = "open"]
        pub fn open(name: *const u8, length: usize, result: *mut Area<u32>);
        #[link_name = "[method]channel.set"]
        pub fn set(handle: u32, period_ns: u32, pulse_ns: u32, result: *mut Area<u8>);
    }
}

resource! {
    /// An output.
    Channel, "wamr:device/pwm@0.1.0", "[resource-drop]channel"
}

impl Channel {
    /// Opens an output, which stays off.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Busy`].
    pub fn open(name: &str) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::open(name.as_ptr(), name.len(), result)) }.map(|handle| Self { handle })
    }

    /// Sets the period and the part of it for which the output is active, both in nanoseconds.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the pulse is longer than the period, or the period is 0 or not possible.
    pub fn set(&mut self, period_ns: u32, pulse_ns: u32) -> Result {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::done(|result| imports::set(self.handle, period_ns, pulse_ns, result)) }
    }

    /// Gives the output a period, in nanoseconds, for drivers that set the duty cycle only.
    pub fn with_period(self, period_ns: u32) -> DutyCycle {
        DutyCycle { channel: self, period_ns }
    }
}

/// An output with a period. Implements [`SetDutyCycle`] with 65,535 as the duty cycle that is always active.
#[derive(Debug)]
pub struct DutyCycle {
    channel: Channel,
    period_ns: u32,
}

impl ErrorType for DutyCycle {
    type Error = Error;
}

impl SetDutyCycle for DutyCycle {
    fn max_duty_cycle(&self) -> u16 {
        u16::MAX
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result {
        let pulse = u64::from(self.period_ns) * u64::from(duty) / u64::from(u16::MAX);
        // At most the period.
        self.channel.set(self.period_ns, pulse as u32)
    }
}
