use wamr_guest::Result;
use wamr_guest::sensor::Sensor;

/// Whether it freezes. Values are in millionths.
pub fn freezes() -> Result<bool> {
    Ok(Sensor::open("thermometer")?.read("ambient-temp")? < 0)
}
