//! Logs what the sensor `thermometer` measures, and sends it to the client.
//!
//! At the start and each minute, a line such as `3600 21.500` is added to the file `log.txt`: the seconds since the device started, and
//! degrees Celsius. A full file takes the place of `log.old`, so the app needs 2,304 bytes of its quota. The lines survive restarts.
//!
//! The client sends `last` for the last line, or `dump` for all lines, each as a message, and then `end`.
#![no_std]
#![no_main]

use core::time::Duration;
use wamr_guest::file::{self, File, Mode};
use wamr_guest::message::{self, Peer};
use wamr_guest::sensor::Sensor;
use wamr_guest::{App, Error, Event, Result, clock, log, timer};

const MEASURE: u32 = 0;
const PERIOD: Duration = Duration::from_secs(60);

/// Sends the next line. Messages wait in a short queue, so there is a pause between them.
const SEND: u32 = 1;
const PAUSE: Duration = Duration::from_millis(50);

const NEW: &str = "log.txt";
const OLD: &str = "log.old";
const FILE_MAX: u32 = 1024;

/// `4294967295 -100.000` and the end of the line.
const LINE_MAX: usize = 20;

struct Logger {
    thermometer: Sensor,
    /// The file and the offset of the next line that the client gets.
    sending: Option<(&'static str, u32)>,
}

#[wamr_guest::app]
impl App for Logger {
    fn start() -> Result<Self> {
        timer::start_periodic(MEASURE, PERIOD)?;
        let mut logger = Self { thermometer: Sensor::open("thermometer")?, sending: None };
        logger.measure();
        Ok(logger)
    }

    fn on_event(&mut self, event: Event) -> Result {
        match event {
            Event::Timer { id: MEASURE, .. } => {
                self.measure();
                Ok(())
            }
            Event::Timer { id: SEND, .. } => self.send_next(),
            Event::Message { .. } => self.obey(),
            _ => Ok(()),
        }
    }
}

impl Logger {
    fn measure(&mut self) {
        if self.add_line().is_err() {
            log::warn("a line was lost");
        }
    }

    fn add_line(&mut self) -> Result {
        let micros = self.thermometer.read("ambient-temp")?;
        let line = Line::new(clock::now().as_secs(), micros / 1000);
        let mut file = File::open(NEW, Mode::Update)?;
        if file.size() + line.bytes().len() as u32 > FILE_MAX {
            drop(file);
            file::rename(NEW, OLD)?;
            // What was to be sent next has moved, or is gone.
            self.sending = self.sending.map(|(name, offset)| (OLD, if name == NEW { offset } else { 0 }));
            file = File::open(NEW, Mode::Update)?;
        }
        file.append(line.bytes())?;
        file.sync()
    }

    fn obey(&mut self) -> Result {
        let mut buffer = [0; 4];
        loop {
            let data = match message::receive(&mut buffer) {
                Ok(None) => return Ok(()),
                Ok(Some(received)) => &*received.data,
                // It was too long.
                Err(Error::NoSpace) => b"",
                Err(error) => return Err(error),
            };
            match data {
                b"dump" => {
                    self.sending = Some((OLD, 0));
                    timer::start(SEND, PAUSE)?;
                }
                b"last" => reply(last(&mut [0; LINE_MAX])?.unwrap_or(b"none")),
                _ => reply(b"send last or dump"),
            }
        }
    }

    fn send_next(&mut self) -> Result {
        let Some((name, offset)) = self.sending else { return Ok(()) };
        let mut buffer = [0; LINE_MAX];
        let line = read(name, offset, &mut buffer)?.split(|byte| *byte == b'\n').next().unwrap_or_default();
        self.sending = match (line, name) {
            ([], OLD) => Some((NEW, 0)),
            ([], _) => match message::send(Peer::Client, b"end") {
                Err(Error::NoSpace) => self.sending,
                _ => None,
            },
            _ => match message::send(Peer::Client, line) {
                Ok(()) => Some((name, offset + line.len() as u32 + 1)),
                Err(Error::NoSpace) => self.sending,
                // The client has gone.
                Err(_) => None,
            },
        };
        if self.sending.is_some() { timer::start(SEND, PAUSE) } else { Ok(()) }
    }
}

fn reply(answer: &[u8]) {
    // The client may have gone.
    let _ = message::send(Peer::Client, answer);
}

/// Reads bytes of a file, which are none if it does not exist.
fn read<'b>(name: &str, offset: u32, buffer: &'b mut [u8]) -> Result<&'b [u8]> {
    match File::open(name, Mode::Read) {
        Ok(file) => file.read(offset, buffer).map(|bytes| &*bytes),
        Err(Error::NotFound) => Ok(&[]),
        Err(error) => Err(error),
    }
}

/// Returns the line that was added last. A file becomes the old one only when a line follows.
fn last(buffer: &mut [u8; LINE_MAX]) -> Result<Option<&[u8]>> {
    let size = match File::open(NEW, Mode::Read) {
        Ok(file) => file.size(),
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let end = read(NEW, size.saturating_sub(LINE_MAX as u32), buffer)?;
    let line = end.strip_suffix(b"\n").and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next());
    Ok(line)
}

/// A line of the log. Without `core::fmt`, which takes 3 KB of the module.
struct Line {
    bytes: [u8; LINE_MAX],
    length: usize,
}

impl Line {
    /// A line with this time, and a temperature in thousandths of a degree.
    fn new(seconds: u64, thousandths: i64) -> Self {
        let mut line = Self { bytes: [0; LINE_MAX], length: 0 };
        line.number(seconds as u32, 1);
        line.push(b' ');
        if thousandths < 0 {
            line.push(b'-');
        }
        let thousandths = thousandths.unsigned_abs() as u32;
        line.number(thousandths / 1000, 1);
        line.push(b'.');
        line.number(thousandths % 1000, 3);
        line.push(b'\n');
        line
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    /// Adds a number with at least so many digits.
    fn number(&mut self, number: u32, digits: u32) {
        if number >= 10 || digits > 1 {
            self.number(number / 10, digits.saturating_sub(1));
        }
        self.push(b'0' + (number % 10) as u8);
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
