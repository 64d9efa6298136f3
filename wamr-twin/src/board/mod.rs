//! A simulated board: the hardware of a twin, which people and tests can poke.

mod buses;
mod command;
mod description;
mod keys;
mod measured;
mod net;
mod observers;
mod pins;
mod pwm;
mod uart;

use crate::clock::{looked_at, unix_time};
use crate::events::EVENTS;
use crate::system::random;
use buses::{BoardBuses, BoardSpi, I2cState, SpiState};
use command::Command;
pub use command::CommandError;
pub use description::DescriptionError;
use description::{Description, Reading, SpiDevice, Table};
use keys::BoardKeys;
use measured::{BoardInputs, BoardSensors};
use net::BoardNetwork;
use observers::Observers;
pub use observers::{Change, State};
use pins::BoardPins;
use pwm::BoardOutputs;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use toml::Spanned;
use uart::BoardPorts;
use wamr_device::HostGroup;
use wamr_host::adc::Adc;
use wamr_host::clock::{Clock, Clocks};
use wamr_host::crypto::Crypto;
use wamr_host::gpio::{Gpio, WasiGpio};
use wamr_host::i2c::I2c;
use wamr_host::net::Net;
use wamr_host::pwm::Pwm;
use wamr_host::rng::Rng;
use wamr_host::sensor::{Channel, Sensor};
use wamr_host::spi::Spi;
use wamr_host::system::{About, ResetReason, System};
use wamr_host::timer::Timer;
use wamr_host::uart::Uart;

/// The board that a twin has if nothing else is said, as a description that explains itself.
pub const EXAMPLE: &str = include_str!("example.toml");

/// The most resources of a group.
const N: usize = 32;

/// The names of resources, for the life of the process.
type Names = &'static [&'static str];

/// A simulated board. Copies are the same board.
///
/// ```
/// use wamr_twin::Board;
///
/// let board = Board::from_toml("[pins]\nled0 = 'output'\nbutton0 = 'input'")?;
/// board.observe(|change| println!("{change}")); // `led0 on`
/// board.command("button0 on")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Board {
    parts: &'static Parts,
    /// Commands, each with its time after the start, in this order.
    script: &'static [(Duration, Command)],
}

/// The groups with their drivers.
struct Parts {
    clock: Clock,
    timer: Timer,
    gpio: &'static Gpio<BoardPins, N>,
    /// The same pins, with the interface of WASI.
    wasi_gpio: WasiGpio<BoardPins, N>,
    i2c: I2c<BoardBuses>,
    spi: Spi<BoardSpi>,
    adc: Adc<BoardInputs>,
    pwm: Pwm<BoardOutputs>,
    sensor: Sensor<BoardSensors, N>,
    uart: Uart<BoardPorts, N>,
    /// If the board has a network.
    net: Option<Net<BoardNetwork, { net::PLACES }>>,
    rng: Rng,
    crypto: Crypto<BoardKeys>,
    system: System,
    observers: Arc<Observers>,
}

impl Board {
    /// The board of [`EXAMPLE`].
    pub fn new() -> Self {
        Self::from_toml(EXAMPLE).expect("a test reads it")
    }

    /// The board of a description; see [`EXAMPLE`]. Its kilobytes are not freed, as host groups live as long as the process.
    ///
    /// # Errors
    /// [`DescriptionError`], with the line.
    pub fn from_toml(text: &str) -> Result<Self, DescriptionError> {
        let description = Description::parse(text)?;
        let script = description.script.clone();
        let parts: &'static Parts = Box::leak(Box::new(Parts::new(description)));
        parts.net.iter().for_each(|net| net.network().report_to(net));
        let step = |step: Spanned<(f64, String)>| {
            let at = step.span().start;
            let (seconds, command) = step.into_inner();
            let error = |error: CommandError| DescriptionError::new(text, at, error.to_string());
            Ok((Duration::from_secs_f64(seconds), Command::parse(parts, &command).map_err(error)?))
        };
        let mut script = script.into_iter().map(step).collect::<Result<Vec<_>, _>>()?;
        script.sort_by_key(|(time, _)| *time);
        Ok(Self { parts, script: script.leak() })
    }

    /// Calls `observer` with each change of an output from now on, on the thread that runs apps.
    pub fn observe(&self, observer: impl Fn(&Change) + Send + 'static) {
        self.parts.observers.add(Box::new(observer));
    }

    /// Executes a command, such as `button0 on` or `thermometer.ambient-temp 21.5`: it changes an input, and causes the events that apps
    /// wait for. [`EXAMPLE`] lists the commands.
    ///
    /// # Errors
    /// [`CommandError`] if the board has no such input, or the value does not fit.
    pub fn command(&self, command: &str) -> Result<(), CommandError> {
        Command::parse(self.parts, command)?.execute(self.parts);
        Ok(())
    }

