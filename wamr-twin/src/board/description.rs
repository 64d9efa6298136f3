//! The description of a board: a TOML file.

use super::keys::Key;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::collections::BTreeMap;
use toml::Spanned;
use wamr_host::sensor::Channel;

/// The most names of one kind, as many as a host group has resources.
const NAMES_MAX: usize = 32;

/// Why a description is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct DescriptionError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl DescriptionError {
    /// Something is wrong at this place in the text.
    pub(super) fn new(text: &str, at: usize, message: String) -> Self {
        Self { line: text.get(..at).unwrap_or_default().matches('\n').count() + 1, message }
    }
}

/// A board, as its file describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Description {
    pub script: Vec<Spanned<(f64, String)>>,
    pub net: bool,
    pub pins: Table<Pin>,
    pub sensors: Table<Table<Reading>>,
    pub adc: Table<Reading>,
    pub pwm: Vec<Spanned<String>>,
    pub uart: Vec<Spanned<String>>,
    pub i2c: Table<I2cDevice>,
    pub spi: Table<SpiDevice>,
    pub keys: Table<Key>,
}

/// Values by name, with their places in the file.
pub type Table<T> = BTreeMap<Spanned<String>, T>;

/// A digital pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Pin {
    #[serde(rename = "output")]
    Output,
    #[serde(rename = "input")]
    Input,
    #[serde(rename = "active input")]
    ActiveInput,
}

/// A measured value in millionths of its unit. `None` if the measurement fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading(pub Option<i64>);

impl Reading {
    /// Reads a value as commands have it. `None` if it is neither a number in the range nor `fails`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "fails" { Some(Self(None)) } else { Self::of(text.parse().ok()?) }
    }

    fn of(value: f64) -> Option<Self> {
        let millionths = (value * 1e6).round();
        // `as` saturates.
        (millionths.abs() < i64::MAX as f64).then_some(Self(Some(millionths as i64)))
    }
}

impl<'de> Deserialize<'de> for Reading {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a number or \"fails\"")]
        enum Value {
            Number(f64),
            Text(String),
        }
        let reading = match Value::deserialize(deserializer)? {
            Value::Number(number) => Self::of(number),
            Value::Text(text) => Self::parse(&text),
        };
        reading.ok_or_else(|| D::Error::custom("expected a number or \"fails\""))
    }
}

/// A device on an I2C bus.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct I2cDevice {
    pub address: u16,
    #[serde(default = "default_bus")]
    pub bus: String,
    #[serde(default)]
    pub registers: Registers,
}

fn default_bus() -> String {
    "i2c0".to_owned()
}

/// A device on SPI.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected \"loopback\" or { registers = { NUMBER = VALUE } }")]
pub enum SpiDevice {
    Loopback(Loopback),
    Registers { registers: Registers },
}

#[derive(Debug, Deserialize)]
pub enum Loopback {
    #[serde(rename = "loopback")]
    Loopback,
}

/// The values of registers at first.
#[derive(Clone, Debug)]
pub struct Registers(pub Box<[u8; 256]>);

impl Default for Registers {
    fn default() -> Self {
        Self(Box::new([0; 256]))
    }
}

impl<'de> Deserialize<'de> for Registers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a byte or a list of bytes")]
        enum Values {
            One(u8),
            Several(Vec<u8>),
        }
        let mut registers = Self::default();
        for (number, values) in BTreeMap::<String, Values>::deserialize(deserializer)? {
            let values = match values {
                Values::One(value) => vec![value],
                Values::Several(values) => values,
            };
            let at = byte(&number).map(usize::from);
            let place = at.and_then(|at| registers.0.get_mut(at..at + values.len()));
            let wrong = || D::Error::custom(format!("`{number}` is not the number of a register from 0 to 0xff"));
            place.ok_or_else(wrong)?.copy_from_slice(&values);
        }
        Ok(registers)
    }
}

