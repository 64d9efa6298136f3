//! What the interfaces do on the board.

use crate::bindings::wamr::device::{
    adc, clock, crypto, events, file, gpio, i2c as devices, kv, log, message, pwm, rng, sensor, system, timer, types,
    uart,
};
use crate::bindings::wasi::i2c::i2c;
use crate::bindings::wasi::spi::spi;
use crate::bme280;
use crate::board::{Board, Name, Timer};
use types::Error;
use wasmtime::component::Resource;

impl Board {
    pub(crate) fn open(&mut self, name: String) -> Resource<Name> {
        self.table.push(Name(name)).expect("there is space")
    }

    pub(crate) fn name(&self, handle: &Resource<Name>) -> String {
        self.table.get(handle).expect("Wasmtime has checked the handle").0.clone()
    }

    pub(crate) fn close(&mut self, handle: Resource<Name>) -> wasmtime::Result<String> {
        Ok(self.table.delete(handle)?.0)
    }
}

impl types::Host for Board {}
impl events::Host for Board {}

impl log::Host for Board {
    fn log(&mut self, level: log::Level, message: String) {
        let level = match level {
            log::Level::Error => "error: ",
            log::Level::Warn => "warn: ",
            log::Level::Info => "",
            log::Level::Debug => "debug: ",
            log::Level::Trace => "trace: ",
        };
        self.note(format!("log {level}{message}"));
    }
}

impl clock::Host for Board {
    fn now(&mut self) -> u64 {
        self.micros += 50;
        self.micros
    }

    fn unix_time(&mut self) -> Option<u64> {
        Some(1_780_000_000 + self.micros / 1_000_000)
    }
}

impl timer::Host for Board {
    fn start(&mut self, id: u32, delay_ms: u32) -> Result<(), Error> {
        let at = self.micros + u64::from(delay_ms) * 1000;
        self.timers.insert(id, Timer { at, period: None });
        Ok(())
    }

    fn start_periodic(&mut self, id: u32, period_ms: u32) -> Result<(), Error> {
        let period = u64::from(period_ms) * 1000;
        if period == 0 {
            return Err(Error::InvalidArgument);
        }
        self.timers.insert(id, Timer { at: self.micros + period, period: Some(period) });
        Ok(())
    }

    fn cancel(&mut self, id: u32) -> bool {
        self.timers.remove(&id).is_some()
    }
}

impl gpio::Host for Board {
    fn open_input(&mut self, name: String, pull: gpio::Pull) -> Result<Resource<Name>, Error> {
        if name == "nowhere" {
            return Err(Error::NotFound);
        }
        if pull == gpio::Pull::Down {
            return Err(Error::NotSupported);
        }
        Ok(self.open(name))
    }

    fn open_output(&mut self, name: String, active: bool) -> Result<Resource<Name>, Error> {
        self.set_output(&name, active);
        Ok(self.open(name))
    }

    fn open_digital_in(&mut self, name: String, pull: gpio::Pull) -> Result<Resource<Name>, Error> {
        self.open_input(name, pull)
    }

    fn open_digital_out(&mut self, name: String, active: bool) -> Result<Resource<Name>, Error> {
        self.open_output(name, active)
    }
}

impl gpio::HostInputPin for Board {
    fn is_active(&mut self, pin: Resource<Name>) -> Result<bool, Error> {
        Ok(self.inputs.get(&self.name(&pin)).copied().unwrap_or(false))
    }

    fn watch(&mut self, pin: Resource<Name>, edge: gpio::Edge, id: u32) -> Result<(), Error> {
        let name = self.name(&pin);
        self.watches.insert(name, (edge, id));
        Ok(())
    }

    fn unwatch(&mut self, pin: Resource<Name>) {
        let name = self.name(&pin);
        self.watches.remove(&name);
    }

    fn drop(&mut self, pin: Resource<Name>) -> wasmtime::Result<()> {
        let name = self.close(pin)?;
        self.watches.remove(&name);
        Ok(())
    }
}

