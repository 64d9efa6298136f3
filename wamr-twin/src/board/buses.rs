//! Devices with registers on the I2C and SPI buses of a board.

use super::description::Registers;
use super::{Names, lock};
use std::sync::Mutex;
use wamr_host::i2c::{self, Buses, NoAcknowledge};
use wamr_host::spi::{self, Devices};

/// The I2C buses, and behind them the devices on them.
pub struct BoardBuses {
    names: Names,
    /// How many of the names are those of buses.
    buses: u32,
    devices: Mutex<Vec<I2cState>>,
}

pub struct I2cState {
    pub bus: u32,
    pub address: u16,
    pub registers: Registers,
    /// The register that is read next.
    pub next: u8,
}

impl BoardBuses {
    pub fn new(names: Names, buses: u32, devices: Vec<I2cState>) -> Self {
        Self { names, buses, devices: Mutex::new(devices) }
    }

    /// Whether a name is that of a device, not of a bus.
    pub fn is_device(&self, number: u32) -> bool {
        number >= self.buses
    }

    /// Sets a register of a device.
    pub fn poke(&self, device: u32, register: u8, value: u8) {
        lock(&self.devices)[(device - self.buses) as usize].registers.0[usize::from(register)] = value;
    }
}

impl Buses for BoardBuses {
    fn names(&self) -> &[&str] {
        self.names
    }

    fn address(&self, bus: u32) -> Option<u16> {
        Some(lock(&self.devices)[bus.checked_sub(self.buses)? as usize].address)
    }

    fn transfer(
        &self,
        bus: u32,
        address: u16,
        operations: &mut [i2c::Operation<'_>],
    ) -> Result<(), i2c::TransferError> {
        let mut devices = lock(&self.devices);
        let mut devices = devices.iter_mut().zip(self.buses..);
        // A device by its own name, or one on the bus.
        let device = devices
            .find(|(device, number)| device.address == address && (*number == bus || device.bus == bus))
            .map(|(device, _)| device)
            .ok_or(i2c::TransferError::NoAcknowledge(NoAcknowledge::Address))?;
        for operation in operations {
            match operation {
                i2c::Operation::Read(buffer) => {
                    for place in buffer.iter_mut() {
                        *place = device.registers.0[usize::from(device.next)];
                        device.next = device.next.wrapping_add(1);
                    }
                }
                i2c::Operation::Write(bytes) => {
                    let Some((register, values)) = bytes.split_first() else { continue };
                    device.next = *register;
                    for value in values {
                        device.registers.0[usize::from(device.next)] = *value;
                        device.next = device.next.wrapping_add(1);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The devices on SPI.
pub struct BoardSpi {
    names: Names,
    devices: Mutex<Vec<SpiState>>,
}

/// A device on SPI.
pub enum SpiState {
    Loopback,
    Registers(Registers),
}

impl BoardSpi {
    pub fn new(names: Names, devices: Vec<SpiState>) -> Self {
        Self { names, devices: Mutex::new(devices) }
    }

    /// Whether a device has a register.
    pub fn has(&self, device: u32, register: u8) -> bool {
        matches!(lock(&self.devices)[device as usize], SpiState::Registers(_)) && register < READ
    }

    /// Sets a register of a device that has it.
    pub fn poke(&self, device: u32, register: u8, value: u8) {
        if let SpiState::Registers(registers) = &mut lock(&self.devices)[device as usize] {
            registers.0[usize::from(register)] = value;
        }
    }
}

/// The bit in the number of a register that requests to read.
const READ: u8 = 0x80;

impl SpiState {
    /// Exchanges one byte. `selected` is the register of the next byte, and whether it is read. `None` before the first byte.
    fn exchange(&mut self, selected: &mut Option<(u8, bool)>, sent: u8) -> u8 {
        let Self::Registers(registers) = self else { return sent };
        let Some((register, reads)) = *selected else {
            *selected = Some((sent & !READ, sent & READ != 0));
            return 0;
        };
        *selected = Some((register.wrapping_add(1) & !READ, reads));
        let place = &mut registers.0[usize::from(register)];
        if reads {
            return *place;
        }
        *place = sent;
        0
    }
}

impl Devices for BoardSpi {
    fn names(&self) -> &[&str] {
        self.names
    }

    fn transact(&self, device: u32, operations: &mut [spi::Operation<'_>]) -> Result<(), spi::TransferError> {
        let mut devices = lock(&self.devices);
        let device = &mut devices[device as usize];
        let mut selected = None;
        for operation in operations {
            match operation {
                spi::Operation::Read(buffer) => {
                    buffer.iter_mut().for_each(|place| *place = device.exchange(&mut selected, 0));
                }
                spi::Operation::Write(bytes) => {
                    bytes.iter().for_each(|byte| _ = device.exchange(&mut selected, *byte));
                }
                spi::Operation::Transfer(bytes, buffer) => {
                    let pairs = bytes.iter().zip(buffer.iter_mut());
                    pairs.for_each(|(byte, place)| *place = device.exchange(&mut selected, *byte));
                }
                // Time does not matter to a device that only exists in memory.
                spi::Operation::Delay(_) => {}
            }
        }
        Ok(())
    }
}
