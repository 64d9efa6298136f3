//! Measures with a BME280 sensor on I2C once a minute, and sends the client a message such as `21.5 C, 40 %, 1013 hPa`.
//!
//! The driver is the crate `bme280` from crates.io, unchanged.
#![no_std]
#![no_main]

use bme280::i2c::BME280;
use core::fmt::Write;
use core::time::Duration;
use wamr_guest::delay::Delay;
use wamr_guest::i2c::I2c;
use wamr_guest::message::Peer;
use wamr_guest::text::Line;
use wamr_guest::{App, Error, Event, Result, message, timer};

const MEASURE: u32 = 0;
const PERIOD: Duration = Duration::from_secs(60);

struct Weather {
    sensor: BME280<I2c>,
}

#[wamr_guest::app]
impl App for Weather {
    fn start() -> Result<Self> {
        let mut sensor = BME280::new_primary(I2c::open("bme280")?);
        sensor.init(&mut Delay).map_err(failure)?;
        timer::start_periodic(MEASURE, PERIOD)?;
        Ok(Self { sensor })
    }

    fn on_event(&mut self, event: Event) -> Result {
        if let Event::Timer { id: MEASURE, .. } = event {
            let measured = self.sensor.measure(&mut Delay).map_err(failure)?;
            // Whole numbers, as code that prints fractions takes 10 KB.
            let tenths = rounded(measured.temperature * 10.0);
            let sign = if tenths < 0 { "-" } else { "" };
            let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
            let (humidity, pressure) = (rounded(measured.humidity), rounded(measured.pressure / 100.0));
            let mut text = Line::<32>::new();
            let _ = write!(text, "{sign}{whole}.{tenth} C, {humidity} %, {pressure} hPa");
            match message::send(Peer::Client, text.as_bytes()) {
                // No client, or one that is slow: the next message is newer anyway.
                Err(Error::NotFound | Error::NoSpace) => {}
                sent => sent?,
            }
        }
        Ok(())
    }
}

fn rounded(number: f32) -> i32 {
    (number + 0.5f32.copysign(number)) as i32
}

fn failure(error: bme280::Error<wamr_guest::i2c::Error>) -> Error {
    match error {
        bme280::Error::Bus(error) => error.into(),
        // Another device answers at this address.
        bme280::Error::UnsupportedChip => Error::NotFound,
        _ => Error::Io,
    }
}
