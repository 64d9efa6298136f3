//! The capabilities that a module may use: a list in its manifest.

use crate::read::{Input, Read};
use crate::write::{Output, Write};
use crate::{Bounded, List};
use core::fmt;

/// The name of a capability, such as `wamr`: the functions that a host offers under this import module name.
pub type Capability = Bounded<24>;

/// All capabilities of an app, in owned form. A device reads them as [`Capabilities`].
///
/// ```
/// use wamr_proto::{Capabilities, Capability, CapabilityList, Manifest, encode, read};
///
/// let list = CapabilityList::first(["wamr", "gpio"].into_iter().filter_map(Capability::new));
/// let list = encode(&list).unwrap();
/// let capabilities = read::<Capabilities<'_>>(&list).unwrap();
/// assert!(capabilities.names().eq(["wamr", "gpio"]));
/// let manifest = Manifest { capabilities: Some(capabilities), ..Default::default() };
/// ```
pub type CapabilityList = List<Capability, 8>;

/// A [`CapabilityList`] that borrows the bytes it was read from. The device uses it once and has no memory to spare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Capabilities<'b>(&'b [u8]);

impl<'b> Capabilities<'b> {
    /// Returns the names in the order of the list.
    pub fn names(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        let mut input = Input::new(self.0);
        let _count = input.array();
        // Nothing follows the names.
        core::iter::from_fn(move || input.str())
    }
}

impl<'b> Read<'b> for Capabilities<'b> {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let list = input.taken(|input| {
            let count = input.array()?;
            let fit = count <= CapabilityList::MAX as u64
                && (0..count).all(|_| input.str().is_some_and(|name| name.len() <= Capability::MAX));
            fit.then_some(())
        })?;
        Some(Self(list))
    }
}

impl Write for Capabilities<'_> {
    fn write(&self, output: &mut Output) {
        output.item(self.0);
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
        let names = ["wamr", "", "gpio", "a name with 24 ch\u{e4}rs"];
        let list = encode(&CapabilityList::first(names.into_iter().filter_map(Capability::new))).unwrap();
        let read_back = read::<Capabilities<'_>>(&list).unwrap();
        assert!(read_back.names().eq(names));
        assert_eq!(encode(&read_back), Some(list));
        assert_eq!(read::<Capabilities<'_>>(&[0x80]).unwrap().names().count(), 0);
    }

    #[test]
    fn what_is_not_such_a_list_is_refused() {
        let cases: [(&[u8], &str); 5] = [
            (b"\x89\x61a\x61a\x61a\x61a\x61a\x61a\x61a\x61a\x61a", "nine"),
            (b"\x81\x78\x19aaaaaaaaaaaaaaaaaaaaaaaaa", "25 bytes"),
            (b"\x81\x01", "a number"),
            (b"\x82\x61a", "fewer than it says"),
            (b"\x61a", "no list"),
        ];
        for (bytes, why) in cases {
            assert_eq!(read::<Capabilities<'_>>(bytes), Err(Malformed), "{why}");
        }
    }
}
