//! A client's connection to a device, over HCI.

mod scan;
mod secure;

pub use scan::advertisers;
pub use secure::Security;
use wamr_transport::Port;
pub use wamr_transport::hci::{Bonds, BondsError, in_words, static_address};

use crate::Error;
use crate::agent::Agent;
use crate::found::{FIND_TIMEOUT, missing, room_of};
use crate::link::{Characteristic, Link, Notification};
use bt_hci::param::{PhyKind, Status};
use embassy_time::{Duration, Instant};
use scan::{Ears, Reports, find};
use secure::Step;
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use tokio::sync::{mpsc, watch};
use trouble_host::prelude::*;
use wamr_transport::hci::{Controller, Host, HostError, Pool, Stack, describe};

/// The payload of a link layer packet with data length extension, and its air time on the 1M PHY in microseconds.
const DATA_LENGTH: (u16, u16) = (251, 2120);

/// The longest connection interval, and the time without a packet after which a connection is lost. While a module is uploaded, the
/// device cannot make them worse: a slow interval or a few lost packets would cost more than the device saves.
const INTERVAL: Duration = Duration::from_millis(15);
const SUPERVISION_TIMEOUT: Duration = Duration::from_secs(4);

/// An upload goes on for this long after a data frame.
const UPLOADING: Duration = Duration::from_secs(3);

/// Services that a device may have besides ours, and characteristics of ours.
const SERVICES: usize = 8;
const CHARACTERISTICS: usize = 8;

type Client = GattClient<'static, Controller, Pool, SERVICES>;

/// The central: makes one connection after the other.
pub struct Central<A> {
    host: Host,
    reports: Reports,
    security: Security<A>,
}

/// A connected device.
pub struct HciLink {
    connection: Connection<'static, Pool>,
    client: Rc<Client>,
    handles: Handles,
    room: usize,
    /// When the last data frame was sent.
    last_data: Rc<Cell<Option<Instant>>>,
    notifications: mpsc::UnboundedReceiver<Notification>,
    lost: watch::Receiver<Option<Error>>,
}

/// The handles of the characteristics' values on the device.
#[derive(Clone, Copy)]
struct Handles {
    data: u16,
    control: u16,
    status: u16,
    result: u16,
    /// The value and its descriptor, if the device has it.
    log: Option<(u16, u16)>,
    /// Like `log`.
    message: Option<(u16, u16)>,
}

impl<A: Agent> Central<A> {
    /// Starts the Bluetooth host.
    ///
    /// Call it on a [`LocalSet`](tokio::task::LocalSet), where the host's tasks run from then on.
    ///
    /// # Errors
    /// [`Error::NoController`].
    pub async fn start(port: &Port, security: Security<A>) -> Result<Self, Error> {
        let (ears, reports) = Ears::new();
        let host = Host::start(port, security.bonds.own_address(), ears).await?;
        host.stack.set_io_capabilities(secure::CAPABILITIES);
        Ok(Self { host, reports, security })
    }

    /// Finds a device and connects to it: the one with `address`, otherwise the only one that advertises our service. Makes
    /// the connection secure if the device requires that, or has required it before. Only one connection at a time is possible.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn connect(&mut self, address: Option<&str>) -> Result<HciLink, Error> {
        let stack = self.host.stack;
        // Devices found earlier may be gone.
        while self.reports.try_recv().is_ok() {}
        let device = find(stack, &mut self.reports, address).await?;
        if let Some(bond) = self.security.bonds.get(device) {
            stack.add_bond_information(bond).map_err(|error| lost(BleHostError::BleHost(error)))?;
        }
        let connection = connect(stack, device).await?;
        log::debug!("connected to {}", in_words(device));
        match HciLink::open(self.host.clone(), connection, &mut self.security).await {
            // Some hosts disconnect if they do not know the key. Without it, they pair or report that they do not.
            Err(Error::BondLost(why)) if self.security.bonds.get(device).is_some() && why == HUNG_UP => {
                secure::offer(&mut self.security).await?;
                self.forget(device)?;
                let device = find(stack, &mut self.reports, Some(&in_words(device))).await?;
                let connection = connect(stack, device).await?;
                HciLink::open(self.host.clone(), connection, &mut self.security).await
            }
            opened => opened,
        }
    }

    /// Removes the bond with a device from the host. The file keeps it until there is another one.
    fn forget(&mut self, device: Address) -> Result<(), Error> {
        if let Some(bond) = self.security.bonds.get(device) {
            let removed = self.host.stack.remove_bond_information(bond.identity);
            removed.map_err(|error| lost(BleHostError::BleHost(error)))?;
        }
        Ok(())
    }
}

