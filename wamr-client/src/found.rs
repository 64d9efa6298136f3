//! Devices that advertise, and the choice of one of them.

use crate::Error;
use crate::link::Characteristic;
use std::time::Duration;
use wamr_proto::ATT_MTU_MIN;

/// Timeout of the search for a device, and of the attempt to connect to it.
pub(crate) const FIND_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for which the search continues after a device was found, for other matching devices.
pub(crate) const OTHERS_TIMEOUT: Duration = Duration::from_millis(500);

/// A device that advertises the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertiser {
    /// Its address, or the system's identifier for it.
    pub address: String,
    /// The name that it advertises, if any.
    pub name: Option<String>,
    /// The received signal strength in dBm, if the controller knows it.
    pub rssi: Option<i16>,
    /// Whether it is connected to a client, so that no other can connect. `None` if the system does not report it.
    pub busy: Option<bool>,
}

/// Time for which the search continues after only devices with a client were found. After its client disconnects, a device advertises as
/// busy for a moment.
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

/// The device does not have an optional characteristic.
pub(crate) fn missing(characteristic: Characteristic) -> Error {
    let what = if characteristic == Characteristic::Log { "log lines" } else { "messages" };
    Error::Unsuitable(format!("the device does not send {what} of apps to clients"))
}

/// The room of a connection with this ATT MTU, if it is enough for the protocol.
pub(crate) fn room_of(mtu: usize) -> Result<usize, Error> {
    if mtu < ATT_MTU_MIN {
        let why =
            format!("the connection carries {mtu} bytes at a time (its ATT MTU), the protocol needs {ATT_MTU_MIN}");
        return Err(Error::Unsuitable(why));
    }
    Ok(mtu - 3)
}
