//! Blinks the LED `led0`: half a second on, half a second off.
#![no_std]
#![no_main]

use core::time::Duration;
use wamr_guest::gpio::OutputPin;
use wamr_guest::{App, Event, Result, timer};

const TICK: u32 = 0;

struct Blink {
    led: OutputPin,
}

#[wamr_guest::app]
impl App for Blink {
    fn start() -> Result<Self> {
        timer::start_periodic(TICK, Duration::from_millis(500))?;
        Ok(Self { led: OutputPin::open("led0", false)? })
    }

    fn on_event(&mut self, event: Event) -> Result {
        if let Event::Timer { id: TICK, .. } = event {
            self.led.toggle()?;
        }
        Ok(())
    }
}
