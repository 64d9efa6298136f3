//! What the entries of a manifest permit: `tcp/HOST:PORT`, `udp/HOST:PORT`, and `udp/:PORT` for a port of the device.

use core::fmt::Write as _;

use wamr::Trap;
use wamr_proto::{Capability, Text};

/// The most bytes of an entry after `net:`.
pub const MAX: usize = Capability::MAX - "net:".len();

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Tcp,
    Udp,
}

/// An entry.
#[derive(PartialEq, Eq)]
pub struct Grant<'e> {
    protocol: Protocol,
    /// Empty for a port of the device.
    host: &'e str,
    port: u16,
}

impl<'e> Grant<'e> {
    pub fn parse(entry: &'e str) -> Option<Self> {
        let (protocol, rest) = entry.split_once('/')?;
        let (host, port) = rest.rsplit_once(':')?;
        let protocol = match protocol {
            "tcp" if !host.is_empty() => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return None,
        };
        let port = port.parse().ok().filter(|port| *port != 0)?;
        Some(Self { protocol, host, port })
    }

    /// Whether an app may know the address of a host.
    pub fn is_of_host(&self, host: &str) -> bool {
        self.host.is_empty() || self.host == host
    }

    /// Whether an app may bind a socket to this port of the device. Any free port, which is 0, needs no entry of its own.
    pub fn permits_port(&self, port: u16) -> bool {
        self.protocol == Protocol::Udp && (port == 0 || (self.host.is_empty() && self.port == port))
    }

    /// Whether an app may talk to this port of a host, from this port of the device.
    pub fn permits(&self, protocol: Protocol, host: &str, port: u16, from: u16) -> bool {
        let is_there = if self.host.is_empty() { self.port == from } else { self.host == host && self.port == port };
        self.protocol == protocol && is_there
    }
}

/// The trap of an app whose manifest has no such entry.
#[cold]
#[inline(never)]
pub fn refusal(protocol: Option<Protocol>, host: &str, port: Option<u16>) -> Trap {
    let mut text = Text::default();
    let protocol = match protocol {
        Some(Protocol::Tcp) => "tcp/",
        Some(Protocol::Udp) => "udp/",
        None => "",
    };
    let _ = write!(text, "net:{protocol}{host}");
    if let Some(port) = port {
        let _ = write!(text, ":{port}");
    }
    let _ = text.write_str(" is not granted");
    Trap::host(text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_a_protocol_a_host_and_a_port() {
        let parsed = |entry| Grant::parse(entry).map(|grant| (grant.protocol == Protocol::Tcp, grant.host, grant.port));
        for (entry, expected) in [
            ("tcp/example.com:443", Some((true, "example.com", 443))),
            ("udp/192.0.2.1:5683", Some((false, "192.0.2.1", 5683))),
            ("udp/fd00::1:53", Some((false, "fd00::1", 53))),
            ("udp/:5683", Some((false, "", 5683))),
            ("tcp/:80", None),
            ("tcp/example.com", None),
            ("tcp/example.com:0", None),
            ("tcp/example.com:65536", None),
            ("tcp/example.com:http", None),
            ("sctp/example.com:80", None),
            ("example.com:80", None),
            ("", None),
        ] {
            assert_eq!(parsed(entry), expected, "{entry}");
        }
    }

    #[test]
    fn an_entry_permits_what_it_names() {
        let grant = Grant::parse("udp/example.com:53").unwrap();
        assert!(grant.is_of_host("example.com") && !grant.is_of_host("example.org"));
        assert!(grant.permits(Protocol::Udp, "example.com", 53, 0));
        assert!(!grant.permits(Protocol::Tcp, "example.com", 53, 0));
        assert!(!grant.permits(Protocol::Udp, "example.com", 54, 0));
        assert!(!grant.permits(Protocol::Udp, "example.org", 53, 0));
        assert!(grant.permits_port(0) && !grant.permits_port(53));

        let server = Grant::parse("udp/:53").unwrap();
        assert!(server.is_of_host("example.com") && server.permits_port(53) && !server.permits_port(54));
        assert!(server.permits(Protocol::Udp, "example.com", 9, 53));
        assert!(!server.permits(Protocol::Udp, "example.com", 53, 0), "from another port");

        let client = Grant::parse("tcp/example.com:443").unwrap();
        assert!(!client.permits_port(0) && client.permits(Protocol::Tcp, "example.com", 443, 0));
    }
}
