//! Drivers whose results the tests choose, and which note what they are asked for.

use std::cell::{Cell, RefCell};

use wamr_host::Error;
use wamr_host::adc::Inputs;
use wamr_host::crypto::{Keys, TAG};
use wamr_host::gpio::{Edge, Pins, Pull};
use wamr_host::i2c::{self, Buses};
use wamr_host::message::Client;
use wamr_host::net::{Address, Datagram, Network};
use wamr_host::pwm::Outputs;
use wamr_host::sensor::{Channel, Sensors};
use wamr_host::spi::{self, Devices};
use wamr_host::uart::Ports;
use wamr_proto::AppMessage;

thread_local! {
    static NOTES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// What the next call of a driver returns instead.
    pub static FAIL: Cell<Option<Error>> = const { Cell::new(None) };
    pub static FAIL_I2C: Cell<Option<i2c::TransferError>> = const { Cell::new(None) };
    pub static FAIL_SPI: Cell<Option<spi::TransferError>> = const { Cell::new(None) };
    /// What a port or a socket has received.
    pub static RECEIVED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Takes what the drivers were asked for since the last call.
pub fn notes() -> String {
    NOTES.take().join(", ")
}

fn note<T>(what: String, result: T) -> Result<T, Error> {
    NOTES.with_borrow_mut(|notes| notes.push(what));
    FAIL.take().map_or(Ok(result), Err)
}

/// Takes from [`RECEIVED`] as much as a buffer holds.
fn received(buffer: &mut [u8]) -> usize {
    RECEIVED.with_borrow_mut(|received| {
        let count = received.len().min(buffer.len());
        buffer[..count].copy_from_slice(&received[..count]);
        received.drain(..count);
        count
    })
}

/// The drivers of all groups.
pub struct Drivers;

impl Client for Drivers {
    fn send(&self, app: u8, message: &AppMessage) -> Result<(), Error> {
        note(format!("message of {app} {:?}", &message[..]), ())
    }
}

impl Pins for Drivers {
    fn names(&self) -> &[&str] {
        &["led0", "button0"]
    }

    fn input(&self, pin: u32, pull: Pull) -> Result<(), Error> {
        note(format!("input {pin} {pull:?}"), ())
    }

    fn output(&self, pin: u32, active: bool) -> Result<(), Error> {
        note(format!("output {pin} {active}"), ())
    }

    fn is_active(&self, pin: u32) -> Result<bool, Error> {
        note(format!("is {pin} active"), true)
    }

    fn set(&self, pin: u32, active: bool) -> Result<(), Error> {
        note(format!("set {pin} {active}"), ())
    }

    fn watch(&self, pin: u32, edge: Option<Edge>) -> Result<(), Error> {
        note(format!("watch {pin} {edge:?}"), ())
    }

    fn rearm(&self, pin: u32) {
        NOTES.with_borrow_mut(|notes| notes.push(format!("rearm {pin}")));
    }

    fn is_active_low(&self, pin: u32) -> bool {
        pin == 0
    }

    fn release(&self, pin: u32) {
        let failure = FAIL.take();
        let _ = note(format!("release {pin}"), ());
        FAIL.set(failure);
    }
}

impl Buses for Drivers {
    fn names(&self) -> &[&str] {
        &["i2c0", "sensor0"]
    }

    fn address(&self, bus: u32) -> Option<u16> {
        (bus == 1).then_some(0x76)
    }

    /// Reads the numbers from 1 on.
    fn transfer(
        &self,
        bus: u32,
        address: u16,
        operations: &mut [i2c::Operation<'_>],
    ) -> Result<(), i2c::TransferError> {
        let shown: Vec<_> = operations
            .iter_mut()
            .map(|operation| match operation {
                i2c::Operation::Read(buffer) => {
                    (1..).zip(buffer.iter_mut()).for_each(|(value, place)| *place = value as u8);
                    format!("read {}", buffer.len())
                }
                i2c::Operation::Write(bytes) => format!("write {bytes:?}"),
            })
            .collect();
        let _ = note(format!("{bus} {address:#x}: {}", shown.join(" ")), ());
        FAIL_I2C.take().map_or(Ok(()), Err)
    }
}

impl Devices for Drivers {
    fn names(&self) -> &[&str] {
        &["spi0", "spi1"]
    }

    /// Reads the numbers from 1 on, and the complement of what a transfer writes.
    fn transact(&self, device: u32, operations: &mut [spi::Operation<'_>]) -> Result<(), spi::TransferError> {
        let shown: Vec<_> = operations
            .iter_mut()
            .map(|operation| match operation {
                spi::Operation::Read(buffer) => {
                    (1..).zip(buffer.iter_mut()).for_each(|(value, place)| *place = value as u8);
                    format!("read {}", buffer.len())
                }
                spi::Operation::Write(bytes) => format!("write {bytes:?}"),
                spi::Operation::Transfer(bytes, buffer) => {
                    assert_eq!(bytes.len(), buffer.len());
                    bytes.iter().zip(buffer.iter_mut()).for_each(|(byte, place)| *place = !byte);
                    format!("transfer {bytes:?}")
                }
                spi::Operation::Delay(delay) => format!("delay {delay}"),
            })
            .collect();
        let _ = note(format!("{device}: {}", shown.join(" ")), ());
        FAIL_SPI.take().map_or(Ok(()), Err)
    }
}

impl Inputs for Drivers {
    fn names(&self) -> &[&str] {
        &["adc0", "adc1"]
    }

    fn read(&self, input: u32) -> Result<i32, Error> {
        note(format!("measure {input}"), -1_250_000)
    }
}

impl Outputs for Drivers {
    fn names(&self) -> &[&str] {
        &["pwm0", "pwm1"]
    }

    fn set(&self, output: u32, period: u32, pulse: u32) -> Result<(), Error> {
        note(format!("set {output} {pulse} of {period}"), ())
    }

    fn release(&self, output: u32) {
        let _ = note(format!("off {output}"), ());
    }
}

impl Sensors for Drivers {
    fn names(&self) -> &[&str] {
        &["thermometer", "other"]
    }

    fn read(&self, sensor: u32, channel: Channel) -> Result<i64, Error> {
        note(format!("measure {sensor} {}", channel.name()), -40_000_001)
    }

    fn watch(&self, sensor: u32, on: bool) -> Result<(), Error> {
        note(format!("watch {sensor} {on}"), ())
    }
}

impl Ports for Drivers {
    fn names(&self) -> &[&str] {
        &["uart0", "uart1"]
    }

    fn open(&self, port: u32) -> Result<(), Error> {
        note(format!("open {port}"), ())
    }

    fn read(&self, port: u32, buffer: &mut [u8]) -> Result<usize, Error> {
        note(format!("read {port} {}", buffer.len()), ())?;
        Ok(received(buffer))
    }

    fn waiting(&self, _: u32) -> u32 {
        RECEIVED.with_borrow(|received| received.len() as u32)
    }

    fn write(&self, port: u32, data: &[u8]) -> Result<usize, Error> {
        note(format!("write {port} {data:?}"), data.len().min(4))
    }

    fn close(&self, port: u32) {
        let _ = note(format!("close {port}"), ());
    }
}

impl Keys for Drivers {
    fn names(&self) -> &[&str] {
        &["key0", "key1"]
    }

    fn hmac_sha256(&self, key: u32, data: &[u8]) -> Result<[u8; 32], Error> {
        note(format!("hmac {key} {data:?}"), [0xa5; 32])
    }

    /// Inverts the text. The tag is constant.
    fn encrypt(&self, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error> {
        let (text, tag) = data.split_last_chunk_mut::<TAG>().unwrap();
        text.iter_mut().for_each(|byte| *byte = !*byte);
        tag.fill(0x77);
        note(format!("encrypt {key} {} {aad:?}", nonce[0]), ())
    }

    fn decrypt(&self, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error> {
        let (text, tag) = data.split_last_chunk_mut::<TAG>().unwrap();
        text.iter_mut().for_each(|byte| *byte = !*byte);
        note(format!("decrypt {key} {} {aad:?}", nonce[0]), ())?;
        if tag == &[0x77; TAG] { Ok(()) } else { Err(Error::Io) }
    }
}

impl Network for Drivers {
    fn look_up(&self, host: u32, name: &str) -> Result<(), Error> {
        note(format!("look up {host} {name}"), ())
    }

    fn address(&self, host: u32) -> Result<Address, Error> {
        note(format!("address {host}"), Address::new("192.0.2.1").unwrap())
    }

    fn forget(&self, host: u32) {
        let _ = note(format!("forget {host}"), ());
    }

    fn connect(&self, socket: u32, host: u32, port: u16) -> Result<(), Error> {
        note(format!("connect {socket} to {host}:{port}"), ())
    }

    fn send(&self, socket: u32, data: &[u8]) -> Result<usize, Error> {
        note(format!("send {socket} {data:?}"), data.len().min(4))
    }

    fn receive(&self, socket: u32, buffer: &mut [u8]) -> Result<usize, Error> {
        note(format!("receive {socket} {}", buffer.len()), ())?;
        Ok(received(buffer))
    }

    fn bind(&self, socket: u32, port: u16) -> Result<(), Error> {
        note(format!("bind {socket} to {port}"), ())
    }

    fn send_to(&self, socket: u32, host: u32, port: u16, data: &[u8]) -> Result<(), Error> {
        note(format!("send {socket} to {host}:{port} {} bytes", data.len()), ())
    }

    /// The whole of what was received is one datagram.
    fn receive_from(&self, socket: u32, buffer: &mut [u8]) -> Result<Option<Datagram>, Error> {
        note(format!("receive {socket} {}", buffer.len()), ())?;
        let length = RECEIVED.with_borrow(Vec::len);
        received(buffer);
        RECEIVED.take();
        let datagram = Datagram { length, address: Address::new("2001:db8::7").unwrap(), port: 5683 };
        Ok((length > 0).then_some(datagram))
    }

    fn close(&self, socket: u32) {
        let _ = note(format!("close {socket}"), ());
    }
}
