//! Serial ports of a board.

use super::observers::{Observers, State};
use super::{Names, lock};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use wamr_host::Error;
use wamr_host::uart::Ports;

/// Bytes that a port buffers.
const BUFFER: usize = 512;

/// The ports.
pub struct BoardPorts {
    names: Names,
    states: Mutex<Vec<PortState>>,
    observers: Arc<Observers>,
}

#[derive(Default)]
struct PortState {
    is_open: bool,
    received: VecDeque<u8>,
    has_lost: bool,
}

impl BoardPorts {
    pub fn new(names: Names, observers: Arc<Observers>) -> Self {
        let states = names.iter().map(|_| PortState::default()).collect();
        Self { names, states: Mutex::new(states), observers }
    }

    /// A port receives bytes, which are lost while no app has opened it. Returns how many wait now.
    pub fn receive(&self, port: u32, bytes: &[u8]) -> u32 {
        self.with(port, |state| {
            let space = if state.is_open { BUFFER - state.received.len() } else { 0 };
            state.received.extend(bytes.iter().take(space));
            state.has_lost |= bytes.len() > space;
            state.received.len() as u32
        })
    }

    /// Whether an app waits for bytes, or may do so.
    pub fn is_any_open(&self) -> bool {
        lock(&self.states).iter().any(|state| state.is_open)
    }

    fn with<R>(&self, port: u32, access: impl FnOnce(&mut PortState) -> R) -> R {
        access(&mut lock(&self.states)[port as usize])
    }
}

impl Ports for BoardPorts {
    fn names(&self) -> &[&str] {
        self.names
    }

    fn open(&self, port: u32) -> Result<(), Error> {
        self.with(port, |state| *state = PortState { is_open: true, ..Default::default() });
        Ok(())
    }

    fn read(&self, port: u32, buffer: &mut [u8]) -> Result<usize, Error> {
        self.with(port, |state| {
            if std::mem::take(&mut state.has_lost) {
                return Err(Error::NoSpace);
            }
            let count = buffer.len().min(state.received.len());
            buffer.iter_mut().zip(state.received.drain(..count)).for_each(|(place, byte)| *place = byte);
            Ok(count)
        })
    }

    fn waiting(&self, port: u32) -> u32 {
        self.with(port, |state| state.received.len() as u32)
    }

    fn write(&self, port: u32, data: &[u8]) -> Result<usize, Error> {
        if !data.is_empty() {
            self.observers.tell(self.names[port as usize], State::Sent(data.to_vec()));
        }
        Ok(data.len())
    }

    fn close(&self, port: u32) {
        self.with(port, |state| state.is_open = false);
    }
}
