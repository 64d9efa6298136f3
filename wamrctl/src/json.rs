//! JSON as this program prints it: safe for a terminal, and with numbers that every reader takes as they are.

use crate::escape::acts;
use serde::Serialize;
use serde_json::Value as Json;

/// The highest integer that a reader with floats for numbers, such as JavaScript's, keeps apart from its neighbors.
const SAFE: u64 = (1 << 53) - 1;

/// Prints a value to standard output, on one line.
pub fn print(value: &impl Serialize) {
    println!("{}", line(value));
}

/// Prints a value to standard output, on as many lines as it has parts.
pub fn print_pretty(value: &impl Serialize) {
    println!("{}", escape(&serde_json::to_string_pretty(value).expect("text and numbers")));
}

/// A value on one line.
pub fn line(value: &impl Serialize) -> String {
    escape(&serde_json::to_string(value).expect("text and numbers"))
}

/// An integer as a number, or as a string of digits where a reader could change it.
pub fn integer<N: Into<i128>>(number: N) -> Json {
    let number = number.into();
    match i64::try_from(number) {
        Ok(small) if small.unsigned_abs() <= SAFE => small.into(),
        _ => number.to_string().into(),
    }
}

/// A number that is written as [`integer`] says.
#[derive(Clone, Copy)]
pub struct Integer(pub u64);

impl Serialize for Integer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        integer(self.0).serialize(serializer)
    }
}

impl std::fmt::Display for Integer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Escapes what acts on a terminal. JSON demands that of C0 alone. Outside of strings there is nothing of the kind but the ends
/// of lines.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && acts(character) {
            escaped += &format!("\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integers_that_a_float_cannot_represent_are_strings() {
        assert_eq!(integer(SAFE), json!(9_007_199_254_740_991_u64));
        assert_eq!(integer(-(SAFE as i64)), json!(-9_007_199_254_740_991_i64));
        assert_eq!(integer(SAFE + 1), json!("9007199254740992"));
        assert_eq!(integer(i64::MIN), json!("-9223372036854775808"));
        assert_eq!(integer(u64::MAX), json!("18446744073709551615"));
    }

    #[test]
    fn control_characters_are_escaped_and_survive_a_round_trip() {
        let text = "a\u{1b}[2J\n\u{9b}2J\u{7f}\u{202e}ä";
        let value = json!({ text: [text] });
        for printed in [line(&value), escape(&serde_json::to_string_pretty(&value).unwrap())] {
            assert!(printed.chars().all(|character| character == '\n' || !acts(character)), "{printed}");
            assert_eq!(serde_json::from_str::<Json>(&printed).unwrap(), value);
        }
        assert_eq!(line(&value).lines().count(), 1);
    }
}
