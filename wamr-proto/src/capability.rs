//! The capabilities that a module may use: a list in its manifest.

use crate::read::{Input, Read};
use crate::write::{Output, Write};
use crate::{Bounded, List};
use core::fmt;

/// What a host offers under one name, such as `gpio`, or one resource of it, such as `gpio:led0`.
pub type Capability = Bounded<48>;

/// All capabilities of an app, in owned form. A device reads them as [`Capabilities`].
///
/// ```
/// use wamr_proto::{Capabilities, Capability, CapabilityList, Manifest, encode, read};
///
/// let list = CapabilityList::first(["wamr", "gpio:led0"].into_iter().filter_map(Capability::new));
/// let list = encode(&list).unwrap();
/// let capabilities = read::<Capabilities<'_>>(&list).unwrap();
/// assert!(capabilities.names().eq(["wamr", "gpio:led0"]));
/// assert!(capabilities.cover("gpio") && !capabilities.cover("gpi"));
/// let manifest = Manifest { capabilities: Some(capabilities), ..Default::default() };
/// ```
pub type CapabilityList = List<Capability, 16>;

/// A [`CapabilityList`] that borrows the bytes it was read from. The device uses it once and has no memory to spare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Capabilities<'b> {
    list: &'b [u8],
    /// One bit for each entry that does not count.
    denied: u16,
}

impl<'b> Capabilities<'b> {
    /// Whether the list grants something of the capability with this name: all of it, or some of its resources.
    pub fn cover(&self, name: &str) -> bool {
        self.names().any(|entry| resource_of(entry, name).is_some())
    }

    /// Returns the entries in the order of the list.
    pub fn names(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        let (mut input, mut denied) = (Input::new(self.list), self.denied);
        let _count = input.array();
        core::iter::from_fn(move || {
            loop {
                // Nothing follows the names.
                let name = input.str()?;
                let is_denied = denied & 1 != 0;
                denied >>= 1;
                if !is_denied {
                    return Some(name);
                }
            }
        })
    }

    /// Returns the list without some entries: those with a bit, of which the lowest belongs to the first entry. It is still encoded with
    /// all entries.
    ///
    /// ```
    /// use wamr_proto::{Capabilities, read};
    ///
    /// let capabilities = read::<Capabilities<'_>>(b"\x82\x64wamr\x64gpio").unwrap();
    /// assert!(capabilities.without(0b01).names().eq(["gpio"]));
    /// ```
    pub fn without(self, denied: u16) -> Self {
        Self { denied, ..self }
    }
}

/// The resource of the capability `name` that an entry of a list names, or `Some(None)` if the entry names all of the capability.
/// `None` if it names another capability.
///
/// ```
/// use wamr_proto::resource_of;
///
/// assert_eq!(resource_of("gpio", "gpio"), Some(None));
/// assert_eq!(resource_of("gpio:led0", "gpio"), Some(Some("led0")));
/// assert_eq!(resource_of("gpio2", "gpio"), None);
/// ```
pub fn resource_of<'e>(entry: &'e str, name: &str) -> Option<Option<&'e str>> {
    match entry.strip_prefix(name)? {
        "" => Some(None),
        rest => rest.strip_prefix(':').map(Some),
    }
}

/// The capability that a module needs to import from a module of this name: the name of the interface if the name is that of a
/// WIT interface, otherwise the name itself. A proposal of WASI is one capability, with all interfaces of its package.
///
/// ```
/// use wamr_proto::capability_of;
///
/// assert_eq!(capability_of("wamr:device/gpio@0.1.0"), "gpio");
/// assert_eq!(capability_of("cm32p2|wasi:spi/spi"), "spi");
/// assert_eq!(capability_of("wasi:gpio/digital@0.2.0"), "gpio");
/// assert_eq!(capability_of("wamr:device/gpio@0.1.0/log"), "gpio");
/// assert_eq!(capability_of("wamr"), "wamr");
/// ```
pub fn capability_of(import: &str) -> &str {
    // Bytes are compared, not characters: searches for those take 0.5 KB.
    // The version first: what follows it is no part of the name.
    let version = import.bytes().position(|byte| byte == b'@');
    let name = version.and_then(|at| import.get(..at)).unwrap_or(import);
    let slash = name.bytes().rposition(|byte| byte == b'/');
    let Some((package, interface)) = slash.and_then(|at| name.get(..at).zip(name.get(at + 1..))) else { return name };
    package.strip_prefix("cm32p2|").unwrap_or(package).strip_prefix("wasi:").unwrap_or(interface)
}

impl<'b> Read<'b> for Capabilities<'b> {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let list = input.taken(|input| {
            let count = input.array()?;
            let fit = count <= CapabilityList::MAX as u32
                && (0..count).all(|_| input.str().is_some_and(|name| name.len() <= Capability::MAX));
            fit.then_some(())
        })?;
        Some(Self { list, denied: 0 })
    }
}

impl Write for Capabilities<'_> {
    fn write(&self, output: &mut Output) {
        output.item(self.list);
    }
}

impl fmt::Debug for Capabilities<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Malformed, encode, read};

    #[test]
    fn lists_are_read_where_they_are() {
        let names = ["wamr", "", "gpio", "gpio:led0", "wamr:device/i2c@0.1.0:accelerometer_on_the_whe\u{e4}"];
        let list = encode(&CapabilityList::first(names.into_iter().filter_map(Capability::new))).unwrap();
        let read_back = read::<Capabilities<'_>>(&list).unwrap();
        assert!(read_back.names().eq(names));
        assert!(read_back.without(0b1_0010).names().eq(["wamr", "gpio", "gpio:led0"]));
        assert_eq!(encode(&read_back), Some(list));
        assert_eq!(read::<Capabilities<'_>>(&[0x80]).unwrap().names().count(), 0);
    }

    #[test]
    fn what_is_not_such_a_list_is_refused() {
        let seventeen =
            core::array::from_fn::<_, 35, _>(|at| [0x61, b'a', 0x91][if at == 0 { 2 } else { (at + 1) % 2 }]);
        let mut long = [b'a'; 52];
        long[..3].copy_from_slice(&[0x81, 0x78, 49]);
        let cases: [(&[u8], &str); 5] = [
            (&seventeen, "17 entries"),
            (&long, "49 bytes"),
            (b"\x81\x01", "a number"),
            (b"\x82\x61a", "fewer than it says"),
            (b"\x61a", "no list"),
        ];
        for (bytes, why) in cases {
            assert_eq!(read::<Capabilities<'_>>(bytes), Err(Malformed), "{why}");
        }
    }
}
