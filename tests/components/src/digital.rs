//! The pins of a board by the interface of WASI.

use crate::bindings::wasi::gpio::digital::{self, DigitalConfig, GpioError, PinState};
use crate::bindings::wasi::gpio::general::{self, ActiveLevel, PinMode, PullResistor};
use crate::board::{Board, Name};
use wasmtime::component::Resource;

impl general::Host for Board {}
impl digital::Host for Board {}

impl Board {
    fn is_output_active(&self, pin: &Resource<Name>) -> bool {
        self.outputs.get(&self.name(pin)).copied().unwrap_or(false)
    }

    /// The output `broken` cannot be set.
    fn drive(&mut self, pin: Resource<Name>, active: bool) -> Result<(), GpioError> {
        let name = self.name(&pin);
        if name == "broken" {
            return Err(GpioError::Other("it is broken".into()));
        }
        self.set_output(&name, active);
        Ok(())
    }

    /// The input `broken` cannot be read.
    fn measure(&self, pin: &Resource<Name>) -> Result<bool, GpioError> {
        match self.name(pin) {
            name if name == "broken" => Err(GpioError::HardwareFault),
            name => Ok(self.inputs.get(&name).copied().unwrap_or(false)),
        }
    }
}

impl digital::HostDigitalOutPin for Board {
    fn get_config(&mut self, pin: Resource<Name>) -> DigitalConfig {
        DigitalConfig {
            label: self.name(&pin),
            pin_mode: PinMode::Out,
            active_level: ActiveLevel::ActiveLow,
            pull_resistor: None,
        }
    }

    fn set_state(&mut self, pin: Resource<Name>, state: PinState) -> Result<(), GpioError> {
        self.drive(pin, state == PinState::Active)
    }

    fn set_active(&mut self, pin: Resource<Name>) -> Result<(), GpioError> {
        self.drive(pin, true)
    }

    fn set_inactive(&mut self, pin: Resource<Name>) -> Result<(), GpioError> {
        self.drive(pin, false)
    }

    fn toggle(&mut self, pin: Resource<Name>) -> Result<(), GpioError> {
        let active = self.is_output_active(&pin);
        self.drive(pin, !active)
    }

    fn drop(&mut self, pin: Resource<Name>) -> wasmtime::Result<()> {
        let name = self.close(pin)?;
        self.set_output(&name, false);
        Ok(())
    }
}

impl digital::HostDigitalInPin for Board {
    fn get_config(&mut self, pin: Resource<Name>) -> DigitalConfig {
        DigitalConfig {
            label: self.name(&pin),
            pin_mode: PinMode::In,
            active_level: ActiveLevel::ActiveHigh,
            pull_resistor: Some(PullResistor::PullDown),
        }
    }

    fn read(&mut self, pin: Resource<Name>) -> Result<PinState, GpioError> {
        Ok(if self.measure(&pin)? { PinState::Active } else { PinState::Inactive })
    }

    fn is_active(&mut self, pin: Resource<Name>) -> Result<bool, GpioError> {
        self.measure(&pin)
    }

    fn is_inactive(&mut self, pin: Resource<Name>) -> Result<bool, GpioError> {
        Ok(!self.measure(&pin)?)
    }

    fn drop(&mut self, pin: Resource<Name>) -> wasmtime::Result<()> {
        self.close(pin).map(drop)
    }
}
