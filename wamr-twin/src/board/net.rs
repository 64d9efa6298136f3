//! The network of a board: that of this computer.

use super::lock;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;
use wamr_host::Error;
use wamr_host::net::{Address, Datagram, Net, Network};

/// Hosts, and sockets, of all apps together.
pub const PLACES: usize = 8;

/// How often the sockets are looked at while there are any.
const PERIOD: Duration = Duration::from_millis(2);

/// How long a server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// The hosts and sockets of apps.
#[derive(Default)]
pub struct BoardNetwork {
    state: Mutex<State>,
    group: OnceLock<&'static Net<Self, PLACES>>,
}

#[derive(Default)]
struct State {
    hosts: [Host; PLACES],
    sockets: [Socket; PLACES],
    /// Distinguishes what has the same number one after the other.
    tickets: u64,
    is_polling: bool,
}

#[derive(Default)]
enum Host {
    #[default]
    Free,
    Pending(u64),
    Known(IpAddr),
    Unknown,
}

#[derive(Default)]
enum Socket {
    #[default]
    Free,
    Connecting(u64),
    Connected(TcpStream, Watch),
    Bound(UdpSocket, Watch),
    Ended,
}

/// Whether a socket reports what arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    On,
    /// Until the app receives something.
    Off,
}

impl State {
    fn address(&self, host: u32) -> Result<IpAddr, Error> {
        match self.hosts[host as usize] {
            Host::Known(address) => Ok(address),
            Host::Pending(_) => Err(Error::Busy),
            Host::Free | Host::Unknown => Err(Error::NotFound),
        }
    }

    fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    fn connection(&mut self, socket: u32) -> Result<(&mut TcpStream, &mut Watch), Error> {
        match &mut self.sockets[socket as usize] {
            Socket::Connected(stream, watch) => Ok((stream, watch)),
            Socket::Connecting(_) => Err(Error::Busy),
            _ => Err(Error::Io),
        }
    }

    fn bound(&mut self, socket: u32) -> Result<(&mut UdpSocket, &mut Watch), Error> {
        match &mut self.sockets[socket as usize] {
            Socket::Bound(socket, watch) => Ok((socket, watch)),
            _ => Err(Error::Io),
        }
    }
}

impl BoardNetwork {
    /// Reports changes to this group, whose network this is.
    pub fn report_to(&self, group: &'static Net<Self, PLACES>) {
        let _ = self.group.set(group);
    }

    /// Whether an app waits for something from the network, or may do so.
    pub fn is_any_open(&self) -> bool {
        let state = lock(&self.state);
        state.sockets.iter().any(|socket| !matches!(socket, Socket::Free | Socket::Ended))
            || state.hosts.iter().any(|host| matches!(host, Host::Pending(_)))
    }

    /// Does something on a thread of its own. The group lives as long as the process, and this with it.
    fn spawn(&self, work: impl FnOnce(&'static Net<Self, PLACES>) + Send + 'static) {
        if let Some(group) = self.group.get().copied() {
            thread::spawn(move || work(group));
        }
    }

    /// Puts a socket where it belongs, and looks at it from now on.
    fn open(&self, state: &mut State, number: u32, socket: Socket) {
        state.sockets[number as usize] = socket;
        if !std::mem::replace(&mut state.is_polling, true) {
            self.spawn(|group| {
                while group.network().poll(group) {
                    thread::sleep(PERIOD);
                }
            });
        }
    }

    /// Reports what has arrived. Returns whether there are sockets.
    fn poll(&self, group: &Net<Self, PLACES>) -> bool {
        let mut state = lock(&self.state);
        for (number, socket) in (0..).zip(&mut state.sockets) {
            let peeked = match socket {
                // The end is a stream that has nothing more to read.
                Socket::Connected(stream, Watch::On) => stream.peek(&mut [0]).map(|length| length > 0),
                Socket::Bound(socket, Watch::On) => socket.peek_from(&mut [0]).map(|_| true),
                _ => continue,
            };
            match (peeked, &mut *socket) {
                (Ok(true), Socket::Connected(_, watch) | Socket::Bound(_, watch)) => *watch = Watch::Off,
                (Err(error), _) if error.kind() == ErrorKind::WouldBlock => continue,
                // Nobody listens where a datagram was sent to.
                (Err(_), Socket::Bound(..)) => continue,
                _ => *socket = Socket::Ended,
            }
            // With the lock, so that nothing is reported of a socket that the app has closed.
            group.socket_changed(number);
        }
        state.is_polling =
            state.sockets.iter().any(|socket| matches!(socket, Socket::Connected(..) | Socket::Bound(..)));
        state.is_polling
    }
}

fn find(name: &str) -> Host {
    let addresses = (name, 0).to_socket_addrs();
    addresses.ok().and_then(|mut addresses| addresses.next()).map_or(Host::Unknown, |found| Host::Known(found.ip()))
}

fn text(address: IpAddr) -> Result<Address, Error> {
    Address::new(&address.to_canonical().to_string()).ok_or(Error::Io)
}

impl Network for BoardNetwork {
    fn look_up(&self, host: u32, name: &str) -> Result<(), Error> {
        let mut state = lock(&self.state);
        if let Ok(address) = name.parse() {
            state.hosts[host as usize] = Host::Known(address);
            self.group.get().iter().for_each(|group| group.host_changed(host));
            return Ok(());
        }
        let ticket = state.ticket();
        state.hosts[host as usize] = Host::Pending(ticket);
        let name = name.to_owned();
        self.spawn(move |group| {
            let found = find(&name);
            let mut state = lock(&group.network().state);
            let place = &mut state.hosts[host as usize];
            if !matches!(place, Host::Pending(other) if *other == ticket) {
                return;
            }
            *place = found;
            group.host_changed(host);
        });
        Ok(())
    }

