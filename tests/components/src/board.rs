//! A board that exists in memory only.

use crate::bindings::wamr::device::events::{DataReceived, Event, PinChanged, TimerExpired};
use crate::bindings::wamr::device::gpio::Edge;
use crate::bindings::wamr::device::message::{Peer, Received};
use std::collections::{BTreeMap, VecDeque};
use wasmtime::component::ResourceTable;

/// What a handle stands for: the name of a resource.
pub struct Name(pub String);

/// A timer of the app.
pub struct Timer {
    /// When it expires, in microseconds.
    pub at: u64,
    /// If it is periodic, its period in microseconds.
    pub period: Option<u64>,
}

/// The hardware, the storage and the client of one app.
#[derive(Default)]
pub struct Board {
    pub(crate) table: ResourceTable,
    /// The time since the board started. Each look at the clock takes a little.
    pub(crate) micros: u64,
    pub(crate) timers: BTreeMap<u32, Timer>,
    pub(crate) inputs: BTreeMap<String, bool>,
    pub(crate) outputs: BTreeMap<String, bool>,
    pub(crate) watches: BTreeMap<String, (Edge, u32)>,
    /// By sensor and channel, in millionths. Nothing is a fault.
    pub(crate) sensors: BTreeMap<(String, String), Option<i64>>,
    /// The temperature of the LM75 sensor on I2C, in 256ths of a degree Celsius.
    pub(crate) lm75: i16,
    /// What serial ports have received, and the ids of those that the app watches.
    pub(crate) received: BTreeMap<String, VecDeque<u8>>,
    pub(crate) ports: BTreeMap<String, u32>,
    pub(crate) values: BTreeMap<String, Vec<u8>>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) inbox: VecDeque<Received>,
    pub(crate) client_gone: bool,
    pub(crate) events: VecDeque<Event>,
    /// What can be seen from outside, in order.
    pub(crate) trace: Vec<String>,
}

impl Board {
    /// Takes what could be seen from outside since the last call.
    pub fn take_trace(&mut self) -> Vec<String> {
        std::mem::take(&mut self.trace)
    }

    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.trace.push(line.into());
    }

    /// Sets an output, which is noted if that changes it. Outputs are off at first.
    pub(crate) fn set_output(&mut self, name: &str, active: bool) {
        let before = self.outputs.insert(name.into(), active).unwrap_or(false);
        if before != active {
            self.note(format!("pin {name} {}", if active { "on" } else { "off" }));
        }
    }

    /// Changes an input.
    pub(crate) fn set_input(&mut self, name: &str, active: bool) {
        let before = self.inputs.insert(name.into(), active).unwrap_or(false);
        if let Some((edge, id)) = self.watches.get(name).filter(|_| before != active) {
            let wanted = match edge {
                Edge::Rising => active,
                Edge::Falling => !active,
                Edge::Both => true,
            };
            if wanted {
                self.events.push_back(Event::Pin(PinChanged { id: *id, active }));
            }
        }
    }

    /// A serial port receives bytes.
    pub(crate) fn receive_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.received.entry(name.into()).or_default().extend(bytes);
        self.announce_bytes(name);
    }

    /// If the app watches a serial port, it learns what waits there.
    pub(crate) fn announce_bytes(&mut self, name: &str) {
        let length = self.received.get(name).map_or(0, VecDeque::len) as u32;
        if let Some(id) = self.ports.get(name).filter(|_| length > 0) {
            self.events.push_back(Event::Uart(DataReceived { id: *id, length }));
        }
    }

    /// Delivers a message to the app.
    pub(crate) fn receive(&mut self, sender: Peer, data: Vec<u8>) {
        self.inbox.push_back(Received { data, sender });
        self.events.push_back(Event::Message(self.inbox.len() as u32));
    }

    /// Moves on to the next time before the end at which a timer expires. Returns whether there is one.
    pub(crate) fn expire_next(&mut self, end: u64) -> bool {
        let next = self.timers.iter().filter(|(_, timer)| timer.at <= end).min_by_key(|(_, timer)| timer.at);
        let Some(id) = next.map(|(id, _)| *id) else { return false };
        if let Some(timer) = self.timers.remove(&id) {
            self.micros = self.micros.max(timer.at);
            if let Some(period) = timer.period {
                self.timers.insert(id, Timer { at: timer.at + period, period: Some(period) });
            }
        }
        self.events.push_back(Event::Timer(TimerExpired { id, count: 1 }));
        true
    }

    /// Takes back what an app has when it goes. What it stored stays.
    pub(crate) fn app_ends(&mut self) {
        for name in self.outputs.keys().cloned().collect::<Vec<_>>() {
            self.set_output(&name, false);
        }
        self.timers.clear();
        self.watches.clear();
        self.ports.clear();
        self.received.clear();
        self.inbox.clear();
        self.events.clear();
        self.table = ResourceTable::new();
    }
}
