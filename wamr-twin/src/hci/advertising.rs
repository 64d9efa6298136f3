//! Says that the device is there: to clients that may connect, and to others while one is connected.

use crate::{Endpoint, Error, Wish};
use embassy_time::Duration;
use trouble_host::advertise::Advertisement as Kind;
use trouble_host::peripheral::Advertiser;
use trouble_host::prelude::*;
use wamr_proto::uuid;
use wamr_transport::hci::{Controller, Host, HostError, Pool, describe};

/// How often to advertise to clients that may connect, in milliseconds.
const OFTEN: (u64, u64) = (30, 60);

/// How often to tell other clients that one is connected.
const SELDOM: (u64, u64) = (250, 500);

/// What the device advertises.
pub struct Advertisement {
    data: Encoded,
    scan_response: Encoded,
}

/// At most 31 bytes.
struct Encoded {
    bytes: [u8; 31],
    length: usize,
}

impl Encoded {
    fn new(structures: &[AdStructure<'_>]) -> Option<Self> {
        let mut bytes = [0; 31];
        let length = AdStructure::encode_slice(structures, &mut bytes).ok()?;
        Some(Self { bytes, length })
    }

    fn get(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Advertisement {
    /// That of a device with this name.
    ///
    /// # Errors
    /// [`Error::Transport`] when the name is too long.
    pub fn new(name: &str) -> Result<Self, Error> {
        let data = Encoded::new(&[
            AdStructure::Flags(LE_GENERAL_DISCOVERABLE | BR_EDR_NOT_SUPPORTED),
            AdStructure::CompleteServiceUuids128(&[uuid::SERVICE.to_le_bytes()]),
        ]);
        let scan_response = Encoded::new(&[AdStructure::CompleteLocalName(name.as_bytes())]);
        let long = || Error::Transport("the device's name is too long".into());
        Ok(Self { data: data.expect("flags and a UUID fit"), scan_response: scan_response.ok_or_else(long)? })
    }

    /// Advertises until a client connects.
    ///
    /// # Errors
    /// [`Error::Transport`] when the host fails.
    pub async fn wait_for_client(
        &self,
        host: &mut Host,
        endpoint: &mut Endpoint,
    ) -> Result<Connection<'static, Pool>, Error> {
        let failed = |error: HostError| Error::Transport(format!("cannot advertise: {}", describe(&error)));
        let kind =
            Kind::ConnectableScannableUndirected { adv_data: self.data.get(), scan_data: self.scan_response.get() };
        'restart: loop {
            let mut peripheral = host.stack.peripheral();
            let accept = peripheral.advertise(&every(OFTEN), kind).await.map_err(failed)?.accept();
            tokio::pin!(accept);
            loop {
                // There is nobody to notify.
                while let Some(wish) = endpoint.poll() {
                    if let Wish::Bonds(_) = wish {
                        endpoint.bonds(None);
                    }
                }
                tokio::select! {
                    connection = &mut accept => match connection {
                        Ok(connection) => return Ok(connection),
                        Err(error) => {
                            log::debug!("advertising ended: {error:?}");
                            continue 'restart;
                        }
                    },
                    () = endpoint.work() => {}
                    why = host.stopped() => return Err(why.into()),
                }
            }
        }
    }

    /// Advertises that the device is there, but that nobody can connect now, as long as the result lives. Clients can do without,
    /// so that a failure is only logged.
    pub async fn busy(&self, host: &Host) -> Option<Advertiser<'static, Controller, Pool>> {
        let kind =
            Kind::NonconnectableScannableUndirected { adv_data: self.data.get(), scan_data: self.scan_response.get() };
        let advertiser = host.stack.peripheral().advertise(&every(SELDOM), kind).await;
        advertiser.inspect_err(|error| log::warn!("cannot advertise while connected: {}", describe(error))).ok()
    }
}

fn every((shortest, longest): (u64, u64)) -> AdvertisementParameters {
    AdvertisementParameters {
        interval_min: Duration::from_millis(shortest),
        interval_max: Duration::from_millis(longest),
        ..Default::default()
    }
}