/// Maximum time between the end of a connection and the event with its reason.
const SOON: std::time::Duration = std::time::Duration::from_millis(500);

/// The reason for considering a bond lost if the device gives none.
const HUNG_UP: &str = "the device hung up when it was to use it";

impl HciLink {
    async fn open(
        mut host: Host,
        connection: Connection<'static, Pool>,
        security: &mut Security<impl Agent>,
    ) -> Result<Self, Error> {
        let stack = host.stack;
        let bonded = security.bonds.get(connection.peer_address()).is_some();
        // Both make an upload faster, but an old controller may refuse them.
        if let Err(error) = connection.update_data_length(stack, DATA_LENGTH.0, DATA_LENGTH.1).await {
            log::debug!("data length stays: {}", describe(&error));
        }
        if let Err(error) = connection.set_phy(stack, PhyKind::Le2M).await {
            log::debug!("PHY stays: {}", describe(&error));
        }
        // This also negotiates the MTU.
        let client = match Client::new(stack, &connection).await {
            Ok(client) => client,
            Err(error) => return Err(farewell(&connection, bonded, lost(error)).await),
        };
        let client = Rc::new(client);
        let room = room_of(connection.att_mtu().into())?;

        let (notify, notifications) = mpsc::unbounded_channel();
        let (lose, lost_reason) = watch::channel(None);
        let (events, listening) = (connection.clone(), client.clone());
        let last_data = Rc::new(Cell::new(None::<Instant>));
        let uploads = last_data.clone();
        let (known, mut knows) = watch::channel(None::<Handles>);
        let (step, mut steps) = mpsc::unbounded_channel();
        tokio::task::spawn_local(async move {
            let task = listening.task();
            tokio::pin!(task);
            // No notification arrives before the client's first task has run.
            let mut listener = listening.listen_all().expect("the only listener");
            let why = loop {
                tokio::select! {
                    // In this order, because notifications that arrived before the end still count, and events have the reason for it.
                    biased;
                    notification = listener.next() => {
                        let Some(handles) = *knows.borrow_and_update() else { continue };
                        if let Some(from) = handles.characteristic(notification.handle()) {
                            let value = notification.as_ref().to_vec();
                            let _ = notify.send(Notification { from, value }); // the receiver is gone: closing
                        }
                    }
                    event = events.next() => match event {
                        ConnectionEvent::Disconnected { reason } => break ended(reason, bonded),
                        ConnectionEvent::RequestConnectionParams(request) => {
                            let answered = if uploads.get().is_some_and(|last| last.elapsed() < UPLOADING) && is_slow(request.params()) {
                                request.reject(stack).await
                            } else {
                                request.accept(None, stack).await
                            };
                            if let Err(error) = answered {
                                log::debug!("connection parameters stay: {}", describe(&error));
                            }
                        }
                        event => {
                            if let Some(next) = Step::of(event) {
                                let _ = step.send(next); // the connection is secure already
                            }
                        }
                    },
                    why = host.stopped() => break why.into(),
                    end = &mut task => {
                        let error = end.map_or_else(lost, |()| Error::lost("the client's task ended"));
                        break farewell(&events, bonded, error).await;
                    }
                }
            };
            log::debug!("{why}");
            lose.send_replace(Some(why));
        });

        let handles = Handles::NONE;
        let mut link = Self { connection, client, handles, room, last_data, notifications, lost: lost_reason };
        let discovered = link.while_connected(discover(&link.client)).await;
        let (handles, descriptors) = match discovered {
            // The end of the connection may be reported before its reason.
            Err(Error::Lost(_)) => return Err(link.reason_soon().await),
            discovered => discovered?,
        };
        link.handles = handles;
        known.send_replace(Some(handles));
        let wanted = link.connection.is_bonded_peer() || link.wants_security().await?;
        if wanted {
            let secured = link.while_connected(secure::secure(&link.connection, &mut steps, security)).await;
            secured.map_err(|error| match error {
                Error::Lost(why) => Error::Pairing(format!("the device did not pair: {why}")),
                error => error,
            })?;
        }
        for descriptor in descriptors {
            link.subscribe(descriptor).await?;
        }
        Ok(link)
    }

