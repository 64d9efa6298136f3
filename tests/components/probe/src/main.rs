//! Calls every function of `wamr-guest`, and logs what it returns. The host notes what it was called with.
#![no_std]
#![no_main]

use core::time::Duration;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::StatefulOutputPin;
use embedded_hal::i2c::{I2c as _, Operation as I2cOperation};
use embedded_hal::pwm::SetDutyCycle;
use embedded_hal::spi::{Operation as SpiOperation, SpiDevice as _};
use log::{debug, error, info, trace, warn};
use wamr_guest::delay::Delay;
use wamr_guest::digital::{InPin, LABEL_MAX, OutPin};
use wamr_guest::file::{self, File, Mode};
use wamr_guest::gpio::{Edge, InputPin, OutputPin, Pull};
use wamr_guest::i2c::I2c;
use wamr_guest::message::{Peer, Sender};
use wamr_guest::net::{ADDRESS_MAX, Connection, DatagramBuffer, RemoteHost, UdpSocket};
use wamr_guest::sensor::Sensor;
use wamr_guest::spi::SpiDevice;
use wamr_guest::uart::Port;
use wamr_guest::{App, Event, Result, adc, clock, crypto, kv, message, pwm, rng, system, timer};

struct Probe {
    watched: InputPin,
}

#[wamr_guest::app]
impl App for Probe {
    fn start() -> Result<Self> {
        logs();
        clocks();
        pins()?;
        pins_of_wasi()?;
        i2c()?;
        spi();
        analog()?;
        sensors()?;
        uart()?;
        network()?;
        values();
        files()?;
        random();
        cryptography();
        the_system();
        timers();
        let watched = InputPin::open("watched", Pull::None)?;
        watched.watch(Edge::Falling, u32::MAX)?;
        Ok(Self { watched })
    }

    fn on_event(&mut self, event: Event) -> Result {
        info!("{event:?}");
        match event {
            Event::Message { .. } => messages(),
            Event::Pin { .. } => self.watched.unwatch(),
            _ => {}
        }
        Ok(())
    }
}

fn logs() {
    error!("one");
    warn!("two");
    info!("three");
    debug!("four");
    // Longer than a line, with characters of three bytes.
    trace!("five {}", "€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€");
    wamr_guest::log::info("plain");
}

fn clocks() {
    let before = clock::micros();
    Delay.delay_us(120);
    Delay.delay_ns(1);
    Delay.delay_ms(1);
    let passed = clock::micros() - before;
    info!("clock {}", (1_121..1_500).contains(&passed));
    info!("now {:?} unix {:?}", clock::now() > Duration::ZERO, clock::unix_time());
}

fn timers() {
    info!("{:?}", timer::start_periodic(1, Duration::ZERO));
    info!("{:?}", timer::start(1, Duration::from_secs(5_000_000)));
    info!("{:?}", timer::start(1, Duration::from_micros(1001)));
    info!("{:?} {}", timer::start_periodic(2, Duration::from_millis(10)), timer::cancel(2));
    info!("{}", timer::cancel(2));
    info!("{:?}", timer::start_periodic(3, Duration::from_millis(3)));
}

fn pins() -> Result {
    info!("{:?} {:?}", InputPin::open("nowhere", Pull::Up), InputPin::open("in", Pull::Down));
    let input = InputPin::open("in", Pull::Up)?;
    info!("{:?}", input.is_active());
    let mut output = OutputPin::open("out", true)?;
    info!("{}", output.is_set_active());
    output.set(false)?;
    output.toggle()?;
    info!("{:?} {:?}", output.is_set_high(), output.is_set_low());
    Ok(())
}

fn pins_of_wasi() -> Result {
    let mut label = [0; LABEL_MAX];
    info!("{:?}", InPin::open("nowhere", Pull::Up).map(drop));
    let (input, broken) = (InPin::open("in", Pull::Up)?, InPin::open("broken", Pull::None)?);
    info!("{:?}", input.config(&mut label));
    info!("{:?} {:?} {:?}", input.read(), input.is_active(), input.is_inactive());
    info!("{:?} {:?} {:?}", broken.read(), broken.is_active(), broken.is_inactive());
    let (mut output, mut broken) = (OutPin::open("out", true)?, OutPin::open("broken", false)?);
    info!("{:?}", output.config(&mut label));
    info!("{:?} {:?}", output.set(false), output.set(true));
    info!("{:?} {:?}", output.set_inactive(), output.set_active());
    info!("{:?} {:?}", output.toggle(), broken.toggle());
    Ok(())
}

