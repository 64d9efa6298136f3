use embedded_hal::i2c::I2c as _;
use wamr_guest::Result;
use wamr_guest::i2c::I2c;

/// Reads register 0 of the device with address 0x48. Drivers of crates.io do the same.
pub fn temperature() -> Result<i16> {
    let mut bus = I2c::open("i2c0")?;
    let mut bytes = [0; 2];
    bus.write_read(0x48, &[0], &mut bytes)?;
    Ok(i16::from_be_bytes(bytes))
}