    /// The address at which the device can be found again; `None` if it changes from time to time to protect its privacy.
    pub fn lasting_address(&self) -> Option<String> {
        let address = self.connection.peer_address();
        let is_resolvable = address.kind == AddrKind::RANDOM && address.addr.raw()[5] >> 6 == 0b01;
        (!is_resolvable).then(|| in_words(address))
    }

    async fn subscribe(&self, descriptor: u16) -> Result<(), Error> {
        let write = self.client.write_handle(descriptor, &[1, 0]);
        self.while_connected(async { write.await.map_err(|error| refused("subscribing", error)) }).await
    }

    /// Performs an operation unless the connection ends. trouble-host itself would wait, or report success.
    async fn while_connected<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let mut lost = self.lost.clone();
        tokio::select! {
            biased;
            _ = lost.wait_for(Option::is_some) => Err(self.reason()),
            done = work => done,
        }
    }

    /// Whether the device refuses access until the connection is secure.
    async fn wants_security(&self) -> Result<bool, Error> {
        let mut value = vec![0; self.room + 1];
        let read = self.client.read_handle(self.handles.status, &mut value);
        self.while_connected(async {
            match read.await {
                Ok(_) => Ok(false),
                Err(error) if secure::is_wanted(&error) => Ok(true),
                Err(error) => Err(refused("reading", error)),
            }
        })
        .await
    }

    /// The reason for the end of the connection, which has ended or is about to.
    async fn reason_soon(&self) -> Error {
        let mut lost = self.lost.clone();
        let _ = tokio::time::timeout(2 * SOON, lost.wait_for(Option::is_some)).await;
        self.reason()
    }

    fn reason(&self) -> Error {
        self.lost.borrow().clone().unwrap_or_else(|| Error::lost("it was closed"))
    }
}

impl Link for HciLink {
    fn name(&self) -> String {
        in_words(self.connection.peer_address())
    }

    fn room(&self) -> usize {
        self.room
    }

    async fn write_data(&mut self, frame: &[u8]) -> Result<(), Error> {
        self.last_data.set(Some(Instant::now()));
        let write = self.client.write_handle_without_response(self.handles.data, frame);
        self.while_connected(async { write.await.map_err(lost) }).await
    }

    async fn write_control(&mut self, request: &[u8]) -> Result<(), Error> {
        let write = self.client.write_handle(self.handles.control, request);
        self.while_connected(async { write.await.map_err(|error| refused("writing a request", error)) }).await
    }

    async fn listen(&mut self, to: Characteristic) -> Result<(), Error> {
        let found = if to == Characteristic::Log { self.handles.log } else { self.handles.message };
        let (_, descriptor) = found.ok_or_else(|| missing(to))?;
        self.subscribe(descriptor).await
    }

    async fn next(&mut self) -> Result<Notification, Error> {
        // Notifications that arrived before the end still count: the task that fills the queue closes it when the connection ends.
        match self.notifications.recv().await {
            Some(notification) => Ok(notification),
            None => Err(self.reason()),
        }
    }

    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, Error> {
        let mut value = vec![0; self.room + 1];
        let read = self.client.read_handle(self.handles.of(characteristic), &mut value);
        let length = self.while_connected(async { read.await.map_err(|error| refused("reading", error)) }).await?;
        value.truncate(length);
        Ok(value)
    }

    async fn close(self) {
        const GOODBYE: std::time::Duration = std::time::Duration::from_secs(1);
        self.connection.disconnect();
        let mut lost = self.lost.clone();
        let _ = tokio::time::timeout(GOODBYE, lost.wait_for(Option::is_some)).await;
    }
}

/// The task that reads notifications also holds the connection, until it ends.
impl Drop for HciLink {
    fn drop(&mut self) {
        self.connection.disconnect();
    }
}

impl Handles {
    const NONE: Self = Self { data: 0, control: 0, status: 0, result: 0, log: None, message: None };

    fn of(&self, characteristic: Characteristic) -> u16 {
        match characteristic {
            Characteristic::Control => self.control,
            Characteristic::Status => self.status,
            Characteristic::Result => self.result,
            Characteristic::Log => self.log.map_or(0, |(value, _)| value),
            Characteristic::Message => self.message.map_or(0, |(value, _)| value),
        }
    }

