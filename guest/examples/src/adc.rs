use wamr_guest::Result;
use wamr_guest::adc::Channel;

/// The voltage of a battery behind a divider by 2, in millivolts.
pub fn battery() -> Result<i32> {
    Ok(Channel::open("battery")?.read()? * 2 / 1000)
}
