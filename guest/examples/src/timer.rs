use core::time::Duration;
use wamr_guest::{Result, timer};

const TICK: u32 = 0;
const TIMEOUT: u32 = 1;

pub fn start() -> Result {
    timer::start_periodic(TICK, Duration::from_secs(1))?;
    timer::start(TIMEOUT, Duration::from_secs(30))
}
