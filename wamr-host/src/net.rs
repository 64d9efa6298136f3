//! The interface `net`.
//!
//! The group knows who may talk where. The platform has the sockets, and the addresses of hosts.

mod grant;

use core::cell::RefCell;

use critical_section::Mutex;
use wamr::{Method, Trap};
use wamr_device::{AppData, AppEvent, AppEvents, EventKind, GroupLinker, HostGroup};
use wamr_proto::{Bounded, Refusal};

use crate::abi::{self, App, Lower};
use crate::listed::Listed;
use crate::{Error, Opened};
use grant::{Grant, Protocol};

/// The most bytes that one call can receive, and of a datagram.
pub const RECEIVE_MAX: usize = 512;

/// The name of a host, or an address.
pub type HostName = Bounded<64>;

/// An address as text. The longest is an IPv4 address in the form of an IPv6 address.
pub type Address = Bounded<45>;

/// What a socket has received.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// Its length in bytes. If it is longer than the buffer, the rest is lost.
    pub length: usize,
    /// The address of the sender.
    pub address: Address,
    /// The port of the sender.
    pub port: u16,
}

/// The network of a platform: hosts and sockets, by their numbers. No call waits for the network. The platform reports changes to
/// [`Net::host_changed`] and [`Net::socket_changed`].
pub trait Network: Sync + 'static {
    /// Starts to look up the address of a host, and reports when it is known, or that there is none. The name can be an address, which is
    /// known at once. It consists of visible ASCII characters.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if the platform looks up no names, [`Error::NoSpace`], [`Error::Io`].
    fn look_up(&self, host: u32, name: &str) -> Result<(), Error>;

    /// Returns the address of a host.
    ///
    /// # Errors
    /// [`Error::Busy`] while it is looked up, [`Error::NotFound`] if there is none.
    fn address(&self, host: u32) -> Result<Address, Error>;

    /// Ends the use of a host. It reports nothing any more.
    fn forget(&self, host: u32);

    /// Starts to connect a socket over TCP, and reports when it is connected, or that it failed. Afterwards it reports once after each
    /// [`receive`](Self::receive) that bytes wait or that the connection ends.
    ///
    /// # Errors
    /// Those of [`address`](Self::address), [`Error::NoSpace`], [`Error::Io`].
    fn connect(&self, socket: u32, host: u32, port: u16) -> Result<(), Error>;

    /// Sends bytes of a connection, and returns how many were accepted.
    ///
    /// # Errors
    /// [`Error::Busy`] before it is connected, [`Error::Io`] after its end.
    fn send(&self, socket: u32, data: &[u8]) -> Result<usize, Error>;

    /// Takes received bytes of a connection, and returns how many.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    fn receive(&self, socket: u32, buffer: &mut [u8]) -> Result<usize, Error>;

    /// Binds a socket for datagrams to a port, or to any if it is 0. It reports once after each [`receive_from`](Self::receive_from) that
    /// datagrams wait.
    ///
    /// # Errors
    /// [`Error::Busy`] if the port is in use, [`Error::NoSpace`], [`Error::Io`].
    fn bind(&self, socket: u32, port: u16) -> Result<(), Error>;

    /// Sends a datagram to a host.
    ///
    /// # Errors
    /// Those of [`address`](Self::address), [`Error::NoSpace`] if the network is busy, [`Error::Io`].
    fn send_to(&self, socket: u32, host: u32, port: u16, data: &[u8]) -> Result<(), Error>;

    /// Takes the oldest datagram, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn receive_from(&self, socket: u32, buffer: &mut [u8]) -> Result<Option<Datagram>, Error>;

    /// Closes a socket. It reports nothing any more.
    fn close(&self, socket: u32);
}

/// The group `net`. All apps together can use `N` hosts and `N` sockets, at most 32.
pub struct Net<D, const N: usize> {
    network: D,
    events: &'static AppEvents,
    hosts: Opened,
    sockets: Opened,
    state: Mutex<RefCell<State<N>>>,
}

