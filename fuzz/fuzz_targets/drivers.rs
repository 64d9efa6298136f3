//! Drivers that check what the host groups ask them for, and fail when the input wants.

use std::cell::{Cell, RefCell};

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use wamr_device::sim::SimFlash;
use wamr_host::Error;
use wamr_host::adc::Inputs;
use wamr_host::crypto::{Keys, TAG};
use wamr_host::gpio::{Edge, Pins, Pull};
use wamr_host::i2c::{self, Buses, NoAcknowledge};
use wamr_host::message::Client;
use wamr_host::net::{Address, Datagram, Network};
use wamr_host::pwm::Outputs;
use wamr_host::sensor::{Channel, Sensors};
use wamr_host::spi::{self, Devices};
use wamr_host::uart::Ports;
use wamr_proto::AppMessage;

/// Resources of each kind.
pub const COUNT: usize = 2;

/// What a pin is used for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PinUse {
    Idle,
    Input,
    Output,
}

thread_local! {
    static PINS: RefCell<[PinUse; COUNT]> = const { RefCell::new([PinUse::Idle; COUNT]) };
    static OUTPUTS_ON: RefCell<[bool; COUNT]> = const { RefCell::new([false; COUNT]) };
    static PORTS_OPEN: RefCell<[bool; COUNT]> = const { RefCell::new([false; COUNT]) };
    static HOSTS_USED: RefCell<[bool; COUNT]> = const { RefCell::new([false; COUNT]) };
    static SOCKETS_OPEN: RefCell<[bool; COUNT]> = const { RefCell::new([false; COUNT]) };
    static SENSORS_WATCHED: RefCell<[bool; COUNT]> = const { RefCell::new([false; COUNT]) };
    /// Bytes that wait in each port and each socket.
    pub static WAITING: Cell<u32> = const { Cell::new(0) };
    /// One bit for each of the next calls of drivers: whether it fails.
    pub static FAILURES: Cell<u8> = const { Cell::new(0) };
}

/// Checks that nothing is in use, as no app is loaded.
pub fn assert_idle() {
    assert!(PINS.with_borrow(|pins| pins.iter().all(|pin| *pin == PinUse::Idle)), "a pin is in use");
    assert!(OUTPUTS_ON.with_borrow(|on| !on.contains(&true)), "an output is on");
    assert!(PORTS_OPEN.with_borrow(|open| !open.contains(&true)), "a port is open");
    assert!(HOSTS_USED.with_borrow(|used| !used.contains(&true)), "a host is in use");
    assert!(SOCKETS_OPEN.with_borrow(|open| !open.contains(&true)), "a socket is open");
    assert!(SENSORS_WATCHED.with_borrow(|watched| !watched.contains(&true)), "a sensor is watched");
}

fn fails() -> bool {
    let failures = FAILURES.get();
    FAILURES.set(failures >> 1);
    failures & 1 != 0
}

/// The result, unless this call of a driver is to fail.
pub fn or_io<T>(result: T) -> Result<T, Error> {
    if fails() { Err(Error::Io) } else { Ok(result) }
}

/// Receives what waits, as much as a buffer holds.
fn received(buffer: &mut [u8]) -> usize {
    let count = buffer.len().min(WAITING.get() as usize);
    WAITING.set(WAITING.get() - count as u32);
    buffer[..count].fill(0x5a);
    count
}

fn assert_used(host: u32) {
    HOSTS_USED.with_borrow(|used| assert!(used[host as usize]));
}

fn assert_open(socket: u32) {
    SOCKETS_OPEN.with_borrow(|open| assert!(open[socket as usize]));
}

/// Opens a socket, if that does not fail.
fn open(socket: u32) -> Result<(), Error> {
    SOCKETS_OPEN.with_borrow_mut(|open| {
        assert!(!open[socket as usize]);
        or_io(()).inspect(|()| open[socket as usize] = true)
    })
}

/// Flash that refuses what real flash cannot do, and fails when the input wants.
pub struct Flash(pub SimFlash);

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

/// The result of an operation that was right. The simulation refuses those that are not.
fn or_broken(done: Result<(), NorFlashErrorKind>) -> Result<(), NorFlashErrorKind> {
    done.expect("the operation is possible");
    or_io(()).map_err(|_| NorFlashErrorKind::Other)
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = SimFlash::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        or_broken(self.0.read(offset, bytes))
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = SimFlash::WRITE_SIZE;
    const ERASE_SIZE: usize = SimFlash::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        or_broken(self.0.erase(from, to))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        or_broken(self.0.write(offset, bytes))
    }
}

