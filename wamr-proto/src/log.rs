//! The value of the *log* characteristic.

use core::fmt::{self, Write};

use crate::escape::escape;
use crate::{Escaped, MESSAGE_MAX, Message};

/// A line that an app logs, after the name of the app.
///
/// Anybody can choose an app's name and log a line, so both are [escaped](Escaped). A log line is always a single line,
/// identifies its app, and cannot imitate another app or the device.
#[derive(Clone, Copy, Debug)]
pub struct LogLine<'a> {
    /// The name of the app. Empty if it has none.
    pub name: &'a str,
    /// Its number.
    pub app: u8,
    /// The text.
    pub text: &'a str,
}

impl LogLine<'_> {
    /// Returns as much of the line as fits into a notification, in UTF-8, truncated at a character boundary.
    pub fn to_message(&self) -> Message {
        let mut cut = Cut(Message::new());
        // Writing stops at the first character that does not fit.
        let _ = write!(cut, "{self}");
        cut.0
    }
}

impl fmt::Display for LogLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            "" => write!(f, "#{}", u32::from(self.app))?,
            // The name ends at the first colon.
            name => name.chars().try_for_each(|char| match char {
                ':' => f.write_str(r"\u{3a}"),
                _ => escape(f, char),
            })?,
        }
        write!(f, ": {}", Escaped(self.text))
    }
}

/// Collects what fits into a message.
struct Cut(Message);

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fitting = front(text, MESSAGE_MAX - self.0.len());
        let fits = self.0.extend_from_slice(fitting.as_bytes()).is_ok() && fitting.len() == text.len();
        if fits { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Returns the longest prefix that has at most this many bytes and ends at a character boundary.
// Slicing by index would cost 5 KB for its panic message.
pub(crate) fn front(text: &str, bytes: usize) -> &str {
    (0..=text.len().min(bytes)).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, text: &str) -> Message {
        LogLine { name, app: 7, text }.to_message()
    }

    #[test]
    fn a_line_begins_with_the_apps_name() {
        assert_eq!(*value("counter", "3 of 4: done"), *b"counter: 3 of 4: done");
        assert_eq!(*value("", "hello"), *b"#7: hello");
    }

    #[test]
    fn a_line_is_one_line_of_that_app() {
        let forged = value("counter", "x\r\nother: y\n\x1b[2K");
        assert_eq!(*forged, *br"counter: x\r\nother: y\n\u{1b}[2K");
        assert_eq!(*value("other: y\n", "x"), *br"other\u{3a} y\n: x");
    }

    #[test]
    fn lines_are_cut_between_characters() {
        let long = core::str::from_utf8([[0xc3, 0xa4]; 100].as_flattened()).unwrap();
        let cut = value("", long);
        assert_eq!((cut.len(), &cut[..4]), (MESSAGE_MAX, &b"#7: "[..]));
        assert_eq!(value("x", long).len(), MESSAGE_MAX - 1, "no half of one, and nothing behind it");
        assert_eq!(front(long, 5), "\u{e4}\u{e4}");
    }
}
