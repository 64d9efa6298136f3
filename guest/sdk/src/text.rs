//! Text without a heap.

use core::fmt;

/// Text of at most `N` bytes. What does not fit is cut, at the end of a character.
///
/// ```ignore
/// let mut line = Line::<32>::new();
/// write!(line, "{temperature} °C")?;
/// message::send(Peer::Client, line.as_bytes())?;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Line<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Line<N> {
    /// Returns no text.
    pub const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        // SAFETY: only `write_str` writes, and it writes whole characters.
        unsafe { core::str::from_utf8_unchecked(self.as_bytes()) }
    }

    /// Returns the text as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl<const N: usize> Default for Line<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Write for Line<N> {
    /// Fails if the text was cut.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let rest = self.bytes.get_mut(self.length..).unwrap_or_default();
        let end = (0..=rest.len().min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        for (to, from) in rest.iter_mut().zip(text.bytes().take(end)) {
            *to = from;
        }
        self.length += end;
        if end == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