/// The drivers of all groups.
pub struct Drivers;

impl Client for Drivers {
    fn send(&self, app: u8, message: &AppMessage) -> Result<(), Error> {
        assert!(app < 2 && message.len() <= AppMessage::MAX);
        or_io(())
    }
}

impl Network for Drivers {
    fn look_up(&self, host: u32, name: &str) -> Result<(), Error> {
        assert!(!name.is_empty() && name.len() <= 64);
        HOSTS_USED.with_borrow_mut(|used| {
            assert!(!used[host as usize]);
            or_io(()).inspect(|()| used[host as usize] = true)
        })
    }

    fn address(&self, host: u32) -> Result<Address, Error> {
        assert_used(host);
        or_io(Address::new("192.0.2.1").expect("is short"))
    }

    fn forget(&self, host: u32) {
        assert_used(host);
        HOSTS_USED.with_borrow_mut(|used| used[host as usize] = false);
    }

    fn connect(&self, socket: u32, host: u32, port: u16) -> Result<(), Error> {
        assert_used(host);
        assert!(port != 0);
        open(socket)
    }

    fn send(&self, socket: u32, data: &[u8]) -> Result<usize, Error> {
        assert_open(socket);
        or_io(data.len())
    }

    fn receive(&self, socket: u32, buffer: &mut [u8]) -> Result<usize, Error> {
        assert_open(socket);
        or_io(received(buffer))
    }

    fn bind(&self, socket: u32, _: u16) -> Result<(), Error> {
        open(socket)
    }

    fn send_to(&self, socket: u32, host: u32, port: u16, data: &[u8]) -> Result<(), Error> {
        assert_open(socket);
        assert_used(host);
        assert!(port != 0 && data.len() <= 512);
        or_io(())
    }

    fn receive_from(&self, socket: u32, buffer: &mut [u8]) -> Result<Option<Datagram>, Error> {
        assert_open(socket);
        let length = WAITING.get() as usize;
        received(buffer);
        let datagram = Datagram { length, address: Address::new("::1").expect("is short"), port: 7 };
        or_io((length > 0).then_some(datagram))
    }

    fn close(&self, socket: u32) {
        assert_open(socket);
        SOCKETS_OPEN.with_borrow_mut(|open| open[socket as usize] = false);
    }
}

impl Pins for Drivers {
    fn names(&self) -> &[&str] {
        &["button0", "led0"]
    }

    fn input(&self, pin: u32, _: Pull) -> Result<(), Error> {
        PINS.with_borrow_mut(|pins| {
            assert!(pins[pin as usize] == PinUse::Idle);
            or_io(()).inspect(|()| pins[pin as usize] = PinUse::Input)
        })
    }

    fn output(&self, pin: u32, _: bool) -> Result<(), Error> {
        PINS.with_borrow_mut(|pins| {
            assert!(pins[pin as usize] == PinUse::Idle);
            or_io(()).inspect(|()| pins[pin as usize] = PinUse::Output)
        })
    }

    fn is_active(&self, pin: u32) -> Result<bool, Error> {
        PINS.with_borrow(|pins| assert!(pins[pin as usize] == PinUse::Input));
        or_io(true)
    }

    fn set(&self, pin: u32, _: bool) -> Result<(), Error> {
        PINS.with_borrow(|pins| assert!(pins[pin as usize] == PinUse::Output));
        or_io(())
    }

    fn watch(&self, pin: u32, _: Option<Edge>) -> Result<(), Error> {
        PINS.with_borrow(|pins| assert!(pins[pin as usize] == PinUse::Input));
        or_io(())
    }

    fn release(&self, pin: u32) {
        PINS.with_borrow_mut(|pins| pins[pin as usize] = PinUse::Idle);
    }
}

impl Buses for Drivers {
    fn names(&self) -> &[&str] {
        &["i2c0", "sensor0"]
    }

    fn address(&self, bus: u32) -> Option<u16> {
        (bus == 1).then_some(0x76)
    }

