//! Decoding by hand of what a device reads.
//!
//! A device must not carry out a request of which it knows only a part, as minicbor's derived decoders would. They, errors that
//! are passed up whole, and a reader for all of CBOR take several KB more of its flash: here are the items that requests
//! consist of, with definite lengths, and an item is there or not. Clients read what devices say with minicbor, as a device
//! may know more than they do.

use minicbor::decode::{Decoder, Error};

/// Something that is read from CBOR, or is not what it should be.
pub(crate) trait Read<'b>: Sized {
    fn read(input: &mut Input<'b>) -> Option<Self>;
}

/// What is left to read.
pub(crate) struct Input<'b>(&'b [u8]);

/// The kinds of items, the major types of RFC 8949.
pub(crate) const UNSIGNED: u8 = 0;
pub(crate) const NEGATIVE: u8 = 1;
pub(crate) const BYTES: u8 = 2;
pub(crate) const TEXT: u8 = 3;
pub(crate) const ARRAY: u8 = 4;
pub(crate) const MAP: u8 = 5;

/// The first bytes of floats.
pub(crate) const F32: u8 = 0xfa;
pub(crate) const F64: u8 = 0xfb;

impl<'b> Input<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, count: u64) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// The first byte of an item, and the number in it or behind it.
    #[inline(never)]
    fn head(&mut self) -> Option<(u8, u64)> {
        let first = *self.take(1)?.first()?;
        let number = match first & 0x1f {
            short @ 0..24 => short.into(),
            size @ 24..28 => self.take(1 << (size - 24))?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
            _ => return None,
        };
        Some((first, number))
    }

    /// The number of an item of this kind.
    #[inline(never)]
    fn number(&mut self, kind: u8) -> Option<u64> {
        self.head().filter(|(first, _)| first >> 5 == kind).map(|(_, number)| number)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.number(UNSIGNED)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.u64()?.try_into().ok()
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.u64()?.try_into().ok()
    }

    pub fn i64(&mut self) -> Option<i64> {
        let (first, number) = self.head()?;
        let number = i64::try_from(number).ok()?;
        match first >> 5 {
            UNSIGNED => Some(number),
            NEGATIVE => Some(!number),
            _ => None,
        }
    }

    pub fn f32(&mut self) -> Option<f32> {
        self.head().filter(|(first, _)| *first == F32).map(|(_, bits)| f32::from_bits(bits as u32))
    }

    pub fn f64(&mut self) -> Option<f64> {
        self.head().filter(|(first, _)| *first == F64).map(|(_, bits)| f64::from_bits(bits))
    }

    pub fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.number(BYTES)?;
        self.take(length)
    }

    pub fn str(&mut self) -> Option<&'b str> {
        let length = self.number(TEXT)?;
        core::str::from_utf8(self.take(length)?).ok()
    }

    /// The bytes that `read` takes.
    pub fn taken(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<&'b [u8]> {
        let before = self.0;
        read(self)?;
        before.get(..before.len() - self.0.len())
    }

    /// The number of elements.
    pub fn array(&mut self) -> Option<u64> {
        self.number(ARRAY)
    }

    /// The number of entries.
    pub fn map(&mut self) -> Option<u64> {
        self.number(MAP)
    }
}

/// The one error of all these decoders.
pub(crate) fn decode<'b, T: Read<'b>>(d: &mut Decoder<'b>) -> Result<T, Error> {
    let whole = d.input();
    let mut input = Input(whole.get(d.position()..).unwrap_or_default());
    let item = T::read(&mut input).ok_or_else(|| Error::message("not of this version"))?;
    d.set_position(whole.len() - input.0.len());
    Ok(item)
}

impl<'b> Read<'b> for crate::Digest {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        Some(Self(input.bytes()?.try_into().ok()?))
    }
}

impl<'b> Read<'b> for u32 {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        input.u32()
    }
}

/// Has enums read from the numbers of their variants, which are given in their order.
macro_rules! read_as_number {
    ($($type:ident: $($variant:ident),*;)*) => {$(
        impl<'b> $crate::read::Read<'b> for $type {
            fn read(input: &mut $crate::read::Input<'b>) -> Option<Self> {
                [$(Self::$variant),*].get(input.u32()? as usize).copied()
            }
        }
    )*};
}