impl gpio::HostOutputPin for Board {
    fn set(&mut self, pin: Resource<Name>, active: bool) -> Result<(), Error> {
        let name = self.name(&pin);
        self.set_output(&name, active);
        Ok(())
    }

    fn is_set_active(&mut self, pin: Resource<Name>) -> bool {
        self.outputs.get(&self.name(&pin)).copied().unwrap_or(false)
    }

    fn drop(&mut self, pin: Resource<Name>) -> wasmtime::Result<()> {
        let name = self.close(pin)?;
        self.set_output(&name, false);
        Ok(())
    }
}

/// The addresses of the sensors.
const BME280: u16 = 0x76;
const LM75: u16 = 0x48;

impl Board {
    /// The registers of the sensors. Those of other devices contain their own numbers. Address 0x10 does not answer.
    fn registers(&self, address: u16, register: u8, length: u64) -> Result<Vec<u8>, i2c::ErrorCode> {
        let read = |register| match address {
            BME280 => bme280::register(register),
            LM75 => self.lm75.to_be_bytes()[usize::from(register % 2)],
            _ => register,
        };
        match address {
            0x10 => Err(i2c::ErrorCode::NoAcknowledge(i2c::NoAcknowledgeSource::Address)),
            _ => Ok((0..length).map(|offset| read(register.wrapping_add(offset as u8))).collect()),
        }
    }
}

impl devices::Host for Board {
    fn open(&mut self, name: String) -> Result<Resource<Name>, Error> {
        if name == "nowhere" { Err(Error::NotFound) } else { Ok(Board::open(self, name)) }
    }
}

impl i2c::Host for Board {}

impl i2c::HostI2c for Board {
    fn transaction(
        &mut self,
        _: Resource<Name>,
        address: u16,
        operations: Vec<i2c::Operation>,
    ) -> Result<Vec<Vec<u8>>, i2c::ErrorCode> {
        let mut results = Vec::new();
        let mut register = 0;
        for operation in operations {
            match operation {
                i2c::Operation::Write(data) => {
                    self.note(format!("i2c {address:#04x} write {data:02x?}"));
                    register = data.first().copied().unwrap_or(register);
                }
                i2c::Operation::Read(length) => {
                    self.note(format!("i2c {address:#04x} read {length}"));
                    results.push(self.registers(address, register, length)?);
                }
            }
        }
        Ok(results)
    }

    fn read(&mut self, _: Resource<Name>, address: u16, length: u64) -> Result<Vec<u8>, i2c::ErrorCode> {
        self.registers(address, 0, length)
    }

    fn write(&mut self, _: Resource<Name>, address: u16, data: Vec<u8>) -> Result<(), i2c::ErrorCode> {
        match address {
            0x10 => Err(i2c::ErrorCode::NoAcknowledge(i2c::NoAcknowledgeSource::Data)),
            0x11 => Err(i2c::ErrorCode::ArbitrationLoss),
            BME280 => Ok(()),
            _ => {
                self.note(format!("i2c {address:#04x} write {data:02x?}"));
                Ok(())
            }
        }
    }

    fn write_read(
        &mut self,
        _: Resource<Name>,
        address: u16,
        write: Vec<u8>,
        length: u64,
    ) -> Result<Vec<u8>, i2c::ErrorCode> {
        self.registers(address, write.first().copied().unwrap_or(0), length)
    }

    fn drop(&mut self, bus: Resource<Name>) -> wasmtime::Result<()> {
        self.close(bus).map(drop)
    }
}

impl spi::Host for Board {
    fn open(&mut self, name: String) -> Result<Resource<Name>, spi::Error> {
        if name == "nowhere" { Err(spi::Error::Other(String::new())) } else { Ok(Board::open(self, name)) }
    }
}

/// The device returns the complement of each byte that it receives, and 0x55 for each byte that it only sends.
fn complement(data: &[u8]) -> Vec<u8> {
    data.iter().map(|byte| !byte).collect()
}

