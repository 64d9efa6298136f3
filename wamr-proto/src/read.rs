//! Decoding by hand of what a device reads.
//!
//! A device must not carry out a request of which it knows only a part, as minicbor's derived decoders would. They, and every
//! error that is passed up whole, also take several KB more of its flash: here an item is there or not.

use minicbor::{Decoder, decode::Error};

/// Something that is read from CBOR, or is not what it should be.
pub(crate) trait Read<'b>: Sized {
    fn read(d: &mut Decoder<'b>) -> Option<Self>;
}

/// The one error of all these decoders.
pub(crate) fn decode<'b, T: Read<'b>>(d: &mut Decoder<'b>) -> Result<T, Error> {
    T::read(d).ok_or_else(|| Error::message("not of this version"))
}

#[inline(never)]
pub(crate) fn u64(d: &mut Decoder<'_>) -> Option<u64> {
    d.u64().ok()
}

pub(crate) fn u32(d: &mut Decoder<'_>) -> Option<u32> {
    u64(d)?.try_into().ok()
}

/// The number of elements.
#[inline(never)]
pub(crate) fn array(d: &mut Decoder<'_>) -> Option<u64> {
    d.array().ok()?
}

/// The number of entries.
#[inline(never)]
pub(crate) fn map(d: &mut Decoder<'_>) -> Option<u64> {
    d.map().ok()?
}

impl<'b> Read<'b> for u32 {
    fn read(d: &mut Decoder<'b>) -> Option<Self> {
        u32(d)
    }
}

macro_rules! impl_decode {
    ($($type:ty),*) => {$(
        impl<'b, C> minicbor::Decode<'b, C> for $type {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, Error> {
                decode(d)
            }
        }
    )*};
}

impl_decode!(crate::Request, crate::Command, crate::Value, crate::RunLimits, crate::Manifest, crate::AppLimits);
