//! Commands that change the inputs of a board.

use super::Parts;
use super::description::{Reading, byte};
use std::fmt;
use wamr_host::adc::Inputs as _;
use wamr_host::gpio::Pins as _;
use wamr_host::i2c::Buses as _;
use wamr_host::sensor::{Channel, Sensors as _};
use wamr_host::spi::Devices as _;
use wamr_host::uart::Ports as _;

/// Why a command was not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError(String);

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CommandError {}

/// A command that fits its board. Resources have their numbers.
pub enum Command {
    Pin { pin: u32, active: bool },
    Channel { sensor: u32, channel: Channel, reading: Reading },
    Voltage { input: u32, reading: Reading },
    Receive { port: u32, bytes: Vec<u8> },
    I2cRegister { device: u32, register: u8, value: u8 },
    SpiRegister { device: u32, register: u8, value: u8 },
}

impl Command {
    /// Reads a command: the name of an input, and after a space its new value.
    ///
    /// # Errors
    /// [`CommandError`] if the board has no such input, or the value does not fit.
    pub fn parse(parts: &Parts, text: &str) -> Result<Self, CommandError> {
        let error = |message: String| Err(CommandError(message));
        let (target, text) = text.trim_start().split_once(' ').unwrap_or((text.trim(), ""));
        let value = text.trim();
        let (name, part) = target.split_once('.').map_or((target, None), |(name, part)| (name, Some(part)));
        let number = |names: &[&str]| names.iter().position(|known| *known == name).map(|number| number as u32);

        if let Some(pin) = number(parts.pins().names()).filter(|_| part.is_none()) {
            if !parts.pins().is_input(pin) {
                return error(format!("`{name}` is an output, which only apps can set"));
            }
            return match value {
                "on" => Ok(Self::Pin { pin, active: true }),
                "off" => Ok(Self::Pin { pin, active: false }),
                _ => error(format!("the state of `{name}` is `on` or `off`, such as `{name} on`")),
            };
        }
        if let Some(sensor) = number(parts.sensors().names()) {
            let channel = part.and_then(Channel::from_name).filter(|channel| parts.sensors().has(sensor, *channel));
            return match channel {
                Some(channel) => Ok(Self::Channel { sensor, channel, reading: reading(target, value)? }),
                None => error(format!("the channels of `{name}` are {}", channels(parts, name, sensor).join(", "))),
            };
        }
        if let Some(input) = number(parts.adc.inputs().names()).filter(|_| part.is_none()) {
            return Ok(Self::Voltage { input, reading: reading(name, value)? });
        }
        if let Some(port) = number(parts.uart.ports().names()).filter(|_| part.is_none()) {
            return Ok(Self::Receive { port, bytes: bytes(name, text)? });
        }
        if let Some(device) = number(parts.i2c.buses().names()).filter(|device| parts.i2c.buses().is_device(*device)) {
            let (register, value) = register(name, part, value)?;
            return Ok(Self::I2cRegister { device, register, value });
        }
        if let Some(device) = number(parts.spi.devices().names()) {
            let (register, value) = register(name, part, value)?;
            return match parts.spi.devices().has(device, register) {
                true => Ok(Self::SpiRegister { device, register, value }),
                false => error(format!("`{name}` has no register {register:#04x}")),
            };
        }
        error(format!("the board has no input `{target}`; its inputs are {}", inputs(parts).join(", ")))
    }

    /// Changes the input, and causes the events that apps wait for.
    pub fn execute(&self, parts: &Parts) {
        match self {
            Self::Pin { pin, active } => {
                if parts.pins().poke(*pin, *active) {
                    parts.gpio.changed(*pin, *active);
                }
            }
            Self::Channel { sensor, channel, reading } => {
                parts.sensors().poke(*sensor, *channel, *reading);
                parts.sensor.measured(*sensor);
            }
            Self::Voltage { input, reading } => parts.adc.inputs().poke(*input, *reading),
            Self::Receive { port, bytes } => {
                let waiting = parts.uart.ports().receive(*port, bytes);
                parts.uart.received(*port, waiting);
            }
            Self::I2cRegister { device, register, value } => parts.i2c.buses().poke(*device, *register, *value),
            Self::SpiRegister { device, register, value } => parts.spi.devices().poke(*device, *register, *value),
        }
    }
}

fn reading(target: &str, value: &str) -> Result<Reading, CommandError> {
    let wrong = || CommandError(format!("the value of `{target}` is a number or `fails`, such as `{target} 21.5`"));
    Reading::parse(value).ok_or_else(wrong)
}

/// What a serial port receives: a line, or exactly what is between quotation marks.
fn bytes(port: &str, text: &str) -> Result<Vec<u8>, CommandError> {
    let Some(quoted) = text.trim().strip_prefix('"') else { return Ok(format!("{text}\n").into()) };
    let wrong = || {
        CommandError(format!("bytes are text with `\\n`, `\\\\` and `\\x00` to `\\xff`, such as `{port} \"\\x01A\"`"))
    };
    let mut bytes = Vec::new();
    let mut rest = quoted.strip_suffix('"').ok_or_else(wrong)?.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'x') => {
                    let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                    let (high, low) = digit().zip(digit()).ok_or_else(wrong)?;
                    (high << 4 | low) as u8
                }
                Some(quoted @ (b'\\' | b'"' | b'\'')) => quoted,
                _ => return Err(wrong()),
            },
            byte => byte,
        });
    }
    Ok(bytes)
}

fn register(name: &str, register: Option<&str>, value: &str) -> Result<(u8, u8), CommandError> {
    let wrong = || CommandError(format!("registers and their values are bytes, such as `{name}.0x10 0xff`"));
    register.and_then(byte).zip(byte(value)).ok_or_else(wrong)
}

fn channels(parts: &Parts, name: &str, sensor: u32) -> Vec<String> {
    parts.sensors().channels(sensor).map(|channel| format!("{name}.{}", channel.name())).collect()
}

/// Everything that a command can change, without registers.
fn inputs(parts: &Parts) -> Vec<String> {
    let pins = parts.pins().names().iter().zip(0..).filter(|(_, pin)| parts.pins().is_input(*pin));
    let pins = pins.map(|(name, _)| (*name).to_owned());
    let sensors = parts.sensors().names().iter().zip(0..);
    let channels = sensors.flat_map(|(name, sensor)| channels(parts, name, sensor));
    let others = parts.adc.inputs().names().iter().chain(parts.uart.ports().names()).map(|name| (*name).to_owned());
    pins.chain(channels).chain(others).collect()
}
