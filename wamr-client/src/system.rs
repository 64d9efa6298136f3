//! A connection through the computer's own Bluetooth: BlueZ, macOS or Windows, reached with btleplug.
//!
//! The system handles pairing. Unlike the connection over HCI, no test covers this one, because it needs a radio.

use crate::Error;
use crate::found::{Advertiser, FIND_TIMEOUT, OTHERS_TIMEOUT, missing, only, room_of};
use crate::link::{Characteristic, Link, Notification};
use ::uuid::Uuid;
use btleplug::api::{
    self, Central, CentralEvent, CentralState, Manager as _, Peripheral as _, ScanFilter, ValueNotification, WriteType,
};
use btleplug::platform::{Adapter, Manager, Peripheral, PeripheralId};
use futures::stream::{Stream, StreamExt};
use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use wamr_proto::uuid;

const SERVICE: Uuid = Uuid::from_u128(uuid::SERVICE);

/// How long the system may take to end a connection.
const GOODBYE: Duration = Duration::from_secs(2);

type Boxed<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

/// A connected device.
pub struct SystemLink {
    peripheral: Peripheral,
    data: api::Characteristic,
    control: api::Characteristic,
    status: api::Characteristic,
    result: api::Characteristic,
    /// The characteristic on the device.
    log: Option<api::Characteristic>,
    message: Option<api::Characteristic>,
    room: usize,
    notifications: Boxed<ValueNotification>,
    events: Boxed<CentralEvent>,
}

impl SystemLink {
    /// Finds a device and connects to it: the one with `address` (on macOS: with that identifier), otherwise the only one
    /// that advertises our service.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn connect(address: Option<&str>) -> Result<Self, Error> {
        let adapter = adapter().await?;
        let mut events = adapter.events().await.map_err(host)?;
        adapter.start_scan(ScanFilter { services: vec![SERVICE] }).await.map_err(host)?;
        let found = find(&adapter, &mut events, address).await;
        adapter.stop_scan().await.map_err(host)?;
        let peripheral = found?;

        peripheral.connect_with_timeout(FIND_TIMEOUT).await.map_err(|error| match error {
            // The systems do not say whether an advertisement is one to connect to. A device that was heard a moment ago and does
            // not accept a connection has a client.
            btleplug::Error::TimedOut(_) => Error::Busy(vec![name(&peripheral)]),
            error => Error::lost(error),
        })?;
        match Self::open(peripheral.clone(), events).await {
            Ok(link) => Ok(link),
            Err(error) => {
                let _ = timeout(GOODBYE, peripheral.disconnect()).await; // the error above is reported
                Err(error)
            }
        }
    }

    async fn open(peripheral: Peripheral, events: Boxed<CentralEvent>) -> Result<Self, Error> {
        peripheral.discover_services_with_timeout(FIND_TIMEOUT).await.map_err(Error::lost)?;
        let characteristics = peripheral.characteristics();
        let find = |wanted| {
            let found = characteristics
                .iter()
                .find(|found| found.service_uuid == SERVICE && found.uuid == Uuid::from_u128(wanted));
            found.cloned().ok_or_else(|| Error::Unsuitable("the device does not have the service for uploads".into()))
        };
        let link = Self {
            data: find(uuid::DATA)?,
            control: find(uuid::CONTROL)?,
            status: find(uuid::STATUS)?,
            result: find(uuid::RESULT)?,
            log: find(uuid::LOG).ok(),
            message: find(uuid::MESSAGE).ok(),
            room: room_of(peripheral.mtu().into())?,
            notifications: peripheral.notifications().await.map_err(Error::lost)?,
            events,
            peripheral,
        };
        for characteristic in [&link.control, &link.status, &link.result] {
            if let Err(error) = link.peripheral.subscribe(characteristic).await {
                return Err(link.refused(error).await);
            }
        }
        Ok(link)
    }

    /// Why a device with which there is a connection does not let the client in: the systems do not say it in one way, but
    /// there is hardly another reason.
    async fn refused(&self, error: btleplug::Error) -> Error {
        if !self.peripheral.is_connected().await.unwrap_or(false) {
            return Error::lost(error);
        }
        Error::Pairing(format!(
            "the device refused this computer ({error}): pair the two in the settings of the system's Bluetooth, on Linux \
             with `bluetoothctl pair {}`",
            self.name()
        ))
    }

    fn characteristic(&self, uuid: Uuid) -> Option<Characteristic> {
        match uuid {
            uuid if uuid == self.control.uuid => Some(Characteristic::Control),
            uuid if uuid == self.status.uuid => Some(Characteristic::Status),
            uuid if uuid == self.result.uuid => Some(Characteristic::Result),
            uuid if self.log.as_ref().is_some_and(|log| uuid == log.uuid) => Some(Characteristic::Log),
            uuid if self.message.as_ref().is_some_and(|message| uuid == message.uuid) => Some(Characteristic::Message),
            _ => None,
        }
    }
}

impl Link for SystemLink {
    fn name(&self) -> String {
        name(&self.peripheral)
    }

    fn room(&self) -> usize {
        self.room
    }

    async fn write_data(&mut self, frame: &[u8]) -> Result<(), Error> {
        self.peripheral.write(&self.data, frame, WriteType::WithoutResponse).await.map_err(Error::lost)
    }

    async fn write_control(&mut self, request: &[u8]) -> Result<(), Error> {
        self.peripheral.write(&self.control, request, WriteType::WithResponse).await.map_err(Error::lost)
    }

