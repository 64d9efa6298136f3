//! The Bluetooth controller that a user chooses.

use std::str::FromStr;
use wamr_client::Port;

/// The Bluetooth controller to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hci {
    /// The computer's own.
    #[default]
    System,
    /// The one behind a port.
    Port(Port),
}

impl FromStr for Hci {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "system" => Ok(Self::System),
            port => port.parse().map(Self::Port).map_err(|error| format!("{error}, or system")),
        }
    }
}