    fn address(&self, host: u32) -> Result<Address, Error> {
        text(lock(&self.state).address(host)?)
    }

    fn forget(&self, host: u32) {
        lock(&self.state).hosts[host as usize] = Host::Free;
    }

    fn connect(&self, socket: u32, host: u32, port: u16) -> Result<(), Error> {
        let mut state = lock(&self.state);
        let server = SocketAddr::new(state.address(host)?, port);
        let ticket = state.ticket();
        state.sockets[socket as usize] = Socket::Connecting(ticket);
        self.spawn(move |group| {
            let connected = TcpStream::connect_timeout(&server, PATIENCE);
            let connected = connected.and_then(|stream| stream.set_nonblocking(true).map(|()| stream));
            let network = group.network();
            let mut state = lock(&network.state);
            if !matches!(state.sockets[socket as usize], Socket::Connecting(other) if other == ticket) {
                return;
            }
            let place = connected.map_or(Socket::Ended, |stream| Socket::Connected(stream, Watch::On));
            network.open(&mut state, socket, place);
            group.socket_changed(socket);
        });
        Ok(())
    }

    fn send(&self, socket: u32, data: &[u8]) -> Result<usize, Error> {
        let mut state = lock(&self.state);
        let (stream, _) = state.connection(socket)?;
        accepted(stream.write(data))
    }

    fn receive(&self, socket: u32, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut state = lock(&self.state);
        let (stream, watch) = state.connection(socket)?;
        *watch = Watch::On;
        accepted(stream.read(buffer))
    }

    fn bind(&self, socket: u32, port: u16) -> Result<(), Error> {
        // For both families of addresses if the computer has both.
        let bound = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, port)).or_else(|error| match error.kind() {
            ErrorKind::AddrInUse => Err(error),
            _ => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)),
        });
        let bound = bound.and_then(|socket| socket.set_nonblocking(true).map(|()| socket));
        let bound =
            bound.map_err(|error| if error.kind() == ErrorKind::AddrInUse { Error::Busy } else { Error::Io })?;
        self.open(&mut lock(&self.state), socket, Socket::Bound(bound, Watch::On));
        Ok(())
    }

    fn send_to(&self, socket: u32, host: u32, port: u16, data: &[u8]) -> Result<(), Error> {
        let mut state = lock(&self.state);
        let address = state.address(host)?;
        let (socket, _) = state.bound(socket)?;
        let address = match (address, socket.local_addr().map_err(|_| Error::Io)?) {
            (IpAddr::V4(address), SocketAddr::V6(_)) => address.to_ipv6_mapped().into(),
            (address, _) => address,
        };
        match socket.send_to(data, (address, port)) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(Error::NoSpace),
            Err(_) => Err(Error::Io),
        }
    }

    fn receive_from(&self, socket: u32, buffer: &mut [u8]) -> Result<Option<Datagram>, Error> {
        let mut state = lock(&self.state);
        let (socket, watch) = state.bound(socket)?;
        *watch = Watch::On;
        // The longest datagram, so that the system cuts none without a word.
        let mut datagram = vec![0; 0x10000];
        match socket.recv_from(&mut datagram) {
            Ok((length, sender)) => {
                let kept = length.min(buffer.len());
                buffer[..kept].copy_from_slice(&datagram[..kept]);
                Ok(Some(Datagram { length, address: text(sender.ip())?, port: sender.port() }))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            // What the system reports of an earlier datagram is none.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(None),
            Err(_) => Err(Error::Io),
        }
    }

    fn close(&self, socket: u32) {
        lock(&self.state).sockets[socket as usize] = Socket::Free;
    }
}

/// What a stream has accepted or returned. The end is an event of its own.
fn accepted(done: std::io::Result<usize>) -> Result<usize, Error> {
    match done {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        done => done.map_err(|_| Error::Io),
    }
}