fn i2c() -> Result {
    info!("{:?}", I2c::open("nowhere"));
    let mut bus = I2c::open("bus")?;
    let (mut one, mut two, mut none) = ([0; 1], [0; 3], [0; 0]);
    info!("{:?} {:?}", bus.read(0x20, &mut one), bus.write_read(0x20, &[7], &mut two));
    info!("{one:?} {two:?} {:?}", bus.read(0x20, &mut none));
    let mut operations = [
        I2cOperation::Write(&[0x42]),
        I2cOperation::Read(&mut two),
        I2cOperation::Read(&mut none),
        I2cOperation::Write(&[1, 2]),
        I2cOperation::Read(&mut one),
    ];
    info!("{:?}", bus.transaction(0x20, &mut operations));
    info!("{one:?} {two:?}");
    let mut many = [const { I2cOperation::Write(&[]) }; wamr_guest::i2c::OPERATIONS_MAX + 1];
    info!("{:?} {:?}", bus.transaction(0x20, &mut many), bus.transaction(0x20, &mut many[1..]));
    info!("{:?} {:?} {:?}", bus.write(0x10, &[1]), bus.write(0x11, &[1]), bus.write(0x12, &[1]));
    info!("{:?}", bus.transaction(0x10, &mut [I2cOperation::Read(&mut one)]));
    Ok(())
}

fn spi() {
    info!("{:?}", SpiDevice::open("nowhere"));
    let Ok(mut device) = SpiDevice::open("device") else { return };
    let (mut short, mut long) = ([9; 2], [9; 4]);
    info!("{:?} {short:x?}", device.read(&mut short));
    info!("{:?} {short:x?}", device.write(&[1, 2, 3]));
    info!("{:?} {short:x?}", device.transfer_in_place(&mut short));
    let mut fault = [0xff];
    info!("{:?}", device.transfer_in_place(&mut fault));
    let mut in_place = [0x0f];
    let mut read = [0; 1];
    let mut operations = [
        SpiOperation::Write(&[0xa0]),
        SpiOperation::Transfer(&mut long, &[1, 2]),
        SpiOperation::DelayNs(500),
        SpiOperation::Transfer(&mut short, &[3, 4, 5]),
        SpiOperation::TransferInPlace(&mut in_place),
        SpiOperation::Read(&mut read),
    ];
    info!("{:?}", device.transaction(&mut operations));
    info!("{long:x?} {short:x?} {in_place:x?} {read:x?}");
    let mut many = [const { SpiOperation::DelayNs(0) }; wamr_guest::spi::OPERATIONS_MAX + 1];
    info!("{:?}", device.transaction(&mut many));
}

fn analog() -> Result {
    info!("{:?} {:?}", adc::Channel::open("a0")?.read(), adc::Channel::open("broken")?.read());
    let mut channel = pwm::Channel::open("led")?;
    info!("{:?} {:?}", channel.set(1000, 250), channel.set(1000, 1001));
    let mut duty = channel.with_period(4_000_000_000);
    info!("{:?} {:?}", duty.set_duty_cycle_fully_on(), duty.set_duty_cycle_percent(50));
    Ok(())
}

fn sensors() -> Result {
    info!("{:?}", Sensor::open("nowhere"));
    let sensor = Sensor::open("thermometer")?;
    info!("{:?} {:?} {:?}", sensor.read("ambient-temp"), sensor.read("humidity"), sensor.read("press"));
    info!("{:?}", sensor.watch(4));
    sensor.unwatch();
    Ok(())
}

fn uart() -> Result {
    let port = Port::open("console")?;
    let (mut short, mut long) = ([0; 3], [0; 20]);
    info!("{:?} {:?}", port.read(&mut short), port.read(&mut long));
    info!("{:?} {:?}", port.write(b"sent"), port.write(b"sent and more"));
    port.watch(5);
    port.unwatch();
    let watched = Port::open("watched")?;
    watched.watch(6);
    core::mem::forget(watched);
    info!("{:?}", Port::open("late")?.read(&mut long));
    Ok(())
}

