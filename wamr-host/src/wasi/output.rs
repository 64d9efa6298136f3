//! What programs write to their output, as lines of the log.

use heapless::{String, Vec};

use crate::log::Level;

/// The most bytes of a line. Longer ones are divided.
const LINE_MAX: usize = 120;

/// A character that is not UTF-8 takes three bytes.
const TEXT_MAX: usize = 3 * LINE_MAX;

/// The lines of a program that are not complete: standard output and standard error.
#[derive(Default)]
pub(super) struct Output {
    lines: [Vec<u8, LINE_MAX>; 2],
}

const LEVELS: [Level; 2] = [Level::Info, Level::Error];

impl Output {
    /// Adds bytes to standard output, which is stream 0, or standard error, stream 1. Passes complete lines to `log`.
    pub fn write(&mut self, stream: usize, bytes: &[u8], log: &mut dyn FnMut(Level, &str)) {
        let (Some(line), Some(level)) = (self.lines.get_mut(stream), LEVELS.get(stream)) else { return };
        for byte in bytes {
            if *byte == b'\n' {
                log(*level, &text(line));
                line.clear();
                continue;
            }
            if line.is_full() {
                let rest = Vec::from_slice(line.get(whole(line)..).unwrap_or_default()).unwrap_or_default();
                log(*level, &text(line.get(..whole(line)).unwrap_or_default()));
                *line = rest;
            }
            let _ = line.push(*byte);
        }
    }

    /// Passes lines that are not complete to `log`.
    pub fn flush(&mut self, log: &mut dyn FnMut(Level, &str)) {
        for stream in 0..LEVELS.len() {
            if self.lines.get(stream).is_some_and(|line| !line.is_empty()) {
                self.write(stream, b"\n", log);
            }
        }
    }
}

/// The length of the characters that are complete, or of all if there are none.
fn whole(bytes: &[u8]) -> usize {
    match core::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        _ => bytes.len(),
    }
}

/// Replaces what is not UTF-8.
fn text(bytes: &[u8]) -> String<TEXT_MAX> {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        let _ = text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            let _ = text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::borrow::ToOwned;
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    fn logged(work: impl FnOnce(&mut Output, &mut dyn FnMut(Level, &str))) -> Vec<(Level, String)> {
        let mut lines = Vec::new();
        work(&mut Output::default(), &mut |level, line| lines.push((level, line.to_owned())));
        lines
    }

    #[test]
    fn lines_are_put_together() {
        let lines = logged(|output, log| {
            output.write(0, b"one\ntwo ", log);
            output.write(1, b"error\n", log);
            output.write(0, b"halves\n\nrest", log);
            output.write(2, b"nowhere\n", log);
            output.flush(log);
            output.flush(log);
        });
        let (info, error) = (Level::Info, Level::Error);
        let expected = [(info, "one"), (error, "error"), (info, "two halves"), (info, ""), (info, "rest")];
        assert_eq!(lines, expected.map(|(level, line)| (level, line.to_owned())));
    }

    #[test]
    fn long_lines_are_divided_between_characters() {
        let long = "é".repeat(LINE_MAX);
        let lines = logged(|output, log| {
            output.write(0, b"a", log);
            output.write(0, long.as_bytes(), log);
            output.flush(log);
        });
        let lengths: Vec<_> = lines.iter().map(|(_, line)| line.len()).collect();
        assert_eq!(lengths, [119, 120, 2]);
        assert_eq!(lines.iter().map(|(_, line)| &**line).collect::<String>(), std::format!("a{long}"));
    }

    #[test]
    fn what_is_not_text_is_replaced() {
        let lines = logged(|output, log| output.write(0, b"a\xffb\xc3\n", log));
        assert_eq!(lines[0].1, "a\u{fffd}b\u{fffd}");
        let bytes = [0xff; LINE_MAX + 1];
        let lines = logged(|output, log| {
            output.write(0, &bytes, log);
            output.flush(log);
        });
        assert_eq!(lines.iter().map(|(_, line)| line.chars().count()).collect::<Vec<_>>(), [LINE_MAX, 1]);
    }
}
