//! A device's side of a connection, over HCI: the GATT service of `docs/protocol.md`.

use super::host::{Host, HostError, describe};
use super::pool::Pool;
use crate::link::{Characteristic, LinkError};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_time::Duration;
use std::convert::Infallible;
use trouble_host::prelude::*;
use wamr_proto::{MESSAGE_MAX, Message, uuid};

/// What stands behind the service. No method may block for long: the radio waits.
pub trait Service {
    /// A client connected.
    fn connected(&mut self);

    /// The client is gone.
    fn disconnected(&mut self);

    /// The client wrote to *data*.
    fn data(&mut self, value: &[u8]);

    /// The client wrote to *control*.
    fn control(&mut self, value: &[u8]);

    /// The value of *status*.
    fn status(&self) -> Message;

    /// The value of *result*.
    fn result(&self) -> Message;

    /// Does what is to be done, up to the next notification; `None` when nothing is left.
    fn poll(&mut self) -> Option<(Characteristic, Message)>;

    /// Waits until [`Service::poll`] has to be called again for reasons of its own.
    async fn work(&mut self);
}

/// Attributes: those of GAP and GATT, then per characteristic a declaration, a value and most often a descriptor.
const ATTRIBUTES: usize = GAP_SERVICE_ATTRIBUTE_COUNT + 1 + 5 * 3;

type Server<'a> = AttributeServer<'a, NoopRawMutex, Pool, ATTRIBUTES, 1>;
type GattLink<'a> = GattConnection<'static, 'a, Pool>;

/// Our characteristics in the attribute table.
struct Values {
    data: trouble_host::attribute::Characteristic<Message>,
    control: trouble_host::attribute::Characteristic<Message>,
    status: trouble_host::attribute::Characteristic<Message>,
    result: trouble_host::attribute::Characteristic<Message>,
    log: trouble_host::attribute::Characteristic<Message>,
}

/// Advertises and serves one client after the other, until the host stops.
///
/// # Errors
/// [`LinkError::Host`], always: there is no other end.
pub async fn serve(mut host: Host, name: &str, service: &mut impl Service) -> Result<Infallible, LinkError> {
    let mut storage = [[0; MESSAGE_MAX]; 5];
    let mut table = AttributeTable::<NoopRawMutex, ATTRIBUTES>::new();
    GapConfig::default(name).build(&mut table).map_err(|error| LinkError::Host(error.into()))?;
    let values = Values::add_to(&mut table, &mut storage);
    let server = Server::new(table);

    loop {
        let connection = advertise(&mut host, name, service).await?;
        let connection = match connection.with_attribute_server(&server) {
            Ok(connection) => connection,
            Err(error) => {
                log::debug!("a client could not be served: {error:?}");
                continue;
            }
        };
        service.connected();
        log::debug!("a client connected");
        let end = serve_client(&mut host, &values, &server, &connection, service).await;
        service.disconnected();
        log::debug!("the client is gone");
        end?;
    }
}

/// Waits for a client.
async fn advertise(
    host: &mut Host,
    name: &str,
    service: &mut impl Service,
) -> Result<Connection<'static, Pool>, LinkError> {
    let mut data = [0; 31];
    let structures = [
        AdStructure::Flags(LE_GENERAL_DISCOVERABLE | BR_EDR_NOT_SUPPORTED),
        AdStructure::CompleteServiceUuids128(&[uuid::SERVICE.to_le_bytes()]),
    ];
    let length = AdStructure::encode_slice(&structures, &mut data).expect("flags and a UUID fit");
    let mut answer = [0; 31];
    let answer_length = AdStructure::encode_slice(&[AdStructure::CompleteLocalName(name.as_bytes())], &mut answer)
        .map_err(|_| LinkError::Host("the device's name is too long".into()))?;
    let advertisement = Advertisement::ConnectableScannableUndirected {
        adv_data: &data[..length],
        scan_data: &answer[..answer_length],
    };
    let parameters = AdvertisementParameters {
        interval_min: Duration::from_millis(30),
        interval_max: Duration::from_millis(60),
        ..Default::default()
    };
    let failed = |error: HostError| LinkError::Host(format!("cannot advertise: {}", describe(&error)));
    'restart: loop {
        let mut peripheral = host.stack.peripheral();
        let accept = peripheral.advertise(&parameters, advertisement).await.map_err(failed)?.accept();
        tokio::pin!(accept);
        loop {
            // There is nobody to notify.
            while service.poll().is_some() {}
            tokio::select! {
                connection = &mut accept => match connection {
                    Ok(connection) => return Ok(connection),
                    Err(error) => {
                        log::debug!("advertising ended: {error:?}");
                        continue 'restart;
                    }
                },
                () = service.work() => {}
                why = host.stopped() => return Err(why),
            }
        }
    }
}

