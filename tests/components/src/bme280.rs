//! A BME280 sensor: its registers with calibration and measurements.
//!
//! Temperature and pressure are those of the example in Bosch's data sheet BST-BMP280-DS001, section 3.12.

/// Returns a register.
pub fn register(address: u8) -> u8 {
    // The calibration words from register 0x88 on, little-endian.
    const WORDS: [u16; 12] = [
        27504,
        26435,
        -1000i16 as u16,
        36477,
        -10685i16 as u16,
        3024,
        2855,
        140,
        -7i16 as u16,
        15500,
        -14600i16 as u16,
        6000,
    ];
    // Pressure and temperature have 20 bits, left-aligned in 24. Humidity has 16.
    const PRESSURE: u32 = 415_148 << 4;
    const TEMPERATURE: u32 = 519_888 << 4;
    const HUMIDITY: u16 = 27_500;
    let of = |value: u32, byte: u8| value.to_be_bytes()[1 + usize::from(byte)];
    match address {
        0x88..=0x9f => WORDS[usize::from(address - 0x88) / 2].to_le_bytes()[usize::from(address % 2)],
        // Humidity: H1, then H2 to H6.
        0xa1 => 75,
        0xe1 => 0x6a,
        0xe2 => 0x01,
        0xe3 => 0,
        0xe4 => 0x13,
        0xe5 => 0x2a,
        0xe6 => 0x03,
        0xe7 => 30,
        0xd0 => 0x60,
        0xf7..=0xf9 => of(PRESSURE, address - 0xf7),
        0xfa..=0xfc => of(TEMPERATURE, address - 0xfa),
        0xfd..=0xfe => HUMIDITY.to_be_bytes()[usize::from(address - 0xfd)],
        _ => 0,
    }
}
