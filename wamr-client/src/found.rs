//! Devices that advertise, and which of them is meant.

use crate::Error;
use std::time::Duration;
use wamr_proto::ATT_MTU_MIN;

/// How long to look for a device, and how long to try to connect to it.
pub(crate) const FIND_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to look on after a device was found, for others that could be meant as well.
pub(crate) const OTHERS_TIMEOUT: Duration = Duration::from_millis(500);

/// A device that advertises the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertiser {
    /// Its address, or what the system calls it.
    pub address: String,
    /// The name that it advertises, if any.
    pub name: Option<String>,
    /// How strong its signal is received, in dBm, if the controller knows.
    pub rssi: Option<i16>,
    /// Whether it is connected to a client, so that no other can connect. `None` if the system does not say.
    pub busy: Option<bool>,
}

/// How long to go on looking after only devices were heard that are connected to a client. One whose client has just gone advertises
/// like that for a moment more.
#[cfg(feature = "hci")]
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The only device that was found, of those that were found with their addresses; `busy` are the addresses of others that are
/// connected to a client.
pub(crate) fn only<T>(
    wanted: Option<&str>,
    found: impl Iterator<Item = (String, T)>,
    busy: Vec<String>,
) -> Result<T, Error> {
    let (mut addresses, mut devices): (Vec<_>, Vec<_>) = found.unzip();
    match (devices.pop(), devices.is_empty()) {
        (None, _) if busy.is_empty() => Err(Error::NotFound(wanted.map(str::to_owned))),
        (None, _) => Err(Error::Busy(busy)),
        (Some(device), true) => Ok(device),
        (Some(_), false) => {
            addresses.sort();
            Err(Error::Ambiguous(addresses))
        }
    }
}

/// The device offers no log.
pub(crate) fn no_log() -> Error {
    Error::Unsuitable("the device does not tell what apps log".into())
}

/// The room of a connection with this ATT MTU, if the protocol can live with it.
pub(crate) fn room_of(mtu: usize) -> Result<usize, Error> {
    if mtu < ATT_MTU_MIN {
        let why =
            format!("the connection carries {mtu} bytes at a time (its ATT MTU), the protocol needs {ATT_MTU_MIN}");
        return Err(Error::Unsuitable(why));
    }
    Ok(mtu - 3)
}
