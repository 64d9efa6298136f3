//! What a board measures: sensors and analog inputs.

use super::description::Reading;
use super::{Names, lock};
use std::collections::BTreeMap;
use std::sync::Mutex;
use wamr_host::Error;
use wamr_host::adc::Inputs;
use wamr_host::sensor::{Channel, Sensors};

/// The sensors.
pub struct BoardSensors {
    names: Names,
    states: Mutex<Vec<SensorState>>,
}

struct SensorState {
    channels: BTreeMap<Channel, Reading>,
    is_watched: bool,
}

impl BoardSensors {
    pub fn new(names: Names, sensors: impl Iterator<Item = BTreeMap<Channel, Reading>>) -> Self {
        let states = sensors.map(|channels| SensorState { channels, is_watched: false });
        Self { names, states: Mutex::new(states.collect()) }
    }

    /// Sets what a sensor measures.
    pub fn poke(&self, sensor: u32, channel: Channel, reading: Reading) {
        lock(&self.states)[sensor as usize].channels.insert(channel, reading);
    }

    /// Whether a sensor has a channel.
    pub fn has(&self, sensor: u32, channel: Channel) -> bool {
        lock(&self.states)[sensor as usize].channels.contains_key(&channel)
    }

    /// The channels of a sensor.
    pub fn channels(&self, sensor: u32) -> impl Iterator<Item = Channel> + use<> {
        let channels: Vec<_> = lock(&self.states)[sensor as usize].channels.keys().copied().collect();
        channels.into_iter()
    }

    /// Whether an app waits for a measurement.
    pub fn is_any_watched(&self) -> bool {
        lock(&self.states).iter().any(|state| state.is_watched)
    }
}

impl Sensors for BoardSensors {
    fn names(&self) -> &[&str] {
        self.names
    }

    fn read(&self, sensor: u32, channel: Channel) -> Result<i64, Error> {
        let states = lock(&self.states);
        let reading = states[sensor as usize].channels.get(&channel).ok_or(Error::NotSupported)?;
        reading.0.ok_or(Error::Io)
    }

    fn watch(&self, sensor: u32, on: bool) -> Result<(), Error> {
        lock(&self.states)[sensor as usize].is_watched = on;
        Ok(())
    }
}

/// The analog inputs.
pub struct BoardInputs {
    names: Names,
    readings: Mutex<Vec<Reading>>,
}

impl BoardInputs {
    pub fn new(names: Names, readings: impl Iterator<Item = Reading>) -> Self {
        Self { names, readings: Mutex::new(readings.collect()) }
    }

    /// Sets the voltage of an input.
    pub fn poke(&self, input: u32, reading: Reading) {
        lock(&self.readings)[input as usize] = reading;
    }
}

impl Inputs for BoardInputs {
    fn names(&self) -> &[&str] {
        self.names
    }

    fn read(&self, input: u32) -> Result<i32, Error> {
        let microvolts = lock(&self.readings)[input as usize].0;
        microvolts.and_then(|microvolts| i32::try_from(microvolts).ok()).ok_or(Error::Io)
    }
}
