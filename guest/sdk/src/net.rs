//! Networks: TCP connections to servers, UDP datagrams, and the addresses of hosts.
//!
//! No function waits for the network. When a host or a socket changes, the app gets an [`Event::Net`](crate::Event::Net) with its id, and
//! calls the functions again. The manifest lists where the app may talk, such as `net:tcp/example.com:443`; all else traps. Nothing is
//! encrypted, and a datagram can come from anybody.

use crate::abi::{self, Buffer, List, resource};
use crate::{Error, Result};

mod imports {
    use super::Received;
    use crate::abi::{Area, List};

    #[link(wasm_import_module = "wamr:device/net@0.1.0")]
    unsafe extern "C" {
        #[link_name = "look-up"]
        pub fn look_up(name: *const u8, length: usize, id: u32, result: *mut Area<u32>);
        #[link_name = "[method]remote-host.address"]
        pub fn address(handle: u32, result: *mut Area<List>);
        #[link_name = "connect"]
        pub fn connect(to: u32, port: u32, id: u32, result: *mut Area<u32>);
        #[link_name = "[method]connection.send"]
        pub fn send(handle: u32, data: *const u8, length: usize, result: *mut Area<u32>);
        #[link_name = "[method]connection.receive"]
        pub fn receive(handle: u32, length: u32, result: *mut Area<List>);
        #[link_name = "bind"]
        pub fn bind(port: u32, id: u32, result: *mut Area<u32>);
        #[link_name = "[method]udp-socket.send-to"]
        pub fn send_to(handle: u32, to: u32, port: u32, data: *const u8, length: usize, result: *mut Area<u8>);
        #[link_name = "[method]udp-socket.receive-from"]
        pub fn receive_from(handle: u32, length: u32, result: *mut Area<Received>);
    }
}

/// An `option<wamr:device/net.datagram>` in memory.
#[repr(C)]
struct Received {
    is_some: u8,
    data: List,
    address: List,
    port: u16,
}

/// The longest name of a host, in bytes.
pub const NAME_MAX: usize = 64;

/// The longest address as text, in bytes.
pub const ADDRESS_MAX: usize = 45;

/// The most bytes that one call receives, and of a datagram.
pub const LENGTH_MAX: usize = 512;

resource! {
    /// A host whose address is looked up.
    RemoteHost, "wamr:device/net@0.1.0", "[resource-drop]remote-host"
}

resource! {
    /// A TCP connection to a server. Dropping it closes it.
    Connection, "wamr:device/net@0.1.0", "[resource-drop]connection"
}

resource! {
    /// A socket for UDP datagrams.
    UdpSocket, "wamr:device/net@0.1.0", "[resource-drop]udp-socket"
}

impl RemoteHost {
    /// Looks up the address of a host. An event with this id follows when the address is known, or when there is none. If the name is an
    /// address, the host can be used at once.
    ///
    /// # Errors
    /// [`Error::NoSpace`] if the apps use too many hosts, [`Error::InvalidArgument`] if the name is longer than [`NAME_MAX`].
    pub fn look_up(name: &str, id: u32) -> Result<Self> {
        // SAFETY: the device reads the name and writes the result to the area.
        unsafe { abi::result(|result| imports::look_up(name.as_ptr(), name.len(), id, result)) }
            .map(|handle| Self { handle })
    }

    /// Returns the address as text, such as `192.0.2.1`, in the buffer. [`ADDRESS_MAX`] bytes are enough.
    ///
    /// # Errors
    /// [`Error::Busy`] until the address is known, [`Error::NotFound`] if there is no such host or no answer.
    pub fn address<'b>(&self, buffer: &'b mut [u8; ADDRESS_MAX]) -> Result<&'b str> {
        // SAFETY: the device writes the result to the area.
        let address = unsafe { abi::bytes(buffer, |result| imports::address(self.handle, result)) }?;
        // SAFETY: a whole string from the device. The Canonical ABI guarantees UTF-8.
        Ok(unsafe { core::str::from_utf8_unchecked(address) })
    }
}

