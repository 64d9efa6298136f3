//! The clients that a device is paired with.

use crate::read::{Input, Read};
use crate::write::{Output, Write, write_as_map};
use core::fmt;
use minicbor::Decode;

/// The Bluetooth address under which a device stores a client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress {
    /// Whether the address is a random one that the client chose. Otherwise a manufacturer assigned it.
    pub random: bool,
    /// The bytes in the order in which people write them, which is the reverse of the order on the air.
    pub bytes: [u8; 6],
}

/// A client that a device is paired with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
#[cbor(map)]
pub struct Bond {
    /// Its address.
    #[n(0)]
    pub client: ClientAddress,
    /// Whether this is the client that sent the request.
    #[n(1)]
    pub current: bool,
    /// Whether the client owns the device.
    #[n(2)]
    pub owner: bool,
}

write_as_map!(Bond: client, current, owner);

impl Write for ClientAddress {
    fn write(&self, output: &mut Output) {
        let [a, b, c, d, e, f] = self.bytes;
        output.bytes(&[self.random.into(), a, b, c, d, e, f]);
    }
}

impl<'b> Read<'b> for ClientAddress {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let (random, bytes) = input.bytes()?.split_first()?;
        let random = match random {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some(Self { random, bytes: bytes.try_into().ok()? })
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.bytes;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", if self.random { "random" } else { "public" })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::{Malformed, encode, read};
    use std::format;

    #[test]
    fn addresses_of_both_kinds_come_back_as_they_were() {
        for random in [false, true] {
            let client = ClientAddress { random, bytes: [0xc0, 1, 2, 3, 4, 0xff] };
            assert_eq!(read(&encode(&client).unwrap()), Ok(client));
        }
        assert_eq!(read::<ClientAddress>(b"\x47\x02\xc0\x01\x02\x03\x04\xff"), Err(Malformed), "an unknown kind");
        assert_eq!(read::<ClientAddress>(b"\x46\x00\xc0\x01\x02\x03\x04"), Err(Malformed), "a byte too few");
    }

    #[test]
    fn addresses_are_shown_as_people_write_them() {
        let client = ClientAddress { random: false, bytes: [0xc0, 1, 2, 3, 4, 0xff] };
        assert_eq!(format!("{client}, {client:?}"), "C0:01:02:03:04:FF, C0:01:02:03:04:FF (public)");
    }
}
