//! Digital pins of a board.

use super::description::Pin;
use super::observers::{Observers, State};
use super::{Names, lock};
use std::sync::{Arc, Mutex};
use wamr_host::Error;
use wamr_host::gpio::{Edge, Pins, Pull};

/// The pins.
pub struct BoardPins {
    names: Names,
    states: Mutex<Vec<PinState>>,
    observers: Arc<Observers>,
}

struct PinState {
    is_output: bool,
    is_active: bool,
    is_watched: bool,
}

impl BoardPins {
    pub fn new(names: Names, pins: impl Iterator<Item = Pin>, observers: Arc<Observers>) -> Self {
        let states = pins.map(|pin| PinState {
            is_output: pin == Pin::Output,
            is_active: pin == Pin::ActiveInput,
            is_watched: false,
        });
        Self { names, states: Mutex::new(states.collect()), observers }
    }

    /// Changes an input. Returns whether it had another state before.
    pub fn poke(&self, pin: u32, active: bool) -> bool {
        self.with(pin, |state| std::mem::replace(&mut state.is_active, active) != active)
    }

    /// Whether a pin is an input.
    pub fn is_input(&self, pin: u32) -> bool {
        self.with(pin, |state| !state.is_output)
    }

    /// Whether an app waits for a change of a pin.
    pub fn is_any_watched(&self) -> bool {
        lock(&self.states).iter().any(|state| state.is_watched)
    }

    fn drive(&self, pin: u32, active: bool) -> Result<(), Error> {
        let changed = self.with(pin, |state| match state.is_output {
            true => Ok(std::mem::replace(&mut state.is_active, active) != active),
            false => Err(Error::NotSupported),
        })?;
        if changed {
            self.observers.tell(self.names[pin as usize], State::Pin(active));
        }
        Ok(())
    }

    fn with<R>(&self, pin: u32, access: impl FnOnce(&mut PinState) -> R) -> R {
        access(&mut lock(&self.states)[pin as usize])
    }
}

impl Pins for BoardPins {
    fn names(&self) -> &[&str] {
        self.names
    }

    fn input(&self, pin: u32, _: Pull) -> Result<(), Error> {
        self.with(pin, |state| if state.is_output { Err(Error::NotSupported) } else { Ok(()) })
    }

    fn output(&self, pin: u32, active: bool) -> Result<(), Error> {
        self.drive(pin, active)
    }

    fn is_active(&self, pin: u32) -> Result<bool, Error> {
        self.with(pin, |state| Ok(state.is_active))
    }

    fn set(&self, pin: u32, active: bool) -> Result<(), Error> {
        self.drive(pin, active)
    }

    fn watch(&self, pin: u32, edge: Option<Edge>) -> Result<(), Error> {
        self.with(pin, |state| state.is_watched = edge.is_some());
        Ok(())
    }

    fn release(&self, pin: u32) {
        self.with(pin, |state| state.is_watched = false);
        // An input stays as it is.
        let _ = self.drive(pin, false);
    }
}
