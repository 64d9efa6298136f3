//! Bluetooth addresses.

use trouble_host::prelude::{AddrKind, Address, BdAddr};

/// A static random address made of these bytes: one that a device chooses itself and keeps.
pub fn static_address(bytes: [u8; 8]) -> Address {
    let [a, b, c, d, e, f, ..] = bytes;
    Address::random([a, b, c, d, e, f | 0xc0]) // the two highest bits say what kind it is
}

/// An address as people write it.
pub fn in_words(address: Address) -> String {
    let bytes: Vec<_> = address.addr.raw().iter().rev().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

/// An address from how people write it.
pub(super) fn parse(text: &str, random: bool) -> Option<Address> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':').rev();
    for byte in &mut bytes {
        *byte = parts
            .next()
            .filter(|digits| digits.len() == 2 && !digits.starts_with('+'))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())?;
    }
    let kind = if random { AddrKind::RANDOM } else { AddrKind::PUBLIC };
    parts.next().is_none().then_some(Address { kind, addr: BdAddr::new(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed_as_they_are_printed() {
        let address = static_address([1, 2, 3, 4, 5, 6, 0, 0]);
        assert_eq!(in_words(address), "C6:05:04:03:02:01");
        assert_eq!(parse("c6:05:04:03:02:01", true), Some(address));
        for text in
            ["", "C6:05:04:03:02", "C6:05:04:03:02:01:00", "C6:05:04:03:02:0é", "C6:05:04:03:02:+1", "C6050403020100"]
        {
            assert_eq!(parse(text, true), None, "{text}");
        }
    }
}
