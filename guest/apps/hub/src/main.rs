//! Polls a sensor on a serial port every ten seconds by Modbus RTU, and sends the client each new measurement, such as `21.5 C, 45.0 %`.
//! A message of the client is answered with the last measurement.
//!
//! The sensor is the device 1 on the line. Its input registers 0 and 1 have the temperature in tenths of a degree Celsius and the humidity in
//! tenths of a percent. The codec is the crate `modbus-core` from crates.io, unchanged.
#![no_std]
#![no_main]

use core::fmt::Write;
use core::time::Duration;
use modbus_core::rtu::client::encode_request;
use modbus_core::rtu::{self, Header, RequestAdu};
use modbus_core::{DecoderType, Request, RequestPdu};
use wamr_guest::message::Peer;
use wamr_guest::text::Line;
use wamr_guest::uart::Port;
use wamr_guest::{App, Error, Event, Result, message, timer};

const POLL: u32 = 0;
const PERIOD: Duration = Duration::from_secs(10);

const LATE: u32 = 1;
const PATIENCE: Duration = Duration::from_millis(500);

const SENSOR: u8 = 1;
const INPUT_REGISTERS: u8 = 4;

/// What the sensor has measured, as its registers contain it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Measurement {
    temperature: i16,
    humidity: u16,
}

struct Hub {
    port: Port,
    /// What was received since the last request.
    frame: [u8; 32],
    length: usize,
    last: Option<Measurement>,
}

#[wamr_guest::app]
impl App for Hub {
    fn start() -> Result<Self> {
        let port = Port::open("uart0")?;
        port.watch(0);
        timer::start_periodic(POLL, PERIOD)?;
        Ok(Self { port, frame: [0; 32], length: 0, last: None })
    }

    fn on_event(&mut self, event: Event) -> Result {
        match event {
            Event::Timer { id: POLL, .. } => self.ask(),
            Event::Timer { id: LATE, .. } => self.learn(None),
            Event::Uart { .. } => self.listen(),
            Event::Message { .. } => self.answer(),
            _ => Ok(()),
        }
    }
}

impl Hub {
    /// Requests a measurement.
    fn ask(&mut self) -> Result {
        self.length = 0;
        let pdu = RequestPdu(Request::ReadInputRegisters(0, 2));
        let mut request = [0; 8];
        encode_request(RequestAdu { hdr: Header { slave: SENSOR }, pdu }, &mut request).map_err(|_| Error::Io)?;
        self.port.write(&request)?;
        timer::start(LATE, PATIENCE)
    }

    /// Receives what has arrived of a response, which may come in pieces.
    fn listen(&mut self) -> Result {
        // More than the longest response is noise.
        let rest = self.frame.get_mut(self.length..).unwrap_or_default();
        match self.port.read(rest) {
            Ok(received) => self.length += received.len(),
            // Bytes were lost. The next request starts afresh.
            Err(Error::NoSpace) => self.length = 0,
            Err(error) => return Err(error),
        }
        let received = self.frame.get(..self.length).unwrap_or_default();
        if let Some(measurement) = measurement(received)
            && timer::cancel(LATE)
        {
            self.learn(Some(measurement))?;
        }
        Ok(())
    }

    /// Knows the result of a request. Tells the client if it is a new one.
    fn learn(&mut self, measurement: Option<Measurement>) -> Result {
        if core::mem::replace(&mut self.last, measurement) == measurement { Ok(()) } else { self.report(Peer::Client) }
    }

    /// Answers the messages that wait.
    fn answer(&mut self) -> Result {
        let mut buffer = [0; message::LENGTH_MAX];
        while let Some(received) = message::receive(&mut buffer)? {
            self.report(received.sender.peer())?;
        }
        Ok(())
    }

    /// Sends the last measurement.
    fn report(&self, to: Peer) -> Result {
        let mut text = Line::<32>::new();
        let _ = match self.last {
            Some(Measurement { temperature, humidity }) => {
                let sign = if temperature < 0 { "-" } else { "" };
                let tenths = temperature.unsigned_abs();
                write!(text, "{sign}{}.{} C, {}.{} %", tenths / 10, tenths % 10, humidity / 10, humidity % 10)
            }
            None => text.write_str("the sensor does not answer"),
        };
        match message::send(to, text.as_bytes()) {
            // No client, or one that is slow: it can ask.
            Err(Error::NotFound | Error::NoSpace) => Ok(()),
            sent => sent,
        }
    }
}

/// The measurement in a response whose checksum is right.
fn measurement(bytes: &[u8]) -> Option<Measurement> {
    if bytes.is_empty() {
        return None;
    }
    let (response, _) = rtu::decode(DecoderType::Response, bytes).ok()??;
    match (response.slave, response.pdu) {
        (SENSOR, [INPUT_REGISTERS, 4, registers @ ..]) => {
            let [first, second]: [u16; 2] =
                [registers.get(..2)?, registers.get(2..4)?].map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
            Some(Measurement { temperature: first as i16, humidity: second })
        }
        _ => None,
    }
}
