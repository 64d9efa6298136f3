//! Switches the output `fan` by the temperature of an LM75 sensor on I2C: on from 30 degrees, off below 28.
#![no_std]
#![no_main]

use core::time::Duration;
use embedded_hal::i2c::I2c as _;
use wamr_guest::gpio::OutputPin;
use wamr_guest::i2c::I2c;
use wamr_guest::{App, Event, Result, timer};

const MEASURE: u32 = 0;
const PERIOD: Duration = Duration::from_secs(5);

const ADDRESS: u8 = 0x48;
const TEMPERATURE: u8 = 0;

/// In 256ths of a degree, as the sensor counts.
const HOT: i16 = 30 << 8;
const COOL: i16 = 28 << 8;

struct Fan {
    sensor: I2c,
    fan: OutputPin,
}

#[wamr_guest::app]
impl App for Fan {
    fn start() -> Result<Self> {
        timer::start_periodic(MEASURE, PERIOD)?;
        Ok(Self { sensor: I2c::open("lm75")?, fan: OutputPin::open("fan", false)? })
    }

    fn on_event(&mut self, event: Event) -> Result {
        if let Event::Timer { id: MEASURE, .. } = event {
            let mut bytes = [0; 2];
            self.sensor.write_read(ADDRESS, &[TEMPERATURE], &mut bytes)?;
            let on = match i16::from_be_bytes(bytes) {
                HOT.. => true,
                ..COOL => false,
                _ => return Ok(()),
            };
            self.fan.set(on)?;
        }
        Ok(())
    }
}
