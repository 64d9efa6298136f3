//! What modules, devices and files are called, before a terminal sees it.

use std::fmt::Display;
use wamr_client::proto::Escaped;

/// Text that may come from a stranger, on one line and without a way to move the cursor, color text or reorder it.
///
/// All that this program prints goes through here or, as JSON, through [`json`](crate::json); failures do so by themselves.
pub fn shown(text: impl Display) -> String {
    Escaped(&text.to_string()).to_string()
}

/// Whether a character does more than to be seen.
pub fn acts(character: char) -> bool {
    let mut bytes = [0; 4];
    let text = &*character.encode_utf8(&mut bytes);
    Escaped(text).to_string() != text
}