    fn characteristic(&self, handle: u16) -> Option<Characteristic> {
        use Characteristic::{Control, Log, Message, Result, Status};
        [Control, Status, Result, Log, Message].into_iter().find(|characteristic| self.of(*characteristic) == handle)
    }
}

async fn connect(stack: &'static Stack, device: Address) -> Result<Connection<'static, Pool>, Error> {
    let config = ConnectConfig {
        scan_config: ScanConfig { filter_accept_list: &[device], ..Default::default() },
        connect_params: RequestedConnParams {
            min_connection_interval: Duration::from_micros(7_500),
            max_connection_interval: INTERVAL,
            max_latency: 0,
            min_event_length: Duration::from_ticks(0),
            max_event_length: Duration::from_ticks(0),
            supervision_timeout: SUPERVISION_TIMEOUT,
        },
    };
    let mut central = stack.central();
    match tokio::time::timeout(FIND_TIMEOUT, central.connect(&config)).await {
        Ok(done) => done.map_err(lost),
        Err(_) => Err(Error::lost(format!("{} does not answer", in_words(device)))),
    }
}

/// Whether an upload would suffer from these parameters.
fn is_slow(params: &RequestedConnParams) -> bool {
    params.max_connection_interval > INTERVAL
        || params.max_latency > 0
        || params.supervision_timeout < SUPERVISION_TIMEOUT
}

/// Finds our service's values, and the descriptors that turn their notifications on.
async fn discover(client: &Client) -> Result<(Handles, Vec<u16>), Error> {
    let foreign = || Error::Unsuitable("the device does not have the service for uploads".into());
    let uuid = |uuid: u128| Uuid::new_long(uuid.to_le_bytes());
    let services = client.services_by_uuid(&uuid(wamr_proto::uuid::SERVICE)).await.map_err(lost)?;
    let service = services.first().ok_or_else(foreign)?;
    let characteristics = client.characteristics::<CHARACTERISTICS>(service).await.map_err(lost)?;
    let optional = |wanted| {
        let found = characteristics.iter().find(|found| found.uuid == uuid(wanted))?;
        Some((found.handle, found.cccd_handle?))
    };
    let mut descriptors = Vec::new();
    let mut handle = |wanted, notifies| {
        let found = characteristics.iter().find(|found| found.uuid == uuid(wanted)).ok_or_else(foreign)?;
        if notifies {
            descriptors.push(found.cccd_handle.ok_or_else(foreign)?);
        }
        Ok::<_, Error>(found.handle)
    };
    let handles = Handles {
        data: handle(wamr_proto::uuid::DATA, false)?,
        control: handle(wamr_proto::uuid::CONTROL, true)?,
        status: handle(wamr_proto::uuid::STATUS, true)?,
        result: handle(wamr_proto::uuid::RESULT, true)?,
        log: optional(wamr_proto::uuid::LOG),
        message: optional(wamr_proto::uuid::MESSAGE),
    };
    Ok((handles, descriptors))
}

/// The reason for the end of a connection after an operation failed. The event with the reason may arrive later.
async fn farewell(connection: &Connection<'static, Pool>, bonded: bool, otherwise: Error) -> Error {
    let reason = async {
        loop {
            if let ConnectionEvent::Disconnected { reason } = connection.next().await {
                break ended(reason, bonded);
            }
        }
    };
    tokio::time::timeout(SOON, reason).await.unwrap_or(otherwise)
}

/// The error for a connection that ended for this reason, with or without a bond.
fn ended(reason: Status, bonded: bool) -> Error {
    match reason {
        Status::AUTHENTICATION_FAILURE | Status::PIN_OR_KEY_MISSING if bonded => Error::BondLost(HUNG_UP.into()),
        reason => Error::lost(format!("{reason:?}")),
    }
}

fn lost(error: HostError) -> Error {
    Error::lost(describe(&error))
}

/// The error of an operation on a value: the device refused it, or the connection ended.
fn refused(what: &str, error: HostError) -> Error {
    match error {
        BleHostError::BleHost(trouble_host::Error::Att(code)) => {
            Error::Unsuitable(format!("the device refused {what}: {code:?}"))
        }
        error => lost(error),
    }
}
