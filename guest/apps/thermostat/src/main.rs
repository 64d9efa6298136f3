//! Keeps a room warm: measures with the sensor `thermometer` and switches the output `heater`.
//!
//! The client sets the temperature by a message such as `21.5`, in degrees Celsius, or by a call of `set-point`, which `app.wit` describes. It
//! survives restarts.
#![no_std]
#![no_main]

use core::time::Duration;
use wamr_guest::gpio::OutputPin;
use wamr_guest::sensor::Sensor;
use wamr_guest::{App, Error, Event, Result, kv, message, timer};

const MEASURE: u32 = 0;
const PERIOD: Duration = Duration::from_secs(10);

const KEY: &str = "set-point";

/// Temperatures are in thousandths of a degree Celsius.
const DEFAULT: i32 = 20_000;
const RANGE: core::ops::RangeInclusive<i32> = 5_000..=30_000;

/// The answer to anything else.
const USAGE: &str = "send a temperature from 5 to 30, such as 21.5";

/// How far the temperature may be from the set point before the heater is switched. Without it, the heater would switch all the time.
const TOLERANCE: i32 = 250;

struct Thermostat {
    thermometer: Sensor,
    heater: OutputPin,
    set_point: i32,
}

#[wamr_guest::app]
impl App for Thermostat {
    fn start() -> Result<Self> {
        timer::start_periodic(MEASURE, PERIOD)?;
        let mut thermostat = Self {
            thermometer: Sensor::open("thermometer")?,
            heater: OutputPin::open("heater", false)?,
            set_point: stored()?,
        };
        thermostat.regulate()?;
        Ok(thermostat)
    }

    fn on_event(&mut self, event: Event) -> Result {
        match event {
            Event::Timer { id: MEASURE, .. } => self.regulate(),
            Event::Message { .. } => self.obey(),
            _ => Ok(()),
        }
    }
}

wamr_guest::export! { Thermostat {
    "set-point" => set_point(celsius: f64) -> core::result::Result<(), &'static str>;
} }

impl Thermostat {
    /// A client sets the set point.
    fn set_point(&mut self, celsius: f64) -> core::result::Result<(), &'static str> {
        // A number that is none becomes 0, which is out of range.
        let set_point = (celsius * 1000.0) as i32;
        if !RANGE.contains(&set_point) {
            return Err(USAGE);
        }
        self.set(set_point).map_err(Error::as_str)
    }

    fn set(&mut self, set_point: i32) -> Result {
        self.set_point = set_point;
        kv::set(KEY, &set_point.to_le_bytes())?;
        self.regulate()
    }

    /// Switches the heater if the temperature is too far from the set point. Switches it off if the sensor fails.
    fn regulate(&mut self) -> Result {
        let on = match self.thermometer.read("ambient-temp") {
            Ok(micros) if micros < i64::from(self.set_point - TOLERANCE) * 1000 => true,
            Ok(micros) if micros <= i64::from(self.set_point + TOLERANCE) * 1000 => self.heater.is_set_active(),
            _ => false,
        };
        self.heater.set(on)
    }

    /// Takes the set point from each message that waits, and answers.
    fn obey(&mut self) -> Result {
        let mut buffer = [0; 16];
        loop {
            let received = match message::receive(&mut buffer) {
                Ok(Some(received)) => received,
                Ok(None) => return Ok(()),
                // It was too long.
                Err(Error::NoSpace) => continue,
                Err(error) => return Err(error),
            };
            let answer = match parse(received.data).filter(|set_point| RANGE.contains(set_point)) {
                Some(set_point) => {
                    self.set(set_point)?;
                    "ok"
                }
                None => USAGE,
            };
            // The sender may have gone.
            let _ = message::send(received.sender.peer(), answer.as_bytes());
        }
    }
}

/// Returns the set point that was stored last.
fn stored() -> Result<i32> {
    let mut bytes = [0; 4];
    match kv::get(KEY, &mut bytes) {
        Ok(_) => Ok(i32::from_le_bytes(bytes)),
        Err(Error::NotFound) => Ok(DEFAULT),
        Err(error) => Err(error),
    }
}

/// Reads a number with at most three digits after the point, in thousandths.
fn parse(text: &[u8]) -> Option<i32> {
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (whole, rest) = text.split_at_checked(point)?;
    let rest = rest.strip_prefix(b".").unwrap_or_default();
    if !(1..=3).contains(&whole.len()) || rest.len() > 3 {
        return None;
    }
    let mut number = 0;
    for digit in whole.iter().chain(rest) {
        let digit = digit.is_ascii_digit().then(|| i32::from(digit - b'0'))?;
        number = number * 10 + digit;
    }
    Some((rest.len()..3).fold(number, |number, _| number * 10))
}