impl spi::HostSpiDevice for Board {
    fn read(&mut self, _: Resource<Name>, length: u64) -> Result<Vec<u8>, spi::Error> {
        Ok(vec![0x55; length as usize])
    }

    fn write(&mut self, _: Resource<Name>, data: Vec<u8>) -> Result<spi::Error, ()> {
        self.note(format!("spi write {data:02x?}"));
        // The value means nothing: see the WIT file.
        Ok(spi::Error::Overrun)
    }

    fn transfer(&mut self, _: Resource<Name>, data: Vec<u8>) -> Result<Vec<u8>, spi::Error> {
        if data == [0xff] { Err(spi::Error::ModeFault) } else { Ok(complement(&data)) }
    }

    fn transaction(
        &mut self,
        _: Resource<Name>,
        operations: Vec<spi::Operation>,
    ) -> Result<Vec<spi::OperationResult>, spi::Error> {
        use spi::{Operation, OperationResult as Done};
        let mut done = Vec::new();
        for operation in operations {
            done.push(match operation {
                Operation::Read(length) => Done::Read(vec![0x55; length as usize]),
                Operation::Write(data) => {
                    self.note(format!("spi write {data:02x?}"));
                    Done::Write
                }
                Operation::Transfer(data) => {
                    self.note(format!("spi transfer {data:02x?}"));
                    Done::Transfer(complement(&data))
                }
                Operation::DelayNs(delay) => {
                    self.note(format!("spi delay {delay}"));
                    Done::Delay
                }
            });
        }
        Ok(done)
    }

    fn drop(&mut self, device: Resource<Name>) -> wasmtime::Result<()> {
        self.close(device).map(drop)
    }
}

impl adc::Host for Board {
    fn open(&mut self, name: String) -> Result<Resource<Name>, Error> {
        Ok(Board::open(self, name))
    }
}

impl adc::HostChannel for Board {
    fn read(&mut self, channel: Resource<Name>) -> Result<i32, Error> {
        if self.name(&channel) == "broken" { Err(Error::Io) } else { Ok(-1_250_000) }
    }

    fn drop(&mut self, channel: Resource<Name>) -> wasmtime::Result<()> {
        self.close(channel).map(drop)
    }
}

impl pwm::Host for Board {
    fn open(&mut self, name: String) -> Result<Resource<Name>, Error> {
        Ok(Board::open(self, name))
    }
}

impl pwm::HostChannel for Board {
    fn set(&mut self, channel: Resource<Name>, period: u32, pulse: u32) -> Result<(), Error> {
        if pulse > period {
            return Err(Error::InvalidArgument);
        }
        let name = self.name(&channel);
        self.note(format!("pwm {name} {pulse} of {period} ns"));
        Ok(())
    }

    fn drop(&mut self, channel: Resource<Name>) -> wasmtime::Result<()> {
        self.close(channel).map(drop)
    }
}

impl sensor::Host for Board {
    fn open(&mut self, name: String) -> Result<Resource<Name>, Error> {
        if self.sensors.keys().any(|(sensor, _)| *sensor == name) {
            Ok(Board::open(self, name))
        } else {
            Err(Error::NotFound)
        }
    }
}

impl sensor::HostSensor for Board {
    fn read(&mut self, sensor: Resource<Name>, channel: String) -> Result<i64, Error> {
        let value = self.sensors.get(&(self.name(&sensor), channel)).ok_or(Error::NotSupported)?;
        value.ok_or(Error::Io)
    }

    fn watch(&mut self, _: Resource<Name>, id: u32) -> Result<(), Error> {
        self.note(format!("sensor watch {id}"));
        Ok(())
    }

    fn unwatch(&mut self, _: Resource<Name>) {
        self.note("sensor unwatch");
    }

    fn drop(&mut self, sensor: Resource<Name>) -> wasmtime::Result<()> {
        self.close(sensor).map(drop)
    }
}

