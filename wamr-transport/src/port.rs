//! Opening a serial line or a TCP connection.

use std::fmt;
use std::io;
use std::str::FromStr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_serial::{FlowControl, SerialPortBuilderExt};

/// A line to a Bluetooth controller or a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// A TCP server, such as that of a virtual controller or an emulator.
    Tcp(String),
    /// A serial line.
    Serial {
        /// Its device file or port name.
        device: String,
        /// Bits per second, if not the usual ones of [`Line`].
        baud: Option<u32>,
    },
}

/// The text names no port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected tcp:HOST:PORT or serial:DEVICE[:BAUD]")]
pub struct PortError;

/// The usual settings of a serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Bits per second.
    pub baud: u32,
    /// Flow control with RTS and CTS.
    pub flow_control: bool,
}

/// The reading and the writing half of an open port.
pub type Halves = (Box<dyn AsyncRead + Unpin>, Box<dyn AsyncWrite + Unpin>);

impl Port {
    /// Opens the line. The settings apply to serial lines.
    ///
    /// # Errors
    /// The error of the operating system.
    pub async fn open(&self, line: Line) -> io::Result<Halves> {
        Ok(match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let (reader, writer) = stream.into_split();
                (Box::new(reader), Box::new(writer))
            }
            Self::Serial { device, baud } => {
                let flow_control = if line.flow_control { FlowControl::Hardware } else { FlowControl::None };
                let settings = tokio_serial::new(device, baud.unwrap_or(line.baud)).flow_control(flow_control);
                let stream = settings.open_native_async()?;
                let (reader, writer) = tokio::io::split(stream);
                (Box::new(reader), Box::new(writer))
            }
        })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Serial { device, baud: None } => write!(f, "serial:{device}"),
            Self::Serial { device, baud: Some(baud) } => write!(f, "serial:{device}:{baud}"),
        }
    }
}

impl FromStr for Port {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        match text.split_once(':') {
            Some(("tcp", address)) => match address.rsplit_once(':') {
                Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0) => {
                    Ok(Self::Tcp(address.into()))
                }
                _ => Err(PortError),
            },
            Some(("serial", rest)) if !rest.is_empty() => {
                // A colon may be part of the device's name; it is a baud rate only if a number follows.
                let with_baud = rest.rsplit_once(':').and_then(|(device, baud)| Some((device, baud.parse().ok()?)));
                let (device, baud) = with_baud.map_or((rest, None), |(device, baud)| (device, Some(baud)));
                Ok(Self::Serial { device: device.into(), baud })
            }
            _ => Err(PortError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_parsed_as_they_are_printed() {
        for text in ["tcp:127.0.0.1:9001", "tcp:[::1]:9001", "serial:/dev/ttyACM0:115200", "serial:COM3"] {
            assert_eq!(text.parse::<Port>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "tcp", "tcp:9001", "tcp::9001", "tcp:host:", "tcp:host:0", "tcp:host:70000", "serial:", "usb:0"]
        {
            assert!(text.parse::<Port>().is_err(), "{text}");
        }
    }
}
