//! A network in which every host but one answers.

use crate::bindings::wamr::device::events::Event;
use crate::bindings::wamr::device::net::{self, Datagram};
use crate::bindings::wamr::device::types::Error;
use crate::board::{Board, Name};
use wasmtime::component::Resource;

/// The longest address as text.
const ADDRESS: &str = "0000:0000:0000:0000:0000:ffff:255.255.255.255";

impl Board {
    fn change(&mut self, id: u32) {
        self.events.push_back(Event::Net(id));
    }
}

impl net::Host for Board {
    fn look_up(&mut self, name: String, id: u32) -> Result<Resource<Name>, Error> {
        if name.is_empty() {
            return Err(Error::InvalidArgument);
        }
        self.note(format!("look up {name}"));
        self.change(id);
        Ok(self.open(name))
    }

    fn connect(&mut self, to: Resource<Name>, port: u16, id: u32) -> Result<Resource<Name>, Error> {
        let name = self.name(&to);
        if name == "nowhere" {
            return Err(Error::NotFound);
        }
        self.note(format!("connect to {name}:{port}"));
        self.change(id);
        Ok(self.open(format!("{name}:{port}")))
    }

    fn bind(&mut self, port: u16, id: u32) -> Result<Resource<Name>, Error> {
        self.note(format!("bind {port}"));
        self.change(id);
        Ok(self.open(port.to_string()))
    }
}

impl net::HostRemoteHost for Board {
    fn address(&mut self, host: Resource<Name>) -> Result<String, Error> {
        if self.name(&host) == "nowhere" { Err(Error::NotFound) } else { Ok(ADDRESS.into()) }
    }

    fn drop(&mut self, host: Resource<Name>) -> wasmtime::Result<()> {
        self.close(host).map(drop)
    }
}

impl net::HostConnection for Board {
    fn send(&mut self, connection: Resource<Name>, data: Vec<u8>) -> Result<u32, Error> {
        let name = self.name(&connection);
        self.note(format!("send {} to {name}", String::from_utf8_lossy(&data)));
        if data.is_empty() { Err(Error::Io) } else { Ok(data.len().min(4) as u32) }
    }

    fn receive(&mut self, _: Resource<Name>, length: u32) -> Result<Vec<u8>, Error> {
        Ok(b"received"[..(length as usize).min(8)].into())
    }

    fn drop(&mut self, connection: Resource<Name>) -> wasmtime::Result<()> {
        let name = self.close(connection)?;
        self.note(format!("close {name}"));
        Ok(())
    }
}

impl net::HostUdpSocket for Board {
    fn send_to(&mut self, _: Resource<Name>, to: Resource<Name>, port: u16, data: Vec<u8>) -> Result<(), Error> {
        let name = self.name(&to);
        self.note(format!("send {} to {name}:{port}", String::from_utf8_lossy(&data)));
        if data.is_empty() { Err(Error::NoSpace) } else { Ok(()) }
    }

    /// A socket has a datagram of as many bytes as the number of its port, and none if that is 0. Port 9999 has an empty one.
    fn receive_from(&mut self, socket: Resource<Name>, length: u32) -> Result<Option<Datagram>, Error> {
        let port: u32 = self.name(&socket).parse().expect("it was bound");
        match port {
            0 => Ok(None),
            9999 => Ok(Some(Datagram { data: Vec::new(), address: ADDRESS.into(), port: 5683 })),
            _ if port > length => Err(Error::NoSpace),
            _ => Ok(Some(Datagram { data: vec![7; port as usize], address: ADDRESS.into(), port: 5683 })),
        }
    }

    fn drop(&mut self, socket: Resource<Name>) -> wasmtime::Result<()> {
        let name = self.close(socket)?;
        self.note(format!("close {name}"));
        Ok(())
    }
}