impl uart::Host for Board {
    fn open(&mut self, name: String) -> Result<Resource<Name>, Error> {
        Ok(Board::open(self, name))
    }
}

impl uart::HostPort for Board {
    fn read(&mut self, port: Resource<Name>, length: u32) -> Result<Vec<u8>, Error> {
        let name = self.name(&port);
        if name == "late" {
            return Err(Error::NoSpace);
        }
        let received = self.received.entry(name).or_default();
        let length = received.len().min(length as usize);
        Ok(received.drain(..length).collect())
    }

    /// A port accepts eight bytes at once.
    fn write(&mut self, port: Resource<Name>, mut data: Vec<u8>) -> Result<u32, Error> {
        data.truncate(8);
        let bytes: String = data.iter().map(|byte| format!(" {byte:02x}")).collect();
        let name = self.name(&port);
        self.note(format!("uart {name}{bytes}"));
        Ok(data.len() as u32)
    }

    fn watch(&mut self, port: Resource<Name>, id: u32) {
        let name = self.name(&port);
        self.ports.insert(name.clone(), id);
        self.announce_bytes(&name);
    }

    fn unwatch(&mut self, port: Resource<Name>) {
        let name = self.name(&port);
        self.ports.remove(&name);
    }

    fn drop(&mut self, port: Resource<Name>) -> wasmtime::Result<()> {
        let name = self.close(port)?;
        self.ports.remove(&name);
        self.received.remove(&name);
        Ok(())
    }
}

impl kv::Host for Board {
    fn get(&mut self, key: String, max_len: u32) -> Result<Vec<u8>, Error> {
        let value = self.values.get(&key).ok_or(Error::NotFound)?;
        if value.len() > max_len as usize { Err(Error::NoSpace) } else { Ok(value.clone()) }
    }

    fn set(&mut self, key: String, value: Vec<u8>) -> Result<(), Error> {
        if key.is_empty() {
            return Err(Error::InvalidArgument);
        }
        self.values.insert(key, value);
        Ok(())
    }

    fn delete(&mut self, key: String) -> Result<(), Error> {
        self.values.remove(&key).map(drop).ok_or(Error::NotFound)
    }
}

impl file::Host for Board {
    fn open(&mut self, name: String, mode: file::Mode) -> Result<Resource<Name>, Error> {
        match mode {
            _ if name.is_empty() => return Err(Error::InvalidArgument),
            file::Mode::Read if !self.files.contains_key(&name) => return Err(Error::NotFound),
            file::Mode::Read => {}
            file::Mode::Update => _ = self.files.entry(name.clone()).or_default(),
            file::Mode::Replace => _ = self.files.insert(name.clone(), Vec::new()),
        }
        Ok(Board::open(self, name))
    }

    fn entry_at(&mut self, number: u32) -> Result<Option<file::Entry>, Error> {
        let found = self.files.iter().nth(number as usize);
        Ok(found.map(|(name, content)| file::Entry { name: name.clone(), size: content.len() as u32 }))
    }

    fn remove(&mut self, name: String) -> Result<(), Error> {
        self.files.remove(&name).map(drop).ok_or(Error::NotFound)
    }

    fn rename(&mut self, name: String, new_name: String) -> Result<(), Error> {
        let content = self.files.remove(&name).ok_or(Error::NotFound)?;
        self.files.insert(new_name, content);
        Ok(())
    }
}

impl Board {
    fn content(&mut self, file: &Resource<Name>) -> &mut Vec<u8> {
        let name = self.name(file);
        self.files.get_mut(&name).expect("an open file exists")
    }
}

impl file::HostFile for Board {
    fn read(&mut self, file: Resource<Name>, offset: u32, len: u32) -> Result<Vec<u8>, Error> {
        Ok(self.content(&file).iter().copied().skip(offset as usize).take(len as usize).collect())
    }