fn network() -> Result {
    let mut address = [0; ADDRESS_MAX];
    info!("{:?}", RemoteHost::look_up("", 20));
    let nowhere = RemoteHost::look_up("nowhere", 20)?;
    info!("{:?} {:?}", nowhere.address(&mut address), Connection::open(&nowhere, 80, 21).map(drop));
    let host = RemoteHost::look_up("example.com", 22)?;
    info!("{:?}", host.address(&mut address));
    let connection = Connection::open(&host, u16::MAX, 23)?;
    info!("{:?} {:?}", connection.send(b"sent"), connection.send(b""));
    let (mut short, mut long) = ([0; 3], [0; 20]);
    info!("{:?} {:?}", connection.receive(&mut short), connection.receive(&mut long));
    drop(connection);
    let none = UdpSocket::bind(0, 24)?;
    info!("{:?} {:?}", none.send_to(&host, 5683, b"a datagram"), none.send_to(&host, 1, b""));
    let mut buffer = DatagramBuffer::<4>::new();
    info!("{:?}", none.receive_from(&mut buffer));
    for port in [1, 4, 5] {
        info!("{:?}", UdpSocket::bind(port, 25)?.receive_from(&mut buffer));
    }
    // The memory for the content is large enough for an address.
    let mut buffer = DatagramBuffer::<64>::new();
    info!("{:?}", UdpSocket::bind(9999, 25)?.receive_from(&mut buffer));
    info!("{:?}", UdpSocket::bind(64, 25)?.receive_from(&mut buffer).map(|datagram| datagram.is_some()));
    Ok(())
}

fn values() {
    let mut buffer = [0; 5];
    info!("{:?} {:?}", kv::get("key", &mut buffer), kv::delete("key"));
    info!("{:?} {:?}", kv::set("", b""), kv::set("key", b"value"));
    info!("{:?}", kv::get("key", &mut buffer));
    info!("{:?}", kv::get("key", &mut buffer[1..]));
    info!("{:?} {:?}", kv::set("key", b""), kv::get("key", &mut buffer));
    info!("{:?}", kv::delete("key"));
}

fn files() -> Result {
    let (mut buffer, mut name) = ([0; 8], [0; file::NAME_MAX]);
    info!("{:?} {:?}", File::open("", Mode::Update), File::open("a", Mode::Read));
    let file = File::open("a", Mode::Update)?;
    info!("{:?} {:?} {}", file.append(b"file"), file.write(1, b"ixed"), file.size());
    info!("{:?} {:?}", file.read(1, &mut buffer[..2]), file.read(9, &mut []));
    info!("{:?} {:?}", file.read(2, &mut buffer), file.sync());
    drop(file);
    info!("{:?} {:?}", File::open("broken", Mode::Replace)?.sync(), File::open("a", Mode::Replace)?.size());
    info!("{:?} {:?}", file::rename("a", "a-name-of-32-bytes-in-lower-case"), file::rename("a", "b"));
    info!("{:?}", file::entry(0, &mut name));
    info!("{:?} {:?}", file::entry(1, &mut name), file::entry(2, &mut [0; file::NAME_MAX]));
    info!("{:?} {:?}", file::remove("broken"), file::remove("broken"));
    Ok(())
}

fn messages() {
    let mut buffer = [0; 17];
    loop {
        match message::receive(&mut buffer) {
            Ok(Some(message)) => {
                let data = core::str::from_utf8(message.data).unwrap_or("?");
                match message.sender {
                    Sender::Client => info!("client: {data}"),
                    Sender::App(name) => info!("{}: {data}", name.as_str()),
                }
                info!("{:?}", message::send(message.sender.peer(), message.data));
            }
            Ok(None) => break,
            Err(error) => info!("{error}"),
        }
    }
    info!("{:?}", message::send(Peer::App("other"), b"hello"));
}

fn random() {
    let mut buffer = [0; 3];
    rng::fill(&mut buffer);
    rng::fill(&mut []);
    info!("{buffer:x?} {:x}", rng::number());
}

fn cryptography() {
    let mut buffer = [0; 20];
    info!("{:?}", crypto::sha256(b"12345") == [5; 32]);
    info!("{:?} {:?}", crypto::hmac_sha256("none", b""), crypto::hmac_sha256("k", b"abc").map(|code| code[31]));
    info!("{:x?}", crypto::aes_gcm_encrypt("k", &[7; 12], b"aad", b"text", &mut buffer));
    info!("{:?}", crypto::aes_gcm_encrypt("k", &[7; 12], b"", b"text!", &mut buffer));
    let ciphertext = buffer;
    info!("{:x?}", crypto::aes_gcm_decrypt("k", &[7; 12], b"", &ciphertext, &mut buffer[..4]));
    info!("{:?}", crypto::aes_gcm_decrypt("k", &[7; 12], b"", &ciphertext[1..], &mut [0; 2]));
    info!("{:?}", crypto::aes_gcm_decrypt("k", &[7; 12], b"", &[0; 16], &mut buffer));
    info!("{}", crypto::ed25519_verify(&[1; 32], b"data", &[2; 64]));
    info!("{}", crypto::ed25519_verify(&[1; 32], b"date", &[2; 64]));
}

fn the_system() {
    info!("{} {:?} {:?}", system::name(&mut [0; 64]), system::last_reset(), system::battery());
    system::confirm();
}