struct State<const N: usize> {
    /// The ids and names of the hosts.
    hosts: [Option<(u32, HostName)>; N],
    /// The ids and uses of the sockets.
    sockets: [Option<(u32, Use)>; N],
    /// The entries of manifests.
    grants: Listed<{ grant::MAX }>,
}

/// What a socket is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Connection,
    /// At this port of the device.
    Datagrams(u16),
}

impl<D: Network, const N: usize> Net<D, N> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("look-up", Self::look_up),
        Method::new("[method]remote-host.address", Self::address),
        Method::new("[resource-drop]remote-host", Self::forget),
        Method::new("remote-host_drop", Self::forget),
        Method::new("connect", Self::connect),
        Method::new("[method]connection.send", Self::send),
        Method::new("[method]connection.receive", Self::receive),
        Method::new("[resource-drop]connection", Self::close_connection),
        Method::new("connection_drop", Self::close_connection),
        Method::new("bind", Self::bind),
        Method::new("[method]udp-socket.send-to", Self::send_to),
        Method::new("[method]udp-socket.receive-from", Self::receive_from),
        Method::new("[resource-drop]udp-socket", Self::close_udp_socket),
        Method::new("udp-socket_drop", Self::close_udp_socket),
    ];

    /// The group on this network, whose changes are events of `events`.
    pub const fn new(network: D, events: &'static AppEvents) -> Self {
        let state = State { hosts: [const { None }; N], sockets: [None; N], grants: Listed::new() };
        let state = Mutex::new(RefCell::new(state));
        Self { network, events, hosts: Opened::new(), sockets: Opened::new(), state }
    }

    /// Returns the network.
    pub fn network(&self) -> &D {
        &self.network
    }

    /// A host has changed. The network calls this, from any thread.
    pub fn host_changed(&self, host: u32) {
        let id = self.with(|state| state.hosts.get(host as usize)?.as_ref().map(|(id, _)| *id));
        self.changed(&self.hosts, host, id);
    }

    /// A socket has changed. The network calls this, from any thread.
    pub fn socket_changed(&self, socket: u32) {
        let id = self.with(|state| state.sockets.get(socket as usize)?.map(|(id, _)| id));
        self.changed(&self.sockets, socket, id);
    }

    fn changed(&self, opened: &Opened, number: u32, id: Option<u32>) {
        let Some(id) = id else { return };
        let event = AppEvent { kind: EventKind::Net, id, value: 0 };
        opened.apps(number).for_each(|app| self.events.post(app, event));
    }

    fn look_up(&self, mut app: App<'_>, name: u32, length: u32, id: u32, ret: u32) -> Result<(), Trap> {
        let text = abi::string(&app, name, length)?;
        let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let Some(name) = HostName::new(text).filter(|_| is_name) else {
            return abi::ret(&mut app, ret, Err::<u32, _>(Error::InvalidArgument));
        };
        if !self.permits(app.data(), |grant| grant.is_of_host(name.as_str())) {
            return Err(grant::refusal(None, name.as_str(), None));
        }
        let opened = self.hosts.open_any(app.data(), N as u32, |host| {
            // Before the network reports the address.
            self.set_host(host, Some((id, name.clone())));
            self.network.look_up(host, name.as_str()).inspect_err(|_| self.set_host(host, None))
        });
        abi::ret(&mut app, ret, opened)
    }

    fn address(&self, mut app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        let host = self.hosts.resource(app.data(), handle)?;
        let address = self.network.address(host);
        abi::ret(&mut app, ret, address.as_ref().map(Address::as_str).map_err(|error| *error))
    }

    fn forget(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        // Not free for others before it is forgotten.
        self.release_host(self.hosts.resource(app.data(), handle)?);
        self.hosts.close(app.data(), handle).map(drop)
    }

    fn release_host(&self, host: u32) {
        self.network.forget(host);
        self.set_host(host, None);
    }

    fn connect(&self, mut app: App<'_>, to: u32, port: u32, id: u32, ret: u32) -> Result<(), Trap> {
        let (host, name) = self.host(&app, to)?;
        let port = port as u16;
        if !self.permits(app.data(), |grant| grant.permits(Protocol::Tcp, name.as_str(), port, 0)) {
            return Err(grant::refusal(Some(Protocol::Tcp), name.as_str(), Some(port)));
        }
        let connected = match port {
            0 => Err(Error::InvalidArgument),
            _ => self.open(&app, id, Use::Connection, |socket| self.network.connect(socket, host, port)),
        };
        abi::ret(&mut app, ret, connected)
    }

    fn bind(&self, mut app: App<'_>, port: u32, id: u32, ret: u32) -> Result<(), Trap> {
        let port = port as u16;
        if !self.permits(app.data(), |grant| grant.permits_port(port)) {
            return Err(grant::refusal(Some(Protocol::Udp), "", Some(port)));
        }
        let bound = self.open(&app, id, Use::Datagrams(port), |socket| self.network.bind(socket, port));
        abi::ret(&mut app, ret, bound)
    }

    fn open(
        &self,
        app: &App<'_>,
        id: u32,
        usage: Use,
        configure: impl FnOnce(u32) -> Result<(), Error>,
    ) -> Result<u32, Error> {
        self.sockets.open_any(app.data(), N as u32, |socket| {
            // Before the network reports the first change.
            self.set_socket(socket, Some((id, usage)));
            configure(socket).inspect_err(|_| self.set_socket(socket, None))
        })
    }

    fn send(&self, mut app: App<'_>, handle: u32, data: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let socket = self.connection(&app, handle)?;
        let sent = self.network.send(socket, app.bytes(data, length)?);
        abi::ret(&mut app, ret, sent.map(|count| count as u32))
    }

    fn receive(&self, mut app: App<'_>, handle: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let socket = self.connection(&app, handle)?;
        let mut buffer = [0; RECEIVE_MAX];
        let wanted = RECEIVE_MAX.min(length as usize);
        let received = self.network.receive(socket, &mut buffer[..wanted]);
        abi::ret(&mut app, ret, received.map(|count| &buffer[..count.min(wanted)]))
    }

    #[expect(clippy::too_many_arguments, reason = "the canonical ABI")]
    fn send_to(
        &self,
        mut app: App<'_>,
        handle: u32,
        to: u32,
        port: u32,
        data: u32,
        length: u32,
        ret: u32,
    ) -> Result<(), Trap> {
        let (socket, from) = self.udp_socket(&app, handle)?;
        let (host, name) = self.host(&app, to)?;
        let (port, data) = (port as u16, app.bytes(data, length)?);
        if !self.permits(app.data(), |grant| grant.permits(Protocol::Udp, name.as_str(), port, from)) {
            return Err(grant::refusal(Some(Protocol::Udp), name.as_str(), Some(port)));
        }
        let sent = if port == 0 || data.len() > RECEIVE_MAX {
            Err(Error::InvalidArgument)
        } else {
            self.network.send_to(socket, host, port, data)
        };
        abi::ret(&mut app, ret, sent)
    }

    fn receive_from(&self, mut app: App<'_>, handle: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let (socket, _) = self.udp_socket(&app, handle)?;
        let mut buffer = [0; RECEIVE_MAX];
        let wanted = RECEIVE_MAX.min(length as usize);
        let received = self.network.receive_from(socket, &mut buffer[..wanted]);
        let received = match &received {
            Ok(Some(datagram)) if datagram.length > wanted => Err(Error::NoSpace),
            Ok(datagram) => Ok(datagram.as_ref().map(|datagram| Received(datagram, &buffer[..datagram.length]))),
            Err(error) => Err(*error),
        };
        abi::ret(&mut app, ret, received)
    }

    fn close_connection(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        let socket = self.connection(&app, handle)?;
        self.close(&app, handle, socket)
    }

    fn close_udp_socket(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        let (socket, _) = self.udp_socket(&app, handle)?;
        self.close(&app, handle, socket)
    }

    fn close(&self, app: &App<'_>, handle: u32, socket: u32) -> Result<(), Trap> {
        // Not free for others before it is closed.
        self.release_socket(socket);
        self.sockets.close(app.data(), handle).map(drop)
    }

    fn release_socket(&self, socket: u32) {
        self.network.close(socket);
        self.set_socket(socket, None);
    }

    /// Returns the host of a handle, and its name.
    fn host(&self, app: &App<'_>, handle: u32) -> Result<(u32, HostName), Trap> {
        let host = self.hosts.resource(app.data(), handle)?;
        let name = self.with(|state| state.hosts.get(host as usize)?.as_ref().map(|(_, name)| name.clone()));
        Ok((host, name.unwrap_or_default()))
    }

    fn connection(&self, app: &App<'_>, handle: u32) -> Result<u32, Trap> {
        match self.socket(app, handle)? {
            (socket, Some(Use::Connection)) => Ok(socket),
            _ => Err(wrong_kind()),
        }
    }

    /// Returns the socket of a handle, and its port.
    fn udp_socket(&self, app: &App<'_>, handle: u32) -> Result<(u32, u16), Trap> {
        match self.socket(app, handle)? {
            (socket, Some(Use::Datagrams(port))) => Ok((socket, port)),
            _ => Err(wrong_kind()),
        }
    }

    fn socket(&self, app: &App<'_>, handle: u32) -> Result<(u32, Option<Use>), Trap> {
        let socket = self.sockets.resource(app.data(), handle)?;
        Ok((socket, self.with(|state| state.sockets.get(socket as usize)?.map(|(_, usage)| usage))))
    }

    /// Whether an entry of the manifest of an app permits something, or everything is permitted.
    fn permits(&self, app: &AppData, is_it: impl Fn(&Grant<'_>) -> bool) -> bool {
        self.hosts.granted(app) == u32::MAX
            || self.with(|state| state.grants.of(app.number()).filter_map(Grant::parse).any(|grant| is_it(&grant)))
    }

    fn set_host(&self, host: u32, value: Option<(u32, HostName)>) {
        self.with(|state| {
            if let Some(place) = state.hosts.get_mut(host as usize) {
                *place = value;
            }
        });
    }

    fn set_socket(&self, socket: u32, value: Option<(u32, Use)>) {
        self.with(|state| {
            if let Some(place) = state.sockets.get_mut(socket as usize) {
                *place = value;
            }
        });
    }

    fn with<R>(&self, access: impl FnOnce(&mut State<N>) -> R) -> R {
        critical_section::with(|cs| access(&mut self.state.borrow(cs).borrow_mut()))
    }
}

