//! Strings and lists with a fixed capacity, as CBOR text and arrays.

use crate::log::front;
use crate::read::{self, Input, Read};
use crate::write::{Output, Write};
use crate::{ErrorCode, Value};
use core::fmt;
use minicbor::{Decode, Decoder, decode};

/// Text of at most `N` bytes of UTF-8.
#[derive(Default, PartialEq, Eq)]
pub struct Bounded<const N: usize>(heapless::String<N>);

/// A message for people. Longer text is truncated and ends with `…`.
pub type Text = Bounded<64>;

/// The name of an export.
pub type Name = Bounded<48>;

/// The name of an app.
pub type AppName = Bounded<16>;

impl<const N: usize> Bounded<N> {
    /// The maximum length in bytes.
    pub const MAX: usize = N;

    /// Returns the text, or `None` if it does not fit.
    pub fn new(text: &str) -> Option<Self> {
        heapless::String::try_from(text).ok().map(Self)
    }

    /// Returns as much of the text as fits, truncated at a character boundary. A truncated text ends with `…`.
    pub fn cut(text: &str) -> Self {
        let mut cut = Self::default();
        let _ = fmt::Write::write_str(&mut cut, text);
        cut
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> Clone for Bounded<N> {
    // Derived, it would be inlined wherever a name is copied.
    #[inline(never)]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<const N: usize> fmt::Write for Bounded<N> {
    /// Appends as much as fits and never fails. `…` replaces the rest.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        const CUT: &str = "…";
        let room = N - self.0.len();
        // There may be space after a truncated text, up to the length of `…`.
        let is_cut = room <= CUT.len() && self.0.ends_with(CUT);
        if !is_cut && self.0.push_str(text).is_err() {
            let _ = self.0.push_str(front(text, room));
            self.0.truncate(front(&self.0, N - CUT.len()).len());
            let _ = self.0.push_str(CUT);
        }
        Ok(())
    }
}

impl<const N: usize> fmt::Display for Bounded<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const N: usize> fmt::Debug for Bounded<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl<const N: usize> Write for Bounded<N> {
    fn write(&self, output: &mut Output) {
        output.str(&self.0);
    }
}

impl<'b, const N: usize> Read<'b> for Bounded<N> {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let text = input.str()?;
        // Names are the only texts in a request.
        Self::new(text).or_else(|| input.refuse(ErrorCode::NameTooLong, Some(N as u32)))
    }
}

impl<'b, C, const N: usize> Decode<'b, C> for Bounded<N> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        read::decode(d)
    }
}

/// A list of at most `N` elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T, const N: usize>(heapless::Vec<T, N>);

/// Arguments or results of a function.
pub type Values = List<Value, 8>;

/// Functions of a module by their indices.
pub type Functions = List<u32, 8>;

impl<T: Clone, const N: usize> List<T, N> {
    /// The maximum number of elements.
    pub const MAX: usize = N;

    /// Returns the elements, or `None` if there are too many.
    pub fn new(elements: &[T]) -> Option<Self> {
        heapless::Vec::from_slice(elements).ok().map(Self)
    }

    /// Returns as many of the elements as fit.
    pub fn first(elements: impl Iterator<Item = T>) -> Self {
        let mut list = Self::default();
        for element in elements {
            if list.0.push(element).is_err() {
                break;
            }
        }
        list
    }
}

impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self(heapless::Vec::new())
    }
}

impl<T, const N: usize> core::ops::Deref for List<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Write, const N: usize> Write for List<T, N> {
    fn write(&self, output: &mut Output) {
        output.array(self.0.len());
        self.0.iter().for_each(|element| element.write(output));
    }
}

impl<'b, T: Read<'b>, const N: usize> Read<'b> for List<T, N> {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let count = input.array()?;
        if count > N as u32 {
            // Arguments are the only list in a request.
            return input.refuse(ErrorCode::TooManyArguments, Some(N as u32));
        }
        let mut list = Self::default();
        for index in 0..count {
            let Some(element) = T::read(input) else { return input.refuse_element(index) };
            list.0.push(element).ok()?;
        }
        Some(list)
    }
}

#[allow(private_bounds, reason = "lists of what this crate has")]
impl<'b, C, T: Read<'b>, const N: usize> Decode<'b, C> for List<T, N> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        read::decode(d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write as _;

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(Bounded::<5>::cut("aäö").as_str(), "aäö");
        assert_eq!(Bounded::<5>::cut("aäöü").as_str(), "a…");
        assert_eq!(Bounded::<8>::cut("a\u{1f600}\u{1f600}").as_str(), "a\u{1f600}…");
        let mut written = Bounded::<8>::default();
        let more = "789";
        write!(written, "{}{more}", 123_456).unwrap();
        assert_eq!(written.as_str(), "12345…");
        let mut much = Bounded::<8>::default();
        // Two writes: the compiler would merge literals into one.
        much.write_str("12").unwrap();
        much.write_str("345678901").unwrap();
        assert_eq!(much.as_str(), "12345…", "what there is room for is appended");
        for more in ["", "x", "…"] {
            written.write_str(more).unwrap();
            assert_eq!(written.as_str(), "12345…", "nothing comes behind a cut");
        }
        assert!(Bounded::<4>::new("12345").is_none());
    }
}
