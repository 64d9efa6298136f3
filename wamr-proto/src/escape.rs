//! Escapes untrusted text so that it is safe to display.

use core::fmt::{self, Write};

/// Displays text with escapes for characters that affect more than their own position.
///
/// These are control characters, which can move the cursor, clear a terminal or start a new line, and characters that reorder or
/// break the surrounding text. The escapes are those of a Rust string: `\n`, or `\u{1b}`.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| escape(f, char))
    }
}

/// Writes a character, or its escape.
// Not with `char::escape_default`: it takes 0.4 KB more.
#[inline(never)]
pub(crate) fn escape(f: &mut fmt::Formatter<'_>, char: char) -> fmt::Result {
    match char {
        '\n' => f.write_str(r"\n"),
        '\r' => f.write_str(r"\r"),
        '\t' => f.write_str(r"\t"),
        _ if acts(char) => write!(f, r"\u{{{:x}}}", u32::from(char)),
        _ => f.write_char(char),
    }
}

/// C0, delete and C1; bidirectional marks, embeddings, overrides and isolates; line and paragraph separators.
fn acts(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> heapless::String<128> {
        let mut shown = heapless::String::new();
        write!(shown, "{}", Escaped(text)).unwrap();
        shown
    }

    #[test]
    fn text_that_can_only_be_seen_stays_as_it_is() {
        for text in ["", "a line", r#"C:\dir "quoted" 'x'"#, "größe 温度 👩‍🔧 ‌می‌خواهم", " 𐏿\u{fffd}"]
        {
            assert_eq!(escaped(text), *text);
        }
    }

    #[test]
    fn what_acts_on_a_terminal_or_on_other_text_is_escaped() {
        assert_eq!(escaped("\x1b[2J\x1b]0;title\x07"), *r"\u{1b}[2J\u{1b}]0;title\u{7}");
        assert_eq!(escaped("one\r\ntwo\tthree\0\x7f"), *r"one\r\ntwo\tthree\u{0}\u{7f}");
        assert_eq!(escaped("\u{9b}2J \u{80}\u{85}\u{9f}"), *r"\u{9b}2J \u{80}\u{85}\u{9f}");
        assert_eq!(escaped("\u{202e}gnp.exe\u{202c} \u{2066}\u{2069}"), *r"\u{202e}gnp.exe\u{202c} \u{2066}\u{2069}");
        assert_eq!(escaped("\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}"), *r"\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}");
    }

    /// The characters of Unicode 16 with the property Bidi_Control and with the general categories Cc, Zl and Zp.
    #[test]
    fn no_character_of_those_kinds_is_forgotten() {
        let ranges = [0..=0x1f, 0x7f..=0x9f, 0x61c..=0x61c, 0x200e..=0x200f, 0x2028..=0x202e, 0x2066..=0x2069];
        for char in '\0'..=char::MAX {
            let expected = ranges.iter().any(|range| range.contains(&u32::from(char)));
            assert_eq!(acts(char), expected, "{:x}", u32::from(char));
        }
    }
}