    fn write(&mut self, file: Resource<Name>, offset: u32, data: Vec<u8>) -> Result<(), Error> {
        let (content, end) = (self.content(&file), offset as usize + data.len());
        content.resize(content.len().max(end), 0);
        content[offset as usize..end].copy_from_slice(&data);
        Ok(())
    }

    fn append(&mut self, file: Resource<Name>, data: Vec<u8>) -> Result<(), Error> {
        self.content(&file).extend(data);
        Ok(())
    }

    fn size(&mut self, file: Resource<Name>) -> u32 {
        self.content(&file).len() as u32
    }

    fn sync(&mut self, file: Resource<Name>) -> Result<(), Error> {
        let name = self.name(&file);
        // It has failed, as the flash of a device does.
        if name == "broken" { Err(Error::Io) } else { Ok(()) }
    }

    fn drop(&mut self, file: Resource<Name>) -> wasmtime::Result<()> {
        self.close(file).map(drop)
    }
}

impl message::Host for Board {
    fn send(&mut self, to: message::Peer, data: Vec<u8>) -> Result<(), Error> {
        let text = String::from_utf8_lossy(&data);
        match to {
            message::Peer::Client if self.client_gone => return Err(Error::NotFound),
            message::Peer::Client => self.note(format!("message {text}")),
            message::Peer::App(name) => self.note(format!("message to {name} {text}")),
        }
        Ok(())
    }

    fn receive(&mut self, max_len: u32) -> Result<Option<message::Received>, Error> {
        match self.inbox.pop_front() {
            Some(received) if received.data.len() > max_len as usize => Err(Error::NoSpace),
            received => Ok(received),
        }
    }
}

impl rng::Host for Board {
    fn bytes(&mut self, length: u32) -> Vec<u8> {
        (0..length).map(|byte| byte as u8 ^ 0xa5).collect()
    }

    fn number(&mut self) -> u64 {
        0x0123_4567_89ab_cdef
    }
}

impl Board {
    /// Stands for an operation on a key: shows what it was called with.
    fn keyed(&mut self, operation: &str, key: &str, arguments: &[&[u8]]) -> Result<(), Error> {
        self.note(format!("{operation} {key} {arguments:02x?}"));
        if key == "none" { Err(Error::NotFound) } else { Ok(()) }
    }
}

impl crypto::Host for Board {
    fn sha256(&mut self, data: Vec<u8>) -> Vec<u8> {
        vec![data.len() as u8; 32]
    }

    fn hmac_sha256(&mut self, key: String, data: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.keyed("hmac", &key, &[&data])?;
        Ok((0..32).collect())
    }

    fn aes_gcm_encrypt(
        &mut self,
        key: String,
        nonce: Vec<u8>,
        aad: Vec<u8>,
        plaintext: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        self.keyed("encrypt", &key, &[&nonce, &aad, &plaintext])?;
        Ok([&plaintext[..], &[0xee; 16]].concat())
    }

    fn aes_gcm_decrypt(
        &mut self,
        key: String,
        nonce: Vec<u8>,
        aad: Vec<u8>,
        ciphertext: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        self.keyed("decrypt", &key, &[&nonce, &aad, &ciphertext])?;
        let (plaintext, tag) = ciphertext.split_last_chunk::<16>().ok_or(Error::Io)?;
        if *tag == [0xee; 16] { Ok(plaintext.into()) } else { Err(Error::Io) }
    }

    fn ed25519_verify(&mut self, public_key: Vec<u8>, data: Vec<u8>, signature: Vec<u8>) -> bool {
        public_key == [1; 32] && data == b"data" && signature == [2; 64]
    }
}

impl system::Host for Board {
    fn name(&mut self) -> String {
        "a device in München".into()
    }

    fn last_reset(&mut self) -> system::ResetReason {
        system::ResetReason::WakeUp
    }

    fn battery(&mut self) -> Option<u8> {
        Some(87)
    }

    fn confirm(&mut self) {
        self.note("confirm");
    }
}