impl Connection {
    /// Starts to connect to a server. An event with this id follows when the connection is established, when bytes arrive and when the
    /// connection ends.
    ///
    /// # Errors
    /// [`Error::NoSpace`] if the apps use too many sockets, and those of [`RemoteHost::address`].
    pub fn open(to: &RemoteHost, port: u16, id: u32) -> Result<Self> {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::result(|result| imports::connect(to.handle, port.into(), id, result)) }
            .map(|handle| Self { handle })
    }

    /// Sends bytes, and returns how many were accepted: 0 if the network is busy, so that it has to be tried again later.
    ///
    /// # Errors
    /// [`Error::Busy`] until the connection is established, [`Error::Io`] if the server did not answer, the connection is lost or the app
    /// has received its end.
    pub fn send(&self, data: &[u8]) -> Result<usize> {
        // SAFETY: the device reads the data and writes the result to the area.
        unsafe { abi::result(|result| imports::send(self.handle, data.as_ptr(), data.len(), result)) }
            .map(|accepted| accepted as usize)
    }

    /// Returns the bytes that have arrived, as many as the buffer holds and at most [`LENGTH_MAX`]. Afterwards, an event follows when more
    /// arrive or the connection ends.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn receive<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b mut [u8]> {
        let length = abi::length(buffer);
        // SAFETY: the device writes the result to the area.
        unsafe { abi::bytes(buffer, |result| imports::receive(self.handle, length, result)) }
    }
}

/// A received datagram.
#[derive(Debug)]
pub struct Datagram<'b> {
    /// Its content.
    pub data: &'b mut [u8],
    /// The address of the sender as text. [`RemoteHost::look_up`] makes it a host to answer to.
    pub address: &'b str,
    /// The port of the sender.
    pub port: u16,
}

/// Memory for a datagram of at most `N` bytes, and the address of its sender.
#[derive(Debug)]
pub struct DatagramBuffer<const N: usize> {
    data: [u8; N],
    address: [u8; ADDRESS_MAX],
}

impl<const N: usize> DatagramBuffer<N> {
    /// Returns empty memory.
    pub const fn new() -> Self {
        Self { data: [0; N], address: [0; ADDRESS_MAX] }
    }
}

impl<const N: usize> Default for DatagramBuffer<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl UdpSocket {
    /// Opens a socket at this port of the device, or at any free port if it is 0. An event with this id follows when datagrams arrive.
    ///
    /// # Errors
    /// [`Error::NoSpace`] if the apps use too many sockets, [`Error::Busy`] if the port is in use.
    pub fn bind(port: u16, id: u32) -> Result<Self> {
        // SAFETY: the device writes the result to the area.
        unsafe { abi::result(|result| imports::bind(port.into(), id, result)) }.map(|handle| Self { handle })
    }

    /// Sends a datagram to a port of a host.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if it is longer than [`LENGTH_MAX`], [`Error::NoSpace`] if the network is busy, and those of
    /// [`RemoteHost::address`].
    pub fn send_to(&self, to: &RemoteHost, port: u16, data: &[u8]) -> Result {
        let (pointer, length) = (data.as_ptr(), data.len());
        // SAFETY: the device reads the data and writes the result to the area.
        unsafe { abi::done(|result| imports::send_to(self.handle, to.handle, port.into(), pointer, length, result)) }
    }

    /// Returns the oldest datagram that has arrived. Afterwards, an event follows when others are there.
    ///
    /// # Errors
    /// [`Error::NoSpace`] if the datagram is longer than the buffer, or than [`LENGTH_MAX`]. The datagram is then lost.
    pub fn receive_from<'b, const N: usize>(&self, buffer: &'b mut DatagramBuffer<N>) -> Result<Option<Datagram<'b>>> {
        let DatagramBuffer { data, address } = buffer;
        let max = abi::length(data);
        let area = abi::into(&[Buffer::of(data), Buffer::of(address), Buffer::END], || {
            // SAFETY: the device writes the result to the area.
            unsafe { abi::area(|result| imports::receive_from(self.handle, max, result)) }
        });
        // SAFETY: the first byte of the payload is an error or the discriminant of an option.
        let first: u8 = unsafe { area.start() };
        match (area.tag, first) {
            (0, 0) => return Ok(None),
            (0, _) => {}
            _ => return Err(Error::lift(first)),
        }
        // SAFETY: it is some datagram.
        let received = unsafe { area.payload() };
        let [start, address_length] = received.address;
        let [_, length] = received.data;
        // The address that follows no data is in the first buffer that is large enough for it.
        let (data, address) =
            if start == data.as_ptr().addr() { data.split_at_mut(0) } else { (&mut data[..], &mut address[..]) };
        let address = address.get(..address_length).ok_or(Error::Io)?;
        // SAFETY: a whole string from the device. The Canonical ABI guarantees UTF-8.
        let address = unsafe { core::str::from_utf8_unchecked(address) };
        Ok(Some(Datagram { data: data.get_mut(..length).ok_or(Error::Io)?, address, port: received.port }))
    }
}