    async fn listen(&mut self, to: Characteristic) -> Result<(), Error> {
        let found = if to == Characteristic::Log { &self.log } else { &self.message };
        self.peripheral.subscribe(found.as_ref().ok_or_else(|| missing(to))?).await.map_err(Error::lost)
    }

    async fn next(&mut self) -> Result<Notification, Error> {
        let gone = || Error::lost("it was closed");
        loop {
            tokio::select! {
                // In this order, because notifications that arrived before the end still count.
                biased;
                notification = self.notifications.next() => {
                    let ValueNotification { uuid, value, .. } = notification.ok_or_else(gone)?;
                    if let Some(from) = self.characteristic(uuid) {
                        return Ok(Notification { from, value });
                    }
                }
                event = self.events.next() => match event {
                    Some(CentralEvent::DeviceDisconnected(id)) if id == self.peripheral.id() => return Err(gone()),
                    Some(_) => {}
                    None => return Err(Error::Host("the system's Bluetooth service went away".into())),
                },
            }
        }
    }

    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, Error> {
        let characteristic = match characteristic {
            Characteristic::Control => &self.control,
            Characteristic::Status => &self.status,
            Characteristic::Result => &self.result,
            Characteristic::Log => self.log.as_ref().ok_or_else(|| missing(characteristic))?,
            Characteristic::Message => self.message.as_ref().ok_or_else(|| missing(characteristic))?,
        };
        self.peripheral.read(characteristic).await.map_err(Error::lost)
    }

    async fn close(self) {
        if let Ok(Err(error)) = timeout(GOODBYE, self.peripheral.disconnect()).await {
            log::debug!("disconnecting: {error}");
        }
    }
}

/// The computer's first Bluetooth adapter.
async fn adapter() -> Result<Adapter, Error> {
    let none = |why: String| Error::NoController(format!("this computer's Bluetooth cannot be used: {why}"));
    let manager = Manager::new().await.map_err(|error| none(error.to_string()))?;
    let adapters = manager.adapters().await.map_err(|error| none(error.to_string()))?;
    let adapter = adapters.into_iter().next().ok_or_else(|| none("there is no adapter".into()))?;
    match adapter.adapter_state().await {
        Ok(CentralState::PoweredOff) => Err(none("the adapter is switched off".into())),
        Ok(_) => Ok(adapter),
        Err(error) => Err(none(error.to_string())),
    }
}

/// Listens for a time for devices that advertise our service.
///
/// # Errors
/// [`Error::NoController`], [`Error::Host`].
pub async fn advertisers(time: Duration) -> Result<Vec<Advertiser>, Error> {
    let adapter = adapter().await?;
    let mut events = adapter.events().await.map_err(host)?;
    adapter.start_scan(ScanFilter { services: vec![SERVICE] }).await.map_err(host)?;
    let deadline = Instant::now() + time;
    let mut found = HashMap::new();
    while let Ok(Some(event)) = timeout_at(deadline, events.next()).await {
        let Some(id) = heard(event) else { continue };
        let Ok(peripheral) = adapter.peripheral(&id).await else { continue };
        let Some(properties) = peripheral.properties().await.ok().flatten() else { continue };
        if properties.services.contains(&SERVICE) {
            let advertiser = Advertiser {
                address: name(&peripheral),
                name: properties.local_name,
                rssi: properties.rssi,
                busy: None,
            };
            found.insert(id, advertiser);
        }
    }
    adapter.stop_scan().await.map_err(host)?;
    Ok(found.into_values().collect())
}

/// The device that advertises, if the event is about one.
fn heard(event: CentralEvent) -> Option<PeripheralId> {
    match event {
        CentralEvent::DeviceDiscovered(id)
        | CentralEvent::DeviceUpdated(id)
        | CentralEvent::ServicesAdvertisement { id, .. }
        | CentralEvent::RssiUpdate { id, .. } => Some(id),
        _ => None,
    }
}

/// Listens until the device is found.
async fn find(adapter: &Adapter, events: &mut Boxed<CentralEvent>, wanted: Option<&str>) -> Result<Peripheral, Error> {
    // Only devices that advertise now: the system remembers devices that are long gone.
    let mut found: HashMap<PeripheralId, Peripheral> = HashMap::new();
    let mut deadline = Instant::now() + FIND_TIMEOUT;
    while let Ok(Some(event)) = timeout_at(deadline, events.next()).await {
        let Some(id) = heard(event) else { continue };
        let Ok(peripheral) = adapter.peripheral(&id).await else { continue };
        match wanted {
            Some(wanted) => {
                if name(&peripheral).eq_ignore_ascii_case(wanted) {
                    return Ok(peripheral);
                }
            }
            None => {
                let properties = peripheral.properties().await.ok().flatten();
                if properties.is_some_and(|properties| properties.services.contains(&SERVICE)) {
                    if found.is_empty() {
                        deadline = Instant::now() + OTHERS_TIMEOUT;
                    }
                    found.insert(id, peripheral);
                }
            }
        }
    }
    only(wanted, found.into_values().map(|peripheral| (name(&peripheral), peripheral)), Vec::new())
}

/// The device's address, or the system's identifier if the system hides the address (macOS).
fn name(peripheral: &Peripheral) -> String {
    if cfg!(target_vendor = "apple") { peripheral.id().to_string() } else { peripheral.address().to_string() }
}

fn host(error: btleplug::Error) -> Error {
    Error::Host(format!("this computer's Bluetooth failed: {error}"))
}