/// Serves a client until it is gone.
async fn serve_client(
    host: &mut Host,
    values: &Values,
    server: &Server<'_>,
    connection: &GattLink<'_>,
    service: &mut impl Service,
) -> Result<(), LinkError> {
    loop {
        while let Some((from, value)) = service.poll() {
            // An error is a client that does not listen, or is gone, which the next event tells.
            if let Err(error) = values.of(from).notify_raw(connection, &value, false).await {
                log::debug!("not notified: {error:?}");
            }
        }
        tokio::select! {
            event = connection.next() => match event {
                GattConnectionEvent::Disconnected { .. } => return Ok(()),
                GattConnectionEvent::Gatt { event } => values.handle(event, server, service).await,
                _ => {}
            },
            () = service.work() => {}
            why = host.stopped() => return Err(why),
        }
    }
}

impl Values {
    fn add_to<'a>(
        table: &mut AttributeTable<'a, NoopRawMutex, ATTRIBUTES>,
        storage: &'a mut [[u8; MESSAGE_MAX]; 5],
    ) -> Self {
        use CharacteristicProp::{Notify, Read, Write, WriteWithoutResponse};
        let [data, control, status, result, log] = storage;
        let mut service =
            table.add_service(trouble_host::attribute::Service::new(Uuid::new_long(uuid::SERVICE.to_le_bytes())));
        let mut add = |uuid: u128, props: &[CharacteristicProp], storage: &'a mut [u8]| {
            service.add_characteristic(Uuid::new_long(uuid.to_le_bytes()), props, Message::new(), storage).build()
        };
        Self {
            data: add(uuid::DATA, &[WriteWithoutResponse], data),
            control: add(uuid::CONTROL, &[Write, Notify], control),
            status: add(uuid::STATUS, &[Read, Notify], status),
            result: add(uuid::RESULT, &[Read, Notify], result),
            log: add(uuid::LOG, &[Notify], log),
        }
    }

    fn of(&self, characteristic: Characteristic) -> &trouble_host::attribute::Characteristic<Message> {
        match characteristic {
            Characteristic::Control => &self.control,
            Characteristic::Status => &self.status,
            Characteristic::Result => &self.result,
            Characteristic::Log => &self.log,
        }
    }

    /// Takes what the client wrote, and gives it what it reads. The rest, descriptors too, is the attribute table's.
    async fn handle(&self, event: GattEvent<'static, '_, Pool>, server: &Server<'_>, service: &mut impl Service) {
        let reply = match event {
            GattEvent::Write(write) if write.handle() == self.data.handle => {
                write.with_data(|_, value| service.data(value));
                write.accept_unprocessed()
            }
            GattEvent::Write(write) if write.handle() == self.control.handle => {
                write.with_data(|_, value| service.control(value));
                write.accept_unprocessed()
            }
            GattEvent::Read(read) => {
                let stored = match read.handle() {
                    handle if handle == self.status.handle => self.status.set(server, &service.status()),
                    handle if handle == self.result.handle => self.result.set(server, &service.result()),
                    _ => Ok(()),
                };
                stored.and_then(|()| read.accept())
            }
            other => other.accept(),
        };
        match reply {
            Ok(reply) => reply.send().await,
            Err(error) => log::warn!("a request stays without a reply: {error:?}"),
        }
    }
}
