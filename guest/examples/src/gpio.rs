use wamr_guest::Result;
use wamr_guest::gpio::{Edge, InputPin, OutputPin, Pull};

const DOOR: u32 = 0;

/// The app keeps the pins: they are given back when they are dropped.
pub fn start() -> Result<(InputPin, OutputPin)> {
    let door = InputPin::open("door", Pull::Up)?;
    door.watch(Edge::Both, DOOR)?;
    let mut lamp = OutputPin::open("lamp", false)?;
    lamp.set(door.is_active()?)?;
    Ok((door, lamp))
}