    /// Executes the script of the description, and returns at its end.
    pub fn play(&self) {
        let start = Instant::now();
        for (time, command) in self.script {
            thread::sleep((start + *time).saturating_duration_since(Instant::now()));
            command.execute(self.parts);
        }
    }

    /// Whether an app waits for a change of an input.
    pub fn is_watched(&self) -> bool {
        self.parts.pins().is_any_watched()
            || self.parts.sensors().is_any_watched()
            || self.parts.uart.ports().is_any_open()
            || self.parts.net.as_ref().is_some_and(|net| net.network().is_any_open())
    }

    /// The groups that this board offers to apps.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &'static dyn HostGroup> + use<> {
        let parts = self.parts;
        let all: [&dyn HostGroup; 12] = [
            &parts.clock,
            &parts.timer,
            &parts.wasi_gpio,
            &parts.i2c,
            &parts.spi,
            &parts.adc,
            &parts.pwm,
            &parts.sensor,
            &parts.uart,
            &parts.rng,
            &parts.crypto,
            &parts.system,
        ];
        all.into_iter().chain(parts.net.iter().map(|net| net as &dyn HostGroup))
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").finish_non_exhaustive()
    }
}

impl Parts {
    fn new(description: Description) -> Self {
        let observers = Arc::new(Observers::default());
        let Description { script: _, net, pins, sensors, adc, pwm, uart, i2c, spi, keys } = description;

        let pins = BoardPins::new(names(pins.keys()), pins.values().copied(), observers.clone());
        let channels =
            |(channel, reading): (&Spanned<String>, &Reading)| Some((Channel::from_name(channel.get_ref())?, *reading));
        let sensors = BoardSensors::new(
            names(sensors.keys()),
            sensors.values().map(|sensor| sensor.iter().filter_map(channels).collect()),
        );
        let gpio: &'static _ = Box::leak(Box::new(Gpio::new(pins, &EVENTS)));
        let about = About { name: || "wamr twin", reset_reason: || ResetReason::PowerOn, battery: || None };
        Self {
            clock: Clock::new(Clocks { micros: looked_at, unix_time }),
            timer: Timer::new(&EVENTS),
            gpio,
            wasi_gpio: WasiGpio::new(gpio),
            i2c: I2c::new(buses(i2c)),
            spi: Spi::new(BoardSpi::new(names(spi.keys()), spi.into_values().map(spi_state).collect())),
            adc: Adc::new(BoardInputs::new(names(adc.keys()), adc.values().copied())),
            pwm: Pwm::new(BoardOutputs::new(names(pwm.iter()), observers.clone())),
            sensor: Sensor::new(sensors, &EVENTS),
            uart: Uart::new(BoardPorts::new(names(uart.iter()), observers.clone()), &EVENTS),
            net: net.then(|| Net::new(BoardNetwork::default(), &EVENTS)),
            rng: Rng::new(random),
            crypto: Crypto::new(BoardKeys::new(names(keys.keys()), keys.into_values().collect())),
            system: System::new(about),
            observers,
        }
    }

    fn pins(&self) -> &BoardPins {
        self.gpio.pins()
    }

    fn sensors(&self) -> &BoardSensors {
        self.sensor.sensors()
    }
}

fn buses(devices: Table<description::I2cDevice>) -> BoardBuses {
    let mut buses: Vec<String> = devices.values().map(|device| device.bus.clone()).collect();
    buses.sort();
    buses.dedup();
    let number = |bus: &String| buses.iter().position(|known| known == bus).unwrap_or(0) as u32;
    let states = devices.values().map(|device| I2cState {
        bus: number(&device.bus),
        address: device.address,
        registers: device.registers.clone(),
        next: 0,
    });
    let states = states.collect();
    let count = buses.len() as u32;
    BoardBuses::new(leak(buses.into_iter().chain(devices.into_keys().map(Spanned::into_inner))), count, states)
}

fn spi_state(device: SpiDevice) -> SpiState {
    match device {
        SpiDevice::Loopback(_) => SpiState::Loopback,
        SpiDevice::Registers { registers } => SpiState::Registers(registers),
    }
}

fn names<'n>(names: impl Iterator<Item = &'n Spanned<String>>) -> Names {
    leak(names.map(|name| name.get_ref().clone()))
}

fn leak(names: impl Iterator<Item = String>) -> Names {
    Vec::leak(names.map(|name| &*String::leak(name)).collect())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
