//! Sends the client a message for each press of the button `button0`: how often it was pressed since the app started.
#![no_std]
#![no_main]

use core::fmt::Write;
use core::time::Duration;
use wamr_guest::gpio::{Edge, InputPin, Pull};
use wamr_guest::message::Peer;
use wamr_guest::text::Line;
use wamr_guest::{App, Error, Event, Result, message, timer};

const CHANGED: u32 = 0;
const SETTLED: u32 = 0;

/// A button's contacts bounce for some milliseconds.
const BOUNCE: Duration = Duration::from_millis(20);

struct Button {
    pin: InputPin,
    pressed: bool,
    presses: u32,
}

#[wamr_guest::app]
impl App for Button {
    fn start() -> Result<Self> {
        let pin = InputPin::open("button0", Pull::Up)?;
        pin.watch(Edge::Both, CHANGED)?;
        Ok(Self { pressed: pin.is_active()?, pin, presses: 0 })
    }

    fn on_event(&mut self, event: Event) -> Result {
        match event {
            // Each bounce starts the timer again.
            Event::Pin { id: CHANGED, .. } => timer::start(SETTLED, BOUNCE),
            Event::Timer { id: SETTLED, .. } => self.settled(),
            _ => Ok(()),
        }
    }
}

impl Button {
    fn settled(&mut self) -> Result {
        let pressed = self.pin.is_active()?;
        if pressed && !self.pressed {
            self.presses = self.presses.wrapping_add(1);
            let mut text = Line::<10>::new();
            // A number of 32 bits has at most 10 digits.
            let _ = write!(text, "{}", self.presses);
            match message::send(Peer::Client, text.as_bytes()) {
                // No client, or one that is slow: the next message has the new count.
                Err(Error::NotFound | Error::NoSpace) => {}
                sent => sent?,
            }
        }
        self.pressed = pressed;
        Ok(())
    }
}