impl<D: Network, const N: usize> HostGroup for Net<D, N> {
    fn name(&self) -> &str {
        "net"
    }

    fn grant(&self, resource: &str) -> Option<u32> {
        Grant::parse(resource).map(|_| LISTED)
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        const { assert!(N <= 32, "an app can open 32 resources") }
        self.hosts.bind(linker.group());
        linker.interface("wamr:device/net@0.1", self, Self::METHODS)
    }

    fn loading(&self, app: &AppData, _: u32, resources: &mut dyn Iterator<Item = &str>) -> Result<(), Refusal> {
        self.with(|state| state.grants.add(app.number(), resources)).map_err(|full| {
            let one = "the manifest lists too many places for `net`";
            full.refusal(one, "all apps together list too many places for `net`")
        })
    }

    fn unloaded(&self, app: &AppData) {
        self.sockets.close_all(app).for_each(|socket| self.release_socket(socket));
        self.hosts.close_all(app).for_each(|host| self.release_host(host));
        self.with(|state| state.grants.forget(app.number()));
    }
}

/// What an entry of a manifest grants. Where it permits an app to talk is in [`State::grants`].
const LISTED: u32 = 1;

impl<D, const N: usize> core::fmt::Debug for Net<D, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Net").finish_non_exhaustive()
    }
}

/// The record `datagram`.
struct Received<'a>(&'a Datagram, &'a [u8]);

impl Lower for Received<'_> {
    const SIZE: u32 = 2 * <[u8]>::SIZE + 4;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        let Self(datagram, bytes) = self;
        bytes.lower(app, address)?;
        datagram.address.as_str().lower(app, address.wrapping_add(<[u8]>::SIZE))?;
        datagram.port.lower(app, address.wrapping_add(2 * <[u8]>::SIZE))
    }
}

#[cold]
#[inline(never)]
fn wrong_kind() -> Trap {
    Trap::host("the socket is of the other kind")
}
