//! What an upload needs of a connection to a device, whatever Bluetooth host makes it.

use std::fmt::Display;
use std::time::Duration;
use wamr_proto::ATT_MTU_MIN;

/// How long to look for a device, and how long to try to connect to it.
pub const FIND_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to look on after a device was found, for others that could be meant as well.
pub const OTHERS_TIMEOUT: Duration = Duration::from_millis(500);

/// The characteristics that can be read and that notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characteristic {
    /// Requests, notified responses.
    Control,
    /// The status.
    Status,
    /// The receipt of the last run.
    Result,
    /// What apps log. It notifies only, and only who asked for it.
    Log,
}

/// A value that a device sent by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Where it came from.
    pub from: Characteristic,
    /// Its bytes.
    pub value: Vec<u8>,
}

/// A device that advertises our service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertiser {
    /// Its address, or what the system calls it.
    pub address: String,
    /// The name that it advertises, if any.
    pub name: Option<String>,
    /// How strong its signal is received, in dBm, if the controller knows.
    pub rssi: Option<i16>,
}

/// Why there is no connection, or none any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No device advertises that could be meant: none with the service, or not the one with this address.
    #[error("{}", not_found(.0.as_deref()))]
    NotFound(Option<String>),
    /// Several devices were found that could be meant; their addresses, ready to print.
    #[error("several devices found: {0}")]
    Ambiguous(String),
    /// The connection ended, or could not be made.
    #[error("{0}")]
    Lost(String),
    /// The device does not know this computer, and could not be paired with it.
    #[error("{0}")]
    Pairing(String),
    /// The device has lost its bond with this computer; why it was not paired again.
    #[error("the device has lost its bond with this computer: {0}")]
    BondLost(String),
    /// The device is not one that this program can talk to.
    #[error("{0}")]
    Unsuitable(String),
    /// There is no Bluetooth adapter or controller that answers; why.
    #[error("{0}")]
    NoController(String),
    /// The computer's side of Bluetooth does not work.
    #[error("{0}")]
    Host(String),
}

impl LinkError {
    /// What the user can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotFound(_) => {
                "check that the device is on and near, and that no other client is connected to it: a device with a client does not \
                 advertise. `wamrctl devices` lists the devices that do"
            }
            Self::Ambiguous(_) => "choose one with --address",
            Self::Lost(_) => "try again: an upload goes on where it was",
            Self::Pairing(_) => "put the device into pairing mode, by its button or a restart, and try again",
            Self::BondLost(_) => {
                "put the device into pairing mode, by its button or a restart, and try again; `wamrctl bonds forget` removes this \
                 computer's side of the bond"
            }
            Self::Unsuitable(_) => "check that the device's firmware and this program are of the same version",
            Self::NoController(_) => {
                "check that the Bluetooth adapter or controller is attached and switched on, and that no other program has it; --hci \
                 chooses a controller"
            }
            Self::Host(_) => "check the Bluetooth adapter or controller; --hci chooses one",
        }
    }

    /// The only device that was found, of those that were found with their names.
    pub fn only<T>(wanted: Option<&str>, found: impl Iterator<Item = (String, T)>) -> Result<T, Self> {
        let (mut names, mut devices): (Vec<_>, Vec<_>) = found.unzip();
        match (devices.pop(), devices.is_empty()) {
            (None, _) => Err(Self::NotFound(wanted.map(str::to_owned))),
            (Some(device), true) => Ok(device),
            (Some(_), false) => {
                names.sort();
                Err(Self::Ambiguous(names.join(", ")))
            }
        }
    }

    /// A failure of the connection that the Bluetooth host explains.
    pub fn lost(error: impl Display) -> Self {
        Self::Lost(format!("the connection to the device failed: {error}"))
    }
}

fn not_found(address: Option<&str>) -> String {
    match address {
        Some(address) => format!("no device with the address {address} advertises"),
        None => "no device advertises the service for uploads".into(),
    }
}

/// A connection to a device, subscribed to its notifications.
///
/// The futures may be dropped at any time without losing a notification.
pub trait Link {
    /// What to call the device: its address.
    fn name(&self) -> String;

    /// Bytes that one write or notification can carry.
    fn room(&self) -> usize;

    /// Writes a frame to *data*, without a response. Waits while the radio is busy.
    async fn write_data(&mut self, frame: &[u8]) -> Result<(), LinkError>;

    /// Writes a request to *control* and waits until the device has it.
    async fn write_control(&mut self, request: &[u8]) -> Result<(), LinkError>;

    /// Asks the device to notify of what apps log.
    async fn listen(&mut self) -> Result<(), LinkError>;

    /// Waits for the next notification.
    async fn next(&mut self) -> Result<Notification, LinkError>;

    /// Reads a value.
    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, LinkError>;

    /// Ends the connection in good order.
    async fn close(self);
}

/// The device offers no log.
pub fn no_log() -> LinkError {
    LinkError::Unsuitable("the device does not tell what apps log".into())
}

/// The room of a connection with this ATT MTU, if the protocol can live with it.
pub fn room_of(mtu: usize) -> Result<usize, LinkError> {
    if mtu < ATT_MTU_MIN {
        let why =
            format!("the connection carries {mtu} bytes at a time (its ATT MTU), the protocol needs {ATT_MTU_MIN}");
        return Err(LinkError::Unsuitable(why));
    }
    Ok(mtu - 3)
}
