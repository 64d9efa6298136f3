//! A Bluetooth LE peripheral, over HCI: the GATT service of `docs/protocol.md`.

mod admission;
mod advertising;

pub use admission::{Admission, Pairing, PairingEvent};

use crate::{Endpoint, Error, Transport, Wish};
use admission::Verdict;
use advertising::Advertisement;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use std::time::Instant;
use trouble_host::att::{AttClient, AttCmd, AttErrorCode, AttReq};
use trouble_host::prelude::*;
use wamr_proto::{ATT_ERROR_MTU_TOO_SMALL, ATT_MTU_MIN, MESSAGE_MAX, Message, uuid};
use wamr_transport::Characteristic;
use wamr_transport::Port;
use wamr_transport::hci::{Deaf, Host, Pool};

/// Attributes: those of GAP and GATT, then per characteristic a declaration, a value and most often a descriptor.
const ATTRIBUTES: usize = GAP_SERVICE_ATTRIBUTE_COUNT + 1 + CHARACTERISTICS * 3;

/// Those of the service.
const CHARACTERISTICS: usize = 6;

type Server<'a> = AttributeServer<'a, NoopRawMutex, Pool, ATTRIBUTES, 1>;
type GattLink<'a> = GattConnection<'static, 'a, Pool>;

/// Our characteristics in the attribute table.
struct Values {
    data: trouble_host::attribute::Characteristic<Message>,
    control: trouble_host::attribute::Characteristic<Message>,
    status: trouble_host::attribute::Characteristic<Message>,
    result: trouble_host::attribute::Characteristic<Message>,
    log: trouble_host::attribute::Characteristic<Message>,
    message: trouble_host::attribute::Characteristic<Message>,
}

/// A Bluetooth controller as the radio of a twin.
pub struct Peripheral {
    host: Host,
    name: String,
    admission: Admission,
}

impl Peripheral {
    /// Starts the Bluetooth host with this address and name, for clients that `admission` lets in. Call it on a
    /// [`LocalSet`](tokio::task::LocalSet), where the host's tasks run from then on.
    ///
    /// # Errors
    /// [`Error::NoController`].
    pub async fn start(port: &Port, address: Address, name: &str, admission: Admission) -> Result<Self, Error> {
        let host = Host::start(port, address, Deaf).await?;
        Ok(Self { host, name: name.into(), admission })
    }
}

impl Transport for Peripheral {
    /// Advertises and serves one client after the other, until the Bluetooth host stops, which is an error.
    async fn serve(self, endpoint: &mut Endpoint) -> Result<(), Error> {
        let Self { mut host, name, mut admission } = self;
        let advertisement = Advertisement::new(&name)?;
        admission.prepare(host.stack);
        let mut storage = [[0; MESSAGE_MAX]; CHARACTERISTICS];
        let mut table = AttributeTable::<NoopRawMutex, ATTRIBUTES>::new();
        GapConfig::default(&name).build(&mut table).map_err(|error| Error::Transport(error.into()))?;
        let values = Values::add_to(&mut table, &mut storage, admission.permission());
        let server = Server::new(table);

        loop {
            let connection = advertisement.wait_for_client(&mut host, endpoint).await?;
            let connection = match connection.with_attribute_server(&server) {
                Ok(connection) => connection,
                Err(error) => {
                    log::debug!("a client could not be served: {error:?}");
                    continue;
                }
            };
            log::debug!("a client connected");
            let _busy = advertisement.busy(&host).await;
            let mut client = Guest { admission: &mut admission, admitted: false, leaves: None };
            let end = client.serve(&mut host, &values, &server, &connection, endpoint).await;
            if client.admitted {
                endpoint.disconnected();
            }
            log::debug!("the client is gone");
            end?;
        }
    }
}

/// A client that is connected.
struct Guest<'a> {
    admission: &'a mut Admission,
    /// Whether the endpoint knows of it.
    admitted: bool,
    /// When the connection is to end.
    leaves: Option<Instant>,
}