pub(crate) use read_as_number;

macro_rules! impl_decode {
    ($($type:ty),*) => {$(
        impl<'b, C> minicbor::Decode<'b, C> for $type {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, Error> {
                decode(d)
            }
        }
    )*};
}

impl_decode!(
    crate::Request,
    crate::Command,
    crate::Value,
    crate::RunLimits,
    crate::AppLimits,
    crate::Restart,
    crate::App,
    crate::AppState,
    crate::Fingerprint,
    crate::ClientAddress,
    crate::Digest
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::write::Output;

    /// Reads what was written, and nothing when a byte is missing. minicbor, which clients may use, finds it well-formed.
    fn both<T: PartialEq + core::fmt::Debug>(
        write: impl Fn(&mut Output),
        read: impl for<'b> Fn(&mut Input<'b>) -> Option<T>,
        value: T,
    ) {
        let mut output = Output::new();
        write(&mut output);
        let bytes: Message = output.finish().expect("it is short");
        let mut input = Input(&bytes);
        assert_eq!(read(&mut input), Some(value));
        assert!(input.0.is_empty());
        let mut decoder = Decoder::new(&bytes);
        assert!(decoder.skip().is_ok() && decoder.position() == bytes.len());
        for end in 0..bytes.len() {
            assert_eq!(read(&mut Input(&bytes[..end])), None);
        }
    }

    #[test]
    fn items_come_back_as_they_were() {
        for number in [0, 1, 23, 24, 255, 256, 65_535, 65_536, u32::MAX.into(), 1 << 32, u64::MAX] {
            both(|output| output.u64(number), |input| input.u64(), number);
        }
        for number in [0, -1, -24, -25, 255, -256, -257, i64::from(i32::MIN), i64::MAX, i64::MIN] {
            both(|output| output.i64(number), |input| input.i64(), number);
        }
        both(|output| output.f32(0.1), |input| input.f32(), 0.1);
        both(|output| output.f64(-1e300), |input| input.f64(), -1e300);
        both(|output| output.str("äb"), |input| input.str().map(|text| text == "äb"), true);
        both(|output| output.bytes(&[7; 30]), |input| input.bytes().map(|bytes| bytes == [7; 30]), true);
    }

    /// The bytes of RFC 8949, appendix A.
    #[test]
    fn items_are_the_standards() {
        let written = |write: &dyn Fn(&mut Output)| {
            let mut output = Output::new();
            write(&mut output);
            output.finish().unwrap()
        };
        assert_eq!(written(&|output| output.u64(1_000_000)), [0x1a, 0, 0x0f, 0x42, 0x40]);
        assert_eq!(written(&|output| output.i64(-1000)), [0x39, 0x03, 0xe7]);
        assert_eq!(written(&|output| output.f32(100_000.0)), [0xfa, 0x47, 0xc3, 0x50, 0]);
        assert_eq!(written(&|output| output.f64(1.1)), [0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a]);
        assert_eq!(written(&|output| output.str("IETF")), *b"\x64IETF");
        assert_eq!(written(&|output| output.map(&[&true, &None::<u32>, &false])), [0xa2, 0, 0xf5, 2, 0xf4]);
        assert_eq!(written(&|output| output.variant(1, &[&2u32])), [0x82, 1, 2]);
    }

    #[test]
    fn other_items_are_none() {
        assert_eq!(Input(&[0x20]).u64(), None, "negative");
        assert_eq!(Input(&[0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0]).i64(), None, "2^63");
        assert_eq!(Input(&[0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0]).i64(), None, "-2^63 - 1");
        assert_eq!(Input(&[0x19, 1, 0]).u8(), None, "256");
        assert_eq!(Input(&[0x9f]).array(), None, "without a length");
        assert_eq!(Input(&[0x1c]).u64(), None, "reserved");
        assert_eq!(Input(&[0xfb, 0, 0, 0, 0, 0, 0, 0, 0]).f32(), None, "an f64");
        assert_eq!(Input(&[0x61, 0xff]).str(), None, "no UTF-8");
        assert_eq!(Input(&[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).str(), None, "too long");
    }
}
