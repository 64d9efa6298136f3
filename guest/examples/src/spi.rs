use embedded_hal::spi::{Operation, SpiDevice as _};
use wamr_guest::Result;
use wamr_guest::spi::SpiDevice;

/// Reads the identification of a flash chip.
pub fn identify() -> Result<[u8; 3]> {
    let mut flash = SpiDevice::open("flash")?;
    let mut id = [0; 3];
    flash.transaction(&mut [Operation::Write(&[0x9f]), Operation::Read(&mut id)])?;
    Ok(id)
}
