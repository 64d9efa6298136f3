//! An EEPROM on an emulated bus: one byte of address, then data.

use wamr_proto::Value;

use crate::client::app;
use crate::passed;
use crate::probe::{BUSY, NOT_FOUND, Probe, Resource};

const EEPROM: i32 = 0x54;

/// `no-acknowledge` with the source `unknown` in `wasi:i2c`, as the bytes of a result.
const NOBODY: [u8; 3] = [1, 2, 2];
/// The address, which the device itself checks.
const REFUSED: [u8; 3] = [1, 2, 0];

pub fn run() {
    let probe = Probe::install(&app!("probe"));
    assert_eq!(probe.try_call("open-i2c", &[Resource::Eeprom as i32]), Ok(2));
    assert_eq!(probe.try_call("open-i2c", &[Resource::Bus as i32]), Ok(1));
    assert_eq!(probe.try_call("open-i2c", &[Resource::Bus as i32]), Err(BUSY));
    assert_eq!(probe.try_call("open-i2c", &[Resource::Nothing as i32]), Err(NOT_FOUND));

    // Five bytes from address 0x20, through the device; read through the bus.
    assert_eq!(write(probe, 2, EEPROM, &[0x20, 0xde, 0xad, 0xbe, 0xef, 0x42])[0], 0);
    assert_eq!(read(probe, 1, EEPROM, 0x20, 5), Ok([0xde, 0xad, 0xbe, 0xef, 0x42]));
    assert_eq!(read(probe, 2, EEPROM, 0x22, 2).map(|bytes| [bytes[0], bytes[1]]), Ok([0xbe, 0xef]));
    passed("an app writes to and reads from an I2C device");

    // No device has this address. Through the handle of a device, the bus is not used at all.
    assert_eq!(write(probe, 1, 0x11, &[1])[..3], NOBODY);
    assert_eq!(write(probe, 2, 0x11, &[1])[..3], REFUSED);
    assert_eq!(read(probe, 1, EEPROM, 0, 257), Err(4), "more than fits");
    probe.call("drop-i2c", &[2]);
    probe.traps("drop-i2c", &[2], "a handle is not open");
    assert_eq!(probe.try_call("open-i2c", &[Resource::Eeprom as i32]), Ok(2));

    let other = Probe::install(&app!("narrow"));
    assert_eq!(other.try_call("open-i2c", &[Resource::Eeprom as i32]), Ok(2), "devices are shared");
    other.traps("open-i2c", &[Resource::Bus as i32], "i2c:bus is not granted");
    other.traps("drop-i2c", &[1], "a handle is not open");
    other.remove();
    probe.remove();
    passed("an app reaches no I2C device that it has not opened or is not granted");
}

/// Returns the result's bytes.
fn write(probe: Probe, bus: i32, address: i32, bytes: &[u8]) -> [u8; 8] {
    let mut data = [0; 8];
    data[..bytes.len()].copy_from_slice(bytes);
    let data = Value::I64(i64::from_le_bytes(data));
    let args = [Value::I32(bus), Value::I32(address), data, Value::I32(bytes.len() as i32)];
    probe.call_with("i2c-write", args.into_iter()).to_le_bytes()
}

/// Reads from an address of the EEPROM, or returns the case of the error.
fn read(probe: Probe, bus: i32, address: i32, at: i32, length: i64) -> Result<[u8; 5], u8> {
    let args = [Value::I32(bus), Value::I32(address), Value::I32(at), Value::I64(length)];
    let [case, _, _, _, list @ ..] = probe.call_with("i2c-write-read", args.into_iter()).to_le_bytes();
    if case != 0 {
        return Err(list[0]);
    }
    assert_eq!(u32::from_le_bytes(list), 512, "where the app has memory for it");
    let length_at = probe.call("bytes", &[8]) as u32;
    assert_eq!(i64::from(length_at), length);
    let [bytes @ .., _, _, _] = probe.call("bytes", &[512]).to_le_bytes();
    Ok(bytes)
}
