//! The value of the *log* characteristic.

use crate::MESSAGE_MAX;

/// As much of what an app logs as fits into a notification, cut between characters. It is sent as it is, in UTF-8.
pub fn log_line(text: &str) -> &str {
    front(text, MESSAGE_MAX)
}

/// The longest part of a text that has at most so many bytes and ends between characters.
// A slice by index would take 5 KB for the text of its panic.
pub(crate) fn front(text: &str, bytes: usize) -> &str {
    (0..=text.len().min(bytes)).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_between_characters() {
        let long = core::str::from_utf8([[0xc3, 0xa4]; 100].as_flattened()).unwrap();
        assert_eq!((log_line("short"), log_line(""), log_line(long).len()), ("short", "", MESSAGE_MAX));
        assert_eq!(front(long, 5), "\u{e4}\u{e4}");
    }
}
