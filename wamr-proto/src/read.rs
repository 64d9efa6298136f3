//! Hand-written decoding of the messages that a device reads.
//!
//! A device must not carry out a request that it knows only in part, which minicbor's derived decoders would allow. Derived
//! decoders, errors with details, and a reader for all of CBOR also take several KB more flash. This module reads only the items
//! that requests consist of, with definite lengths, and reports only whether an item could be read. Clients decode with minicbor,
//! because a device may know more than they do.

use crate::ErrorCode;
use minicbor::decode::{Decoder, Error};

/// A type that can be read from CBOR.
pub(crate) trait Read<'b>: Sized {
    fn read(input: &mut Input<'b>) -> Option<Self>;
}

/// The bytes that are left to read.
pub(crate) struct Input<'b> {
    rest: &'b [u8],
    /// Why a well-formed item was rejected, with a bound if one belongs to the reason.
    pub fault: Option<(ErrorCode, Option<u32>)>,
}

/// The major types of RFC 8949.
pub(crate) const UNSIGNED: u8 = 0;
pub(crate) const NEGATIVE: u8 = 1;
pub(crate) const BYTES: u8 = 2;
pub(crate) const TEXT: u8 = 3;
pub(crate) const ARRAY: u8 = 4;
pub(crate) const MAP: u8 = 5;
const TAG: u8 = 6;

/// The initial bytes of floats.
const F16: u8 = 0xf9;
pub(crate) const F32: u8 = 0xfa;
pub(crate) const F64: u8 = 0xfb;

impl<'b> Input<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, fault: None }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Rejects an item for a reason to report to the client.
    pub fn refuse<T>(&mut self, code: ErrorCode, bound: Option<u32>) -> Option<T> {
        self.fault = Some((code, bound));
        None
    }

    /// Rejects a list because of this element.
    pub fn refuse_element<T>(&mut self, index: u32) -> Option<T> {
        if let Some((_, bound)) = &mut self.fault {
            *bound = bound.or(Some(index));
        }
        None
    }

    fn take(&mut self, count: u64) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// Reads the initial byte of an item, and the number in it or after it.
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

    /// Reads the number of an item of this major type.
    #[inline(never)]
    fn number(&mut self, kind: u8) -> Option<u64> {
        self.head().filter(|(first, _)| first >> 5 == kind).map(|(_, number)| number)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.number(UNSIGNED)
    }

    /// Reads a number of at most 32 bits in an item of this major type.
    #[inline(never)]
    fn small(&mut self, kind: u8) -> Option<u32> {
        self.number(kind)?.try_into().ok()
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.small(UNSIGNED)
    }

    #[inline(never)]
    pub fn u8(&mut self) -> Option<u8> {
        self.u64()?.try_into().ok()
    }

    /// Reads an integer with this many bits, in the low bits of the result. WebAssembly integers have no sign, so both -1 and the
    /// highest number have all bits set.
    pub fn integer(&mut self, bits: u32) -> Option<i64> {
        let (first, number) = self.head()?;
        let (most, integer) = match first >> 5 {
            UNSIGNED => (u64::MAX >> (64 - bits), number),
            NEGATIVE => (u64::MAX >> (65 - bits), !number),
            _ => return None,
        };
        if number > most {
            return self.refuse(ErrorCode::ValueOutOfRange, None);
        }
        Some(integer.cast_signed())
    }

    /// Reads a float of any size as an `f64`, which can hold them all.
    #[inline(never)]
    fn float(&mut self) -> Option<u64> {
        let (first, bits) = self.head()?;
        match first {
            F16 => Some(widen(bits, 5, 10)),
            F32 => Some(widen(bits, 8, 23)),
            F64 => Some(bits),
            _ => None,
        }
    }

    pub fn f32(&mut self) -> Option<f32> {
        let wide = self.float()?;
        let float = f64::from_bits(wide);
        // The conversion would turn a signaling NaN into a quiet one.
        let narrow = if float.is_nan() {
            (wide >> 32 & 1 << 31 | 0xff << 23 | wide >> 29 & 0x7f_ffff) as u32
        } else {
            (float as f32).to_bits()
        };
        if widen(narrow.into(), 8, 23) != wide {
            return self.refuse(ErrorCode::ValueOutOfRange, None);
        }
        Some(f32::from_bits(narrow))
    }

    pub fn f64(&mut self) -> Option<f64> {
        self.float().map(f64::from_bits)
    }

    pub fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.number(BYTES)?;
        self.take(length)
    }

    pub fn str(&mut self) -> Option<&'b str> {
        let length = self.number(TEXT)?;
        core::str::from_utf8(self.take(length)?).ok()
    }

    /// Returns the bytes that `read` consumes.
    pub fn taken(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<&'b [u8]> {
        let before = self.rest;
        read(self)?;
        before.get(..before.len() - self.rest.len())
    }

    /// Skips an item of any type with a definite length.
    pub fn skip(&mut self) -> Option<()> {
        let mut items = 1u64;
        while items > 0 {
            let (first, number) = self.head()?;
            let inside = match first >> 5 {
                BYTES | TEXT => {
                    self.take(number)?;
                    0
                }
                ARRAY => number,
                MAP => number.checked_mul(2)?,
                TAG => 1,
                _ => 0,
            };
            items = (items - 1).checked_add(inside)?;
        }
        Some(())
    }

    /// The number of elements.
    pub fn array(&mut self) -> Option<u32> {
        self.small(ARRAY)
    }

    /// The number of entries.
    pub fn map(&mut self) -> Option<u32> {
        self.small(MAP)
    }
}