/// Reads a byte in decimal, or in hexadecimal after `0x`.
pub fn byte(text: &str) -> Option<u8> {
    match text.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

impl Description {
    /// Reads a description.
    ///
    /// # Errors
    /// [`DescriptionError`], with the line.
    pub fn parse(text: &str) -> Result<Self, DescriptionError> {
        let description: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            DescriptionError::new(text, at, error.message().replace('\n', ", "))
        })?;
        description.check().map_err(|(at, message)| DescriptionError::new(text, at, message))?;
        Ok(description)
    }

    /// Checks what the types do not express. The error is for this place in the file.
    fn check(&self) -> Result<(), (usize, String)> {
        let kinds: [(&str, Vec<&Spanned<String>>); 8] = [
            ("pins", self.pins.keys().collect()),
            ("sensors", self.sensors.keys().collect()),
            ("adc", self.adc.keys().collect()),
            ("pwm", self.pwm.iter().collect()),
            ("uart", self.uart.iter().collect()),
            ("i2c", self.i2c.keys().collect()),
            ("spi", self.spi.keys().collect()),
            ("keys", self.keys.keys().collect()),
        ];
        let mut known: BTreeMap<&str, &str> =
            self.i2c.values().map(|device| (device.bus.as_str(), "a bus in i2c")).collect();
        for (kind, names) in &kinds {
            for name in names {
                let text = name.get_ref().as_str();
                let fail = |message| Err((name.span().start, message));
                if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
                    return fail(format!("the name {text:?} must consist of letters, digits, `-` and `_`"));
                }
                if let Some(other) = known.insert(text, kind) {
                    return fail(format!("`{text}` is also the name of something in {other}; choose another name"));
                }
            }
            // The buses are resources, too.
            let buses = if *kind == "i2c" { self.buses().len() } else { 0 };
            if let Some(excess) = names.get(NAMES_MAX - buses.min(NAMES_MAX)) {
                return Err((excess.span().start, format!("{kind} has more than {NAMES_MAX} names; remove some")));
            }
        }
        for channel in self.sensors.values().flat_map(BTreeMap::keys) {
            if Channel::from_name(channel.get_ref()).is_none() {
                let known: Vec<_> = Channel::all().map(Channel::name).collect();
                let message = format!("there is no channel `{}`; Zephyr has {}", channel.get_ref(), known.join(", "));
                return Err((channel.span().start, message));
            }
        }
        for (name, device) in &self.i2c {
            let is_other = |(other, same): &(&Spanned<String>, &I2cDevice)| {
                other != &name && same.bus == device.bus && same.address == device.address
            };
            if device.address > 0x3ff {
                return Err((name.span().start, "an I2C address is at most 0x7f, or 0x3ff with 10 bits".to_owned()));
            }
            if let Some((other, _)) = self.i2c.iter().find(is_other) {
                let message = format!("`{}` has the same address on {}", other.get_ref(), device.bus);
                return Err((name.span().start, message));
            }
        }
        match self.script.iter().find(|step| !(0.0..=1e9).contains(&step.get_ref().0)) {
            Some(step) => Err((step.span().start, "a time is a number of seconds after the start".to_owned())),
            None => Ok(()),
        }
    }

    /// Returns the names of the I2C buses.
    pub fn buses(&self) -> Vec<&str> {
        let buses: std::collections::BTreeSet<_> = self.i2c.values().map(|device| device.bus.as_str()).collect();
        buses.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_line_and_the_remedy() {
        for (text, expected) in [
            ("\n[pin]\nled0 = 'output'\n", "line 2: unknown field `pin`, expected one of"),
            ("[pins]\nled0 = 'outpt'\n", "line 2: unknown variant `outpt`, expected one of `output`, `input`"),
            ("[pins]\nled0 = 'output'\nled0 = 'input'\n", "line 3: duplicate key"),
            ("pwm = ['x']\n[adc]\nx = 1\n", "line 1: `x` is also the name of something in adc; choose another name"),
            ("[adc]\n'a.b' = 1\n", "line 2: the name \"a.b\" must consist of letters"),
            ("[adc]\na = 'high'\n", "line 2: expected a number or \"fails\""),
            ("[adc]\na = 1e300\n", "line 2: expected a number or \"fails\""),
            ("[sensors.s]\n\ntemp = 1\n", "line 3: there is no channel `temp`; Zephyr has accel-x, "),
            ("[i2c]\na = { address = 0x400 }\n", "line 2: an I2C address is at most 0x7f"),
            ("[i2c]\na = { address = 1 }\nb = { address = 1 }\n", "line 2: `b` has the same address on i2c0"),
            ("[i2c]\ni2c0 = { address = 1 }\n", "line 2: `i2c0` is also the name of something in a bus in i2c"),
            ("[i2c.a]\naddress = 1\nregisters = { 0x100 = 1 }\n", "`0x100` is not the number of a register"),
            ("[i2c.a]\naddress = 1\nregisters = { 0xff = [1, 2] }\n", "`0xff` is not the number of a register"),
            ("[i2c.a]\naddress = 1\nregisters = { 1 = 256 }\n", "line 3: expected a byte or a list of bytes"),
            ("[spi]\n\na = 'echo'\n", "line 3: expected \"loopback\" or { registers"),
            ("[keys]\na = { aes-gcm = '00' }\n", "line 2: a key for AES-GCM has 32 or 64 hexadecimal digits"),
            ("[keys]\na = { hmac-sha256 = '0x' }\n", "line 2: a key consists of an even number of hexadecimal digits"),
            ("[keys]\na = { des = '00' }\n", "line 2: unknown variant `des`, expected `hmac-sha256` or `aes-gcm`"),
            ("script = [\n[0, 'x on'],\n[-1, 'x on']]\n", "line 3: a time is a number of seconds after the start"),
            ("script = [[1]]\n", "line 1: "),
        ] {
            let error = Description::parse(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let many: String = (0..33).map(|pin| format!("pin{pin:02} = 'input'\n")).collect();
        let error = Description::parse(&format!("[pins]\n{many}")).unwrap_err();
        assert_eq!(error.to_string(), "line 34: pins has more than 32 names; remove some");
    }
}
