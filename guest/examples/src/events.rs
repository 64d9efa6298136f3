use wamr_guest::{Event, Result, log};

const TICK: u32 = 0;
const DOOR: u32 = 0;

pub fn on_event(event: Event) -> Result {
    match event {
        Event::Timer { id: TICK, .. } => log::info("tick"),
        Event::Pin { id: DOOR, active: true } => log::info("the door opens"),
        _ => {}
    }
    Ok(())
}
