//! Pulse-width modulated outputs of a board.

use super::observers::{Observers, State};
use super::{Names, lock};
use std::sync::{Arc, Mutex};
use wamr_host::Error;
use wamr_host::pwm::Outputs;

/// The outputs.
pub struct BoardOutputs {
    names: Names,
    /// The period and the pulse of those that are on.
    states: Mutex<Vec<Option<(u32, u32)>>>,
    observers: Arc<Observers>,
}

impl BoardOutputs {
    pub fn new(names: Names, observers: Arc<Observers>) -> Self {
        Self { names, states: Mutex::new(vec![None; names.len()]), observers }
    }

    fn change(&self, output: u32, state: Option<(u32, u32)>) {
        let before = std::mem::replace(&mut lock(&self.states)[output as usize], state);
        if before != state {
            self.observers.tell(self.names[output as usize], State::Pwm(state));
        }
    }
}

impl Outputs for BoardOutputs {
    fn names(&self) -> &[&str] {
        self.names
    }

    fn set(&self, output: u32, period: u32, pulse: u32) -> Result<(), Error> {
        self.change(output, Some((period, pulse)));
        Ok(())
    }

    fn release(&self, output: u32) {
        self.change(output, None);
    }
}