/// Returns the bits of the `f64` with the same value as a smaller float that has this many bits for its exponent and its
/// fraction. It does not use the processor's conversion, which would turn a signaling NaN into a quiet one.
fn widen(bits: u64, exponent: u32, fraction: u32) -> u64 {
    let highest = (1 << exponent) - 1;
    let sign = bits >> (exponent + fraction) << 63;
    // The difference between the exponent biases.
    let bias = 1023 - highest / 2;
    let tail = bits & ((1 << fraction) - 1);
    let (exponent, tail) = match bits >> fraction & highest {
        // An infinity or a NaN.
        all if all == highest => (0x7ff, tail),
        0 if tail == 0 => (0, 0),
        // Subnormal numbers have no leading one in the smaller float, but have one in the larger.
        0 => {
            let shift = tail.leading_zeros() - (63 - fraction);
            (bias + 1 - u64::from(shift), tail << shift & ((1 << fraction) - 1))
        }
        other => (bias + other, tail),
    };
    sign | exponent << 52 | tail << (52 - fraction)
}

/// The only error of all these decoders.
pub(crate) fn decode<'b, T: Read<'b>>(d: &mut Decoder<'b>) -> Result<T, Error> {
    let whole = d.input();
    let mut input = Input::new(whole.get(d.position()..).unwrap_or_default());
    let item = T::read(&mut input).ok_or_else(|| Error::message("not of this version"))?;
    d.set_position(whole.len() - input.rest.len());
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

/// Reads enums from the numbers of their variants, given in order.
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
    crate::Value,
    crate::RunLimits,
    crate::AppLimits,
    crate::Restart,
    crate::AppStatus,
    crate::AppState,
    crate::Fingerprint,
    crate::ClientAddress,
    crate::Digest,
    crate::Excerpt,
    crate::Part
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::write::Output;

    fn written(write: &dyn Fn(&mut Output<'_>)) -> Message {
        let mut message = Message::new();
        let mut output = Output::new(&mut message);
        write(&mut output);
        assert!(output.fits());
        message
    }

    /// Checks that written values can be read again, but not if a byte is missing. minicbor, which clients may use, must find
    /// them well-formed.
    fn both<T: PartialEq + core::fmt::Debug>(
        write: impl Fn(&mut Output<'_>),
        read: impl for<'b> Fn(&mut Input<'b>) -> Option<T>,
        value: T,
    ) {
        let bytes = written(&write);
        let mut input = Input::new(&bytes);
        assert_eq!(read(&mut input), Some(value));
        assert!(input.is_empty());
        let mut input = Input::new(&bytes);
        assert!(input.skip().is_some() && input.is_empty());
        let mut decoder = Decoder::new(&bytes);
        assert!(decoder.skip().is_ok() && decoder.position() == bytes.len());
        for end in 0..bytes.len() {
            assert_eq!(read(&mut Input::new(&bytes[..end])), None);
            assert_eq!(Input::new(&bytes[..end]).skip(), None);
        }
    }

    #[test]
    fn items_come_back_as_they_were() {
        for number in [0, 1, 23, 24, 255, 256, 65_535, 65_536, u32::MAX.into(), 1 << 32, u64::MAX] {
            both(|output| output.u64(number), |input| input.u64(), number);
        }
        for number in [0, -1, -24, -25, 255, -256, -257, i64::from(i32::MIN), i64::MAX, i64::MIN] {
            both(|output| output.i64(number), |input| input.integer(64), number);
        }
        both(|output| output.f32(0.1), |input| input.f32(), 0.1);
        both(|output| output.f64(-1e300), |input| input.f64(), -1e300);
        both(|output| output.str("äb"), |input| input.str().map(|text| text == "äb"), true);
        both(|output| output.bytes(&[7; 30]), |input| input.bytes().map(|bytes| bytes == [7; 30]), true);
    }

    /// The examples of RFC 8949, appendix A.
    #[test]
    fn items_are_the_standards() {
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
        assert_eq!(Input::new(&[0x20]).u64(), None, "negative");
        assert_eq!(Input::new(&[0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0]).integer(64), None, "-2^63 - 1");
        assert_eq!(Input::new(&[0x19, 1, 0]).u8(), None, "256");
        assert_eq!(Input::new(&[0x9f]).array(), None, "without a length");
        assert_eq!(Input::new(&[0x1c]).u64(), None, "reserved");
        assert_eq!(Input::new(&[0x1b, 0, 0, 0, 1, 0, 0, 0, 0]).integer(32), None, "2^32");
        assert_eq!(Input::new(&[0x01]).f64(), None, "an integer");
        assert_eq!(Input::new(&[0xf6]).f64(), None, "null");
        assert_eq!(Input::new(&[0x61, 0xff]).str(), None, "no UTF-8");
        assert_eq!(Input::new(&[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).str(), None, "too long");
    }
    #[test]
    fn floats_of_every_size_are_read_and_nothing_is_rounded() {
        // Every half. minicbor's conversion is independent of this one. It does not support NaN payloads, so those are compared
        // separately.
        for half in 0..=u16::MAX {
            let [high, low] = half.to_be_bytes();
            let bytes = [0xf9, high, low];
            let (single, double) = (Input::new(&bytes).f32().unwrap(), Input::new(&bytes).f64().unwrap());
            if single.is_nan() {
                assert_eq!(
                    single.to_bits(),
                    u32::from(half & 0x8000) << 16 | 0xff << 23 | u32::from(half & 0x3ff) << 13
                );
                assert_eq!(double.to_bits() << 12 >> 54, u64::from(half & 0x3ff));
            } else {
                let reference = Decoder::new(&bytes).f64().unwrap();
                assert_eq!((f64::from(single).to_bits(), double.to_bits()), (reference.to_bits(), reference.to_bits()));
            }
        }
        let tiny = f32::from_bits(1);
        for single in [0.0, -0.0, 1.0, -1.1, f32::MAX, f32::MIN_POSITIVE, tiny, f32::INFINITY, f32::NEG_INFINITY] {
            both(|output| output.f32(single), |input| input.f64(), single.into());
            both(|output| output.f64(single.into()), |input| input.f32().map(f32::to_bits), single.to_bits());
        }
        // A signaling NaN with a payload that fits into a single, and one with a payload that does not.
        let nan = f64::from_bits(0xfff0_0000_2000_0000);
        both(|output| output.f64(nan), |input| input.f32().map(f32::to_bits), 0xff80_0001);
        let signalling = f32::from_bits(0xff80_0001);
        both(|output| output.f32(signalling), |input| input.f64().map(f64::to_bits), nan.to_bits());
        for double in [1.1, 1e39, f64::from(tiny) / 2.0, f64::MIN_POSITIVE, f64::from_bits(0xfff0_0000_0000_0001)] {
            let bytes = written(&|output| output.f64(double));
            let mut input = Input::new(&bytes);
            assert_eq!((input.f32(), input.fault), (None, Some((ErrorCode::ValueOutOfRange, None))), "{double}");
        }
    }

    #[test]
    fn integers_are_their_bits() {
        for (bytes, bits, integer) in [
            (&[0x1a, 0xff, 0xff, 0xff, 0xff][..], 32, 0xffff_ffff),
            (&[0x1a, 0x80, 0, 0, 0], 32, 0x8000_0000),
            (&[0x3a, 0x7f, 0xff, 0xff, 0xff], 32, i32::MIN.into()),
            (&[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 64, -1),
            (&[0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0], 64, i64::MIN),
        ] {
            assert_eq!(Input::new(bytes).integer(bits), Some(integer), "{bytes:x?}");
        }
    }

    #[test]
    fn whole_items_are_skipped() {
        // [1, {"a": [2, h'0304'], 5: 1.0}, 6(null)]
        let bytes = b"\x83\x01\xa2\x61a\x82\x02\x42\x03\x04\x05\xf9\x3c\x00\xc6\xf6\x07";
        let mut input = Input::new(bytes);
        assert_eq!((input.skip(), input.u64(), input.is_empty()), (Some(()), Some(7), true));
        for cut in 0..bytes.len() - 1 {
            assert_eq!(Input::new(&bytes[..cut]).skip(), None, "{cut}");
        }
        assert_eq!(Input::new(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]).skip(), None, "too many");
        assert_eq!(Input::new(&[0x9f, 0xff]).skip(), None, "without a length");
    }
}
