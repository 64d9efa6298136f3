//! Texts of WAMR and the host, without an allocator.

use core::ffi::{CStr, c_char};
use core::fmt::{self, Write};
use core::ops::Deref;

/// Long enough for WAMR's own texts, and short enough to pass an `Error` by value.
const CAPACITY: usize = 112;

/// The size of WAMR's own buffers (`EXCEPTION_BUF_LEN` in `core/iwasm/interpreter/wasm_runtime.h`).
const WAMR_CAPACITY: usize = 128;

/// A message of at most 112 bytes. Longer ones are truncated.
///
/// Some variants of [`Error`](crate::Error) and [`Trap`](crate::Trap) contain one, which they display.
#[derive(Clone, PartialEq, Eq)]
pub struct Message(heapless::String<CAPACITY, u8>);

impl Message {
    pub(crate) const fn new() -> Self {
        Self(heapless::String::new())
    }

    /// The bytes before the first NUL, up to the first that is not UTF-8.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        let text = match core::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        };
        text.into()
    }
}

impl Deref for Message {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        let mut message = Self::new();
        let _ = message.write_str(text);
        message
    }
}

/// Writing never fails: text that does not fit is dropped.
impl Write for Message {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = CAPACITY - self.0.len();
        let end = (0..=room.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        // It fits.
        let _ = self.0.push_str(text.get(..end).unwrap_or_default());
        Ok(())
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// A C string: a buffer that a C function writes an error into or reads a text from.
pub(crate) struct CText([u8; WAMR_CAPACITY]);

impl CText {
    pub const fn new() -> Self {
        Self([0; WAMR_CAPACITY])
    }

    pub fn as_mut_ptr(&mut self) -> *mut c_char {
        self.0.as_mut_ptr().cast()
    }

    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    pub const fn len(&self) -> u32 {
        WAMR_CAPACITY as u32
    }

    pub fn message(&self) -> Message {
        Message::from_bytes(&self.0)
    }
}

impl From<&Message> for CText {
    fn from(message: &Message) -> Self {
        let mut text = Self::new();
        text.0[..message.len()].copy_from_slice(message.as_bytes());
        text
    }
}

/// A name in a module, of which WAMR has checked that it is UTF-8.
///
/// # Safety
/// `name` is null or points to a NUL-terminated string that lives for `'a`.
pub(crate) unsafe fn name<'a>(name: *const c_char) -> &'a str {
    if name.is_null() {
        return "";
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(name) }.to_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_a_character() {
        let mut message = Message::from("x");
        for _ in 0..CAPACITY {
            let _ = message.write_str("é");
        }
        assert_eq!(message.len(), CAPACITY - 1);
        assert!(message.ends_with('é'));
    }

    #[test]
    fn takes_bytes_up_to_nul_or_bad_utf8() {
        assert_eq!(&*Message::from_bytes(b"abc\0def"), "abc");
        assert_eq!(&*Message::from_bytes(b"ab\xffcd"), "ab");
    }
}
