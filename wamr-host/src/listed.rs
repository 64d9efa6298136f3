//! What the manifests of loaded apps list of a group whose resources the firmware does not name.

use heapless::Vec;
use wamr_proto::{Bounded, ErrorCode, Refusal};

/// The most different entries of the manifests of all loaded apps together.
pub const LISTED_MAX: usize = 16;

/// The most entries of one manifest, so that one app leaves some for others.
pub const LISTED_OF_ONE_MAX: usize = LISTED_MAX / 4;

/// Entries of at most `LENGTH` bytes, each with the apps that list it.
pub struct Listed<const LENGTH: usize>(Vec<Entry<LENGTH>, LISTED_MAX>);

struct Entry<const LENGTH: usize> {
    text: Bounded<LENGTH>,
    /// One bit for the number of each app.
    apps: u32,
}

impl<const LENGTH: usize> Listed<LENGTH> {
    /// No app lists anything.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The manifest of an app lists these.
    ///
    /// # Errors
    /// If there are too many, or no room for them, or one is too long.
    pub fn add<'t>(&mut self, app: u8, texts: impl Iterator<Item = &'t str>) -> Result<(), Full> {
        for (index, text) in texts.enumerate() {
            if index >= LISTED_OF_ONE_MAX {
                return Err(Full::One);
            }
            self.add_one(app, text).ok_or(Full::All)?;
        }
        Ok(())
    }

    fn add_one(&mut self, app: u8, text: &str) -> Option<()> {
        let known = self.0.iter_mut().find(|entry| entry.text.as_str() == text);
        match known {
            Some(entry) => entry.apps |= 1 << app,
            None => self.0.push(Entry { text: Bounded::new(text)?, apps: 1 << app }).ok()?,
        }
        Some(())
    }

    /// Returns what the manifest of an app lists.
    pub fn of(&self, app: u8) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |entry| entry.apps & 1 << app != 0).map(|entry| entry.text.as_str())
    }

    /// An app is gone.
    pub fn forget(&mut self, app: u8) {
        self.0.iter_mut().for_each(|entry| entry.apps &= !(1 << app));
        self.0.retain(|entry| entry.apps != 0);
    }
}

/// Why [`Listed::add`] has no room.
pub enum Full {
    /// The manifest lists too much.
    One,
    /// The manifests of all apps together do.
    All,
}

impl Full {
    /// The refusal of the app, with one of these messages.
    pub fn refusal(self, one: &str, all: &str) -> Refusal {
        let (bound, message) = match self {
            Self::One => (LISTED_OF_ONE_MAX, one),
            Self::All => (LISTED_MAX, all),
        };
        Refusal { bound: Some(bound as u32), ..Refusal::new(ErrorCode::LimitExceeded, message) }
    }
}