impl Guest<'_> {
    /// Serves it until it is gone.
    async fn serve(
        &mut self,
        host: &mut Host,
        values: &Values,
        server: &Server<'_>,
        connection: &GattLink<'_>,
        endpoint: &mut Endpoint,
    ) -> Result<(), Error> {
        let verdict = self.admission.connected(connection.raw());
        self.heed(verdict, connection, endpoint);
        loop {
            // Not before it may use the endpoint, as for notifications.
            endpoint.wants_messages(self.admitted && values.message.should_notify(connection));
            while let Some(wish) = endpoint.poll() {
                match wish {
                    // Not before it may use the endpoint. Its address alone has the subscriptions of the client that it belongs to.
                    Wish::Notify(..) if !self.admitted => {}
                    // The host would cut it.
                    Wish::Notify(_, value) if value.len() + 3 > connection.raw().att_mtu().into() => {}
                    // An error is a client that does not listen, or is gone, which the next event tells.
                    Wish::Notify(from, value) => {
                        if let Err(error) = values.of(from).notify_raw(connection, &value, false).await {
                            log::debug!("not notified: {error:?}");
                        }
                    }
                    Wish::Bonds(op) => {
                        let current = connection.raw().peer_address();
                        let (bond, leaves) = self.admission.perform(op, host.stack, Some(current));
                        self.leaves = self.leaves.or(leaves);
                        endpoint.bonds(bond);
                    }
                }
            }
            let leaves = self.leaves;
            let leave = async {
                match leaves {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = connection.next() => match event {
                    GattConnectionEvent::Disconnected { .. } => return Ok(()),
                    GattConnectionEvent::Gatt { event } => values.handle(event, connection.raw(), server, endpoint).await,
                    event => {
                        let verdict = self.admission.handle(&event, host.stack);
                        self.heed(verdict, connection, endpoint);
                    }
                },
                () = endpoint.work() => {}
                () = leave => {
                    self.leaves = None;
                    connection.raw().disconnect();
                }
                why = host.stopped() => return Err(why.into()),
            }
        }
    }

    fn heed(&mut self, verdict: Verdict, connection: &GattLink<'_>, endpoint: &mut Endpoint) {
        match verdict {
            Verdict::Admit if !self.admitted => {
                self.admitted = true;
                endpoint.connected(self.admission.role(connection.raw().peer_address()));
            }
            Verdict::Wait | Verdict::Admit => {}
            Verdict::HangUp => connection.raw().disconnect(),
        }
    }
}

