//! Who is told about changes of outputs.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A change of an output. Its text is one line, such as `led0 on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The name of the output.
    pub name: &'static str,
    /// Its new state.
    pub state: State,
}

/// The state of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// A pin is active or not.
    Pin(bool),
    /// A modulated output has this period and pulse in nanoseconds. `None` if it is off.
    Pwm(Option<(u32, u32)>),
    /// A serial port has sent these bytes.
    Sent(Vec<u8>),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pin(true) => f.write_str("on"),
            Self::Pin(false) | Self::Pwm(None) => f.write_str("off"),
            Self::Pwm(Some((period, pulse))) => write!(f, "{pulse} of {period} ns"),
            Self::Sent(bytes) => write!(f, "sent \"{}\"", bytes.escape_ascii()),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.state)
    }
}

type Observer = Box<dyn Fn(&Change) + Send>;

/// The observers of a board.
#[derive(Default)]
pub struct Observers(Mutex<Vec<Observer>>);

impl Observers {
    pub fn add(&self, observer: Observer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(observer);
    }

    /// Called without any lock of the board.
    pub fn tell(&self, name: &'static str, state: State) {
        let change = Change { name, state };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|observer| observer(&change));
    }
}
