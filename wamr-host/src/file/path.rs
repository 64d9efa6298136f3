//! Where the files of apps are.

use heapless::String;
use wamr_device::AppData;

use crate::Error;

/// The most bytes of a file's name.
pub const NAME_MAX: usize = 32;

/// The most bytes of an app's name.
const APP_MAX: usize = 16;
const SIGNER: usize = 16;

/// The most bytes of a [`Path::directory`].
pub const DIRECTORY_MAX: usize = 2 * APP_MAX + 1 + 2 * SIGNER;

/// The most bytes of a [`Path`].
pub const PATH_MAX: usize = DIRECTORY_MAX + 1 + NAME_MAX;

/// The path of a file from the directory of all apps: `DIRECTORY/NAME`.
///
/// It consists of ASCII letters, digits and the characters `-_./`. No part of it is `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    text: String<PATH_MAX>,
    /// The length of the directory.
    directory: u8,
}

impl Path {
    /// The file of an app with this name.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if the app has no name, [`Error::InvalidArgument`] if the file cannot have this name.
    pub(super) fn new(app: &AppData, name: &str) -> Result<Self, Error> {
        let path = Self::directory_of(app)?;
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > NAME_MAX || name.starts_with('.') || !name.bytes().all(is_allowed) {
            return Err(Error::InvalidArgument);
        }
        Ok(path.with_name(name))
    }

    /// The directory of an app, as a path without a name.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if the app has no name.
    pub(super) fn directory_of(app: &AppData) -> Result<Self, Error> {
        if app.name().is_empty() || app.name().len() > APP_MAX {
            return Err(Error::NotSupported);
        }
        let mut path = Self { text: prefix(app.name()), directory: 0 };
        let signer = app.signer();
        signer.iter().flat_map(|signer| signer.as_bytes()).for_each(|byte| hexadecimal(&mut path.text, *byte));
        path.directory = path.text.len() as u8;
        Ok(path)
    }

    /// The file of this name in the same directory.
    pub(super) fn with_name(&self, name: &str) -> Self {
        let mut path = Self { text: String::new(), directory: self.directory };
        // A name that is too long is that of no file.
        [self.directory(), "/", name].into_iter().for_each(|part| _ = path.text.push_str(part));
        path
    }

    /// Returns the whole path.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the directory of the app: its name and the key that signed it, both in hexadecimal.
    pub fn directory(&self) -> &str {
        self.text.get(..self.directory.into()).unwrap_or_default()
    }

    /// Returns the name of the file.
    pub fn name(&self) -> &str {
        self.text.get(usize::from(self.directory) + 1..).unwrap_or_default()
    }
}

/// What the directories of all apps with a name begin with, whoever signed them.
pub(super) fn prefix<const N: usize>(app: &str) -> String<N> {
    let mut prefix = String::new();
    app.bytes().for_each(|byte| hexadecimal(&mut prefix, byte));
    let _ = prefix.push('.');
    prefix
}

fn hexadecimal<const N: usize>(text: &mut String<N>, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        let _ = text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
    }
}