impl Values {
    fn add_to<'a>(
        table: &mut AttributeTable<'a, NoopRawMutex, ATTRIBUTES>,
        storage: &'a mut [[u8; MESSAGE_MAX]; CHARACTERISTICS],
        permission: PermissionLevel,
    ) -> Self {
        use CharacteristicProp::{Notify, Read, Write, WriteWithoutResponse};
        let [data, control, status, result, log, message] = storage;
        let mut service =
            table.add_service(trouble_host::attribute::Service::new(Uuid::new_long(uuid::SERVICE.to_le_bytes())));
        let mut add = |uuid: u128, props: &[CharacteristicProp], storage: &'a mut [u8]| {
            let added = service.add_characteristic(Uuid::new_long(uuid.to_le_bytes()), props, Message::new(), storage);
            let given = |given| if given { permission } else { PermissionLevel::NotAllowed };
            let added = added
                .read_permission(given(props.iter().any(|prop| matches!(prop, Read))))
                .write_permission(given(props.iter().any(|prop| matches!(prop, Write | WriteWithoutResponse))));
            let notifies = props.iter().any(|prop| matches!(prop, Notify));
            if notifies { added.cccd_permission(permission).build() } else { added.build() }
        };
        Self {
            data: add(uuid::DATA, &[WriteWithoutResponse], data),
            control: add(uuid::CONTROL, &[Write, Notify], control),
            status: add(uuid::STATUS, &[Read, Notify], status),
            result: add(uuid::RESULT, &[Read, Notify], result),
            log: add(uuid::LOG, &[Notify], log),
            message: add(uuid::MESSAGE, &[Notify], message),
        }
    }

    fn of(&self, characteristic: Characteristic) -> &trouble_host::attribute::Characteristic<Message> {
        match characteristic {
            Characteristic::Control => &self.control,
            Characteristic::Status => &self.status,
            Characteristic::Result => &self.result,
            Characteristic::Log => &self.log,
            Characteristic::Message => &self.message,
        }
    }

    fn all(&self) -> [&trouble_host::attribute::Characteristic<Message>; CHARACTERISTICS] {
        [&self.data, &self.control, &self.status, &self.result, &self.log, &self.message]
    }

    /// Whether the write is a subscription, or a request, so that notifications follow.
    fn is_notified_after(&self, write: &WriteEvent<'static, '_, Pool>) -> bool {
        let subscribes = self.all().iter().any(|characteristic| characteristic.cccd_handle == Some(write.handle()));
        write.handle() == self.control.handle || subscribes && write.with_data(|_, value| value != [0, 0])
    }

    /// Whether it was refused for the link's security alone.
    fn takes_security(&self, refused: AttClient<'_>) -> bool {
        match refused {
            AttClient::Request(AttReq::Read { handle } | AttReq::ReadBlob { handle, .. }) => {
                handle == self.status.handle || handle == self.result.handle
            }
            AttClient::Request(AttReq::Write { handle, .. }) | AttClient::Command(AttCmd::Write { handle, .. }) => {
                handle == self.data.handle
                    || handle == self.control.handle
                    || self.all().iter().any(|characteristic| characteristic.cccd_handle == Some(handle))
            }
            _ => false,
        }
    }

    /// Takes what the client wrote, and gives it what it reads. The rest, descriptors too, is the attribute table's.
    async fn handle(
        &self,
        event: GattEvent<'static, '_, Pool>,
        connection: &Connection<'static, Pool>,
        server: &Server<'_>,
        endpoint: &mut Endpoint,
    ) {
        let reply = match event {
            GattEvent::Write(write)
                if self.is_notified_after(&write) && usize::from(connection.att_mtu()) < ATT_MTU_MIN =>
            {
                write.reject(AttErrorCode::new(ATT_ERROR_MTU_TOO_SMALL))
            }
            GattEvent::Write(write) if write.handle() == self.data.handle => {
                write.with_data(|_, value| endpoint.data(value));
                write.accept_unprocessed()
            }
            GattEvent::Write(write) if write.handle() == self.control.handle => {
                write.with_data(|_, value| endpoint.control(value));
                write.accept_unprocessed()
            }
            GattEvent::Read(read) => {
                let stored = match read.handle() {
                    handle if handle == self.status.handle => {
                        self.status.set(server, &endpoint.value(Characteristic::Status))
                    }
                    handle if handle == self.result.handle => {
                        self.result.set(server, &endpoint.value(Characteristic::Result))
                    }
                    _ => Ok(()),
                };
                stored.and_then(|()| read.accept())
            }
            // The attribute server would answer a command, too, and the client take that for the answer to its next request.
            GattEvent::NotAllowed(refused) if matches!(refused.payload().incoming(), AttClient::Command(_)) => {
                drop(refused.into_payload());
                return;
            }
            // As the Core specification has it (Vol 3, Part C, 10.3.1): the client has a key and is to use it.
            GattEvent::NotAllowed(refused)
                if self.takes_security(refused.payload().incoming())
                    && connection.is_bonded_peer()
                    && connection.security_level().is_ok_and(|level| !level.encrypted()) =>
            {
                refused.reject(AttErrorCode::INSUFFICIENT_ENCRYPTION)
            }
            other => other.accept(),
        };
        match reply {
            Ok(reply) => reply.send().await,
            Err(error) => log::warn!("a request stays without a reply: {error:?}"),
        }
    }
}