    fn transfer(
        &self,
        bus: u32,
        address: u16,
        operations: &mut [i2c::Operation<'_>],
    ) -> Result<(), i2c::TransferError> {
        assert!(bus == 0 || address == 0x76);
        let mut read = 0;
        for operation in operations {
            if let i2c::Operation::Read(buffer) = operation {
                buffer.fill(0x5a);
                read += buffer.len();
            }
        }
        assert!(read <= i2c::READ_MAX);
        if fails() { Err(i2c::TransferError::NoAcknowledge(NoAcknowledge::Data)) } else { Ok(()) }
    }
}

impl Devices for Drivers {
    fn names(&self) -> &[&str] {
        &["spi0", "spi1"]
    }

    fn transact(&self, device: u32, operations: &mut [spi::Operation<'_>]) -> Result<(), spi::TransferError> {
        assert!((device as usize) < COUNT);
        let mut read = 0;
        for operation in operations {
            match operation {
                spi::Operation::Read(buffer) => {
                    buffer.fill(0x5a);
                    read += buffer.len();
                }
                spi::Operation::Transfer(bytes, buffer) => {
                    buffer.copy_from_slice(bytes);
                    read += buffer.len();
                }
                _ => {}
            }
        }
        assert!(read <= spi::READ_MAX);
        if fails() { Err(spi::TransferError::Other) } else { Ok(()) }
    }
}

impl Inputs for Drivers {
    fn names(&self) -> &[&str] {
        &["adc0", "adc1"]
    }

    fn read(&self, input: u32) -> Result<i32, Error> {
        assert!((input as usize) < COUNT);
        or_io(-1)
    }
}

impl Outputs for Drivers {
    fn names(&self) -> &[&str] {
        &["pwm0", "pwm1"]
    }

    fn set(&self, output: u32, period: u32, pulse: u32) -> Result<(), Error> {
        assert!(period > 0 && pulse <= period);
        OUTPUTS_ON.with_borrow_mut(|on| on[output as usize] = true);
        or_io(())
    }

    fn release(&self, output: u32) {
        OUTPUTS_ON.with_borrow_mut(|on| on[output as usize] = false);
    }
}

impl Sensors for Drivers {
    fn names(&self) -> &[&str] {
        &["thermometer", "other"]
    }

    fn read(&self, sensor: u32, channel: Channel) -> Result<i64, Error> {
        assert!((sensor as usize) < COUNT && !channel.name().is_empty());
        or_io(i64::MIN)
    }

    fn watch(&self, sensor: u32, on: bool) -> Result<(), Error> {
        let done = or_io(());
        // Nobody learns that the end of a watch failed, so it counts as one.
        if done.is_ok() || !on {
            SENSORS_WATCHED.with_borrow_mut(|watched| watched[sensor as usize] = on);
        }
        done
    }
}

impl Ports for Drivers {
    fn names(&self) -> &[&str] {
        &["uart0", "uart1"]
    }

    fn open(&self, port: u32) -> Result<(), Error> {
        PORTS_OPEN.with_borrow_mut(|open| {
            assert!(!open[port as usize]);
            or_io(()).inspect(|()| open[port as usize] = true)
        })
    }

    fn read(&self, port: u32, buffer: &mut [u8]) -> Result<usize, Error> {
        PORTS_OPEN.with_borrow(|open| assert!(open[port as usize]));
        or_io(received(buffer))
    }

    fn waiting(&self, port: u32) -> u32 {
        PORTS_OPEN.with_borrow(|open| assert!(open[port as usize]));
        WAITING.get()
    }

    fn write(&self, port: u32, data: &[u8]) -> Result<usize, Error> {
        PORTS_OPEN.with_borrow(|open| assert!(open[port as usize]));
        or_io(data.len())
    }

    fn close(&self, port: u32) {
        PORTS_OPEN.with_borrow_mut(|open| {
            assert!(open[port as usize]);
            open[port as usize] = false;
        });
    }
}

impl Keys for Drivers {
    fn names(&self) -> &[&str] {
        &["key0", "key1"]
    }

    fn hmac_sha256(&self, key: u32, data: &[u8]) -> Result<[u8; 32], Error> {
        assert!(key < COUNT as u32);
        or_io([data.len() as u8; 32])
    }

    fn encrypt(&self, key: u32, _: &[u8; 12], _: &[u8], data: &mut [u8]) -> Result<(), Error> {
        assert!(key < COUNT as u32 && data.len() >= TAG);
        data.fill(0x5a);
        or_io(())
    }

    fn decrypt(&self, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error> {
        self.encrypt(key, nonce, aad, data)
    }
}
