//! Connects to a device through either Bluetooth host, or over a line.

use crate::agent::{Agent, NoAgent};
#[cfg(feature = "hci")]
use crate::hci::{Central, HciLink, Security};
use crate::link::{Characteristic, Connect, Link, Notification};
#[cfg(feature = "stream")]
use crate::pipe::PipeLink;
#[cfg(feature = "system")]
use crate::system::SystemLink;
use crate::{Error, Event};
#[cfg(any(feature = "hci", feature = "stream"))]
use wamr_transport::Port;

/// Connects to one device, as often as needed: the one with the given address, otherwise the only one that advertises the service at the
/// first connection.
///
/// A connector cannot be used again after its controller has failed: make a new one.
pub struct Connector<A: Agent = NoAgent> {
    host: Host<A>,
    address: Option<String>,
    report: Box<dyn FnMut(Event<'_>)>,
}

/// The Bluetooth host, which starts with the first connection, or the line.
enum Host<A: Agent> {
    #[cfg(feature = "hci")]
    Idle(Port, Option<Security<A>>),
    #[cfg(feature = "hci")]
    Running(Box<Central<A>>),
    #[cfg(feature = "system")]
    System(std::marker::PhantomData<A>),
    #[cfg(feature = "stream")]
    Line(Port, std::marker::PhantomData<A>),
}

#[cfg(feature = "stream")]
impl<A: Agent> Connector<A> {
    /// Over a serial line or a TCP connection, as [`PipeLink::over`].
    pub fn line(port: Port) -> Self {
        Self { host: Host::Line(port, std::marker::PhantomData), address: None, report: Box::new(|_| ()) }
    }
}

#[cfg(feature = "hci")]
impl<A: Agent> Connector<A> {
    /// Through the controller behind `port`. [`Connect::connect`] must be called on a [`LocalSet`](tokio::task::LocalSet) of a
    /// runtime with I/O and time enabled: `LocalSet::block_on(&runtime, …)`.
    pub fn hci(port: Port, security: Security<A>) -> Self {
        Self { host: Host::Idle(port, Some(security)), address: None, report: Box::new(|_| ()) }
    }
}

#[cfg(feature = "system")]
impl<A: Agent> Connector<A> {
    /// Through the computer's own Bluetooth, which pairs by itself.
    pub fn system() -> Self {
        Self { host: Host::System(std::marker::PhantomData), address: None, report: Box::new(|_| ()) }
    }
}

impl<A: Agent> Connector<A> {
    /// Connects to the device with this address; on macOS with this identifier.
    pub fn address(mut self, address: Option<String>) -> Self {
        self.address = address;
        self
    }

    /// Calls `report` with [`Event::Searching`] and [`Event::Connected`].
    pub fn on_event(mut self, report: impl FnMut(Event<'_>) + 'static) -> Self {
        self.report = Box::new(report);
        self
    }
}

impl<A: Agent> Connect for Connector<A> {
    type Link = AnyLink;

    async fn connect(&mut self) -> Result<AnyLink, Error> {
        #[cfg(any(feature = "hci", feature = "system"))]
        let address = self.address.as_deref();
        (self.report)(Event::Searching);
        #[cfg(feature = "hci")]
        if let Host::Idle(port, security) = &mut self.host {
            let security = security.take().ok_or_else(|| Error::Host("the Bluetooth host did not start".into()))?;
            self.host = Host::Running(Box::new(Central::start(port, security).await?));
        }
        let link = match &mut self.host {
            #[cfg(feature = "hci")]
            Host::Running(central) => AnyLink::Hci(central.connect(address).await?),
            #[cfg(feature = "hci")]
            Host::Idle(..) => unreachable!("started above"),
            #[cfg(feature = "system")]
            Host::System(_) => AnyLink::System(Box::new(SystemLink::connect(address).await?)),
            #[cfg(feature = "stream")]
            Host::Line(port, _) => AnyLink::Line(PipeLink::over(port).await?),
        };
        // Reconnect to the same device. Another one may be free by then.
        if self.address.is_none() {
            self.address = match &link {
                #[cfg(feature = "hci")]
                AnyLink::Hci(link) => link.lasting_address(),
                #[cfg(feature = "system")]
                AnyLink::System(link) => Some(link.name()),
                // A line has one device.
                #[cfg(feature = "stream")]
                AnyLink::Line(_) => None,
            };
        }
        (self.report)(Event::Connected(&link.name()));
        Ok(link)
    }
}

/// A link through either Bluetooth host, or over a line.
pub enum AnyLink {
    /// This library's own host, over HCI.
    #[cfg(feature = "hci")]
    Hci(HciLink),
    /// The computer's own Bluetooth.
    #[cfg(feature = "system")]
    System(Box<SystemLink>),
    /// A serial line or a TCP connection.
    #[cfg(feature = "stream")]
    Line(PipeLink),
}

/// Forwards to the link.
macro_rules! either {
    ($self:ident, $link:ident => $done:expr) => {
        match $self {
            #[cfg(feature = "hci")]
            AnyLink::Hci($link) => $done,
            #[cfg(feature = "system")]
            AnyLink::System($link) => $done,
            #[cfg(feature = "stream")]
            AnyLink::Line($link) => $done,
        }
    };
}

impl Link for AnyLink {
    fn name(&self) -> String {
        either!(self, link => link.name())
    }

    fn room(&self) -> usize {
        either!(self, link => link.room())
    }

    async fn write_data(&mut self, frame: &[u8]) -> Result<(), Error> {
        either!(self, link => link.write_data(frame).await)
    }

    async fn write_control(&mut self, request: &[u8]) -> Result<(), Error> {
        either!(self, link => link.write_control(request).await)
    }

    async fn listen(&mut self, to: Characteristic) -> Result<(), Error> {
        either!(self, link => link.listen(to).await)
    }

    async fn next(&mut self) -> Result<Notification, Error> {
        either!(self, link => link.next().await)
    }

    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, Error> {
        either!(self, link => link.read(characteristic).await)
    }

    async fn close(self) {
        either!(self, link => link.close().await)
    }
}
