//! Hand-written encoding, with little code, for devices: the counterpart of `read`.
//!
//! Derived encoders check for space after every number, and take 2 KB more of a device's flash.

use heapless::VecView;

use crate::read::{ARRAY, BYTES, F32, F64, MAP, NEGATIVE, TEXT, UNSIGNED};

/// A type that this crate can [`encode`](crate::encode): its messages and their parts.
pub trait Write {
    /// Appends the value.
    fn write(&self, output: &mut Output<'_>);

    /// Whether a map entry with this value is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

/// The buffer that messages are written to.
#[derive(Debug)]
pub struct Output<'a> {
    message: &'a mut VecView<u8>,
    /// Whether everything has fit so far.
    fits: bool,
}

impl<'a> Output<'a> {
    pub(crate) fn new(message: &'a mut VecView<u8>) -> Self {
        Self { message, fits: true }
    }

    /// Whether everything has fit.
    pub(crate) fn fits(&self) -> bool {
        self.fits
    }

    #[inline(never)]
    fn append(&mut self, bytes: &[u8]) {
        self.fits &= self.message.extend_from_slice(bytes).is_ok();
    }

    /// Writes the start of an item: its major type, and a number in the fewest bytes.
    #[inline(never)]
    fn head(&mut self, kind: u8, number: u64) {
        let (info, size) = match number {
            0..24 => (number as u8, 0),
            24..0x100 => (24, 1),
            0x100..0x1_0000 => (25, 2),
            0x1_0000..0x1_0000_0000 => (26, 4),
            _ => (27, 8),
        };
        self.append(&[kind << 5 | info]);
        self.tail(number, size);
    }

    /// Writes the lowest bytes of a number in big-endian order.
    fn tail(&mut self, number: u64, size: usize) {
        self.append(number.to_be_bytes().get(8 - size..).unwrap_or_default());
    }

    /// Appends an item that is already encoded.
    pub(crate) fn item(&mut self, bytes: &[u8]) {
        self.append(bytes);
    }

    pub(crate) fn u64(&mut self, number: u64) {
        self.head(UNSIGNED, number);
    }

    pub(crate) fn i64(&mut self, number: i64) {
        if number < 0 { self.head(NEGATIVE, !number as u64) } else { self.u64(number as u64) }
    }

    pub(crate) fn f32(&mut self, number: f32) {
        self.append(&[F32]);
        self.tail(number.to_bits().into(), 4);
    }

    pub(crate) fn f64(&mut self, number: f64) {
        self.append(&[F64]);
        self.tail(number.to_bits(), 8);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len() as u64);
        self.append(bytes);
    }

    pub(crate) fn str(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.append(text.as_bytes());
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.append(&[0xf4 | u8::from(value)]);
    }

    /// Writes the start of an array. Its elements must follow.
    pub(crate) fn array(&mut self, length: usize) {
        self.head(ARRAY, length as u64);
    }

    /// Writes an array whose first element is a number that identifies the variant.
    pub(crate) fn variant(&mut self, number: u8, elements: &[&dyn Write]) {
        self.array(1 + elements.len());
        self.u64(number.into());
        elements.iter().for_each(|element| element.write(self));
    }

    /// Writes a map. The keys are the indices of the values.
    pub(crate) fn map(&mut self, values: &[&dyn Write]) {
        self.head(MAP, values.iter().filter(|value| !value.is_absent()).count() as u64);
        for (key, value) in (0..).zip(values) {
            if !value.is_absent() {
                self.u64(key);
                value.write(self);
            }
        }
    }
}

impl Write for u8 {
    fn write(&self, output: &mut Output<'_>) {
        output.u64((*self).into());
    }
}

impl Write for u32 {
    fn write(&self, output: &mut Output<'_>) {
        output.u64((*self).into());
    }
}

impl Write for u64 {
    fn write(&self, output: &mut Output<'_>) {
        output.u64(*self);
    }
}

impl Write for bool {
    fn write(&self, output: &mut Output<'_>) {
        output.bool(*self);
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, output: &mut Output<'_>) {
        if let Some(value) = self {
            value.write(output);
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// Writes enums without fields as their numbers.
macro_rules! write_as_number {
    ($($type:ty),*) => {$(
        impl $crate::write::Write for $type {
            fn write(&self, output: &mut $crate::write::Output<'_>) {
                output.u64(*self as u64);
            }
        }
    )*};
}

/// Writes structs as maps. The fields are given in the order of their keys.
macro_rules! write_as_map {
    ($type:ty: $($field:ident),*) => {
        impl $crate::write::Write for $type {
            fn write(&self, output: &mut $crate::write::Output<'_>) {
                output.map(&[$(&self.$field),*]);
            }
        }
    };
}

pub(crate) use {write_as_map, write_as_number};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_did_not_fit_once_is_none() {
        let mut message = crate::Message::new();
        let mut output = Output::new(&mut message);
        output.append(&[0; crate::MESSAGE_MAX + 1]);
        output.append(&[0]);
        assert!(!output.fits());
    }
}
