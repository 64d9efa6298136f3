//! The line to a Bluetooth controller.

use std::fmt;
use std::io;
use std::str::FromStr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_serial::{FlowControl, SerialPortBuilderExt};

/// A line to a Bluetooth controller that speaks HCI in the H4 format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// A TCP server, such as that of a virtual controller.
    Tcp(String),
    /// A serial line with RTS/CTS flow control, such as a dongle with Zephyr's `hci_uart`.
    Serial {
        /// Its device file or port name.
        device: String,
        /// Bits per second.
        baud: u32,
    },
}

/// The text names no port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected tcp:HOST:PORT or serial:DEVICE[:BAUD]")]
pub struct PortError;

/// The default of Zephyr's `hci_uart`.
const DEFAULT_BAUD: u32 = 1_000_000;

/// The reading and the writing half of an open port.
pub type Halves = (Box<dyn AsyncRead + Unpin>, Box<dyn AsyncWrite + Unpin>);

impl Port {
    /// Opens the line.
    ///
    /// # Errors
    /// The error of the operating system.
    pub async fn open(&self) -> io::Result<Halves> {
        Ok(match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let (reader, writer) = stream.into_split();
                (Box::new(reader), Box::new(writer))
            }
            Self::Serial { device, baud } => {
                let stream =
                    tokio_serial::new(device, *baud).flow_control(FlowControl::Hardware).open_native_async()?;
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
            Self::Serial { device, baud } => write!(f, "serial:{device}:{baud}"),
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
                let (device, baud) = with_baud.unwrap_or((rest, DEFAULT_BAUD));
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
        for text in ["tcp:127.0.0.1:9001", "tcp:[::1]:9001", "serial:/dev/ttyACM0:115200"] {
            assert_eq!(text.parse::<Port>().unwrap().to_string(), text);
        }
        assert_eq!("serial:COM3".parse(), Ok(Port::Serial { device: "COM3".into(), baud: DEFAULT_BAUD }));
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
