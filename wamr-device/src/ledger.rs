//! What a device never forgets, whatever is removed from it: the counters of apps, and keys.
//!
//! Two pages in front of the slots. Entries are appended to one of them, and the last of those with the same key counts. When it is
//! full, those that count go to the other page, whose first cell, written last, makes it the one that is read.

use embedded_storage::nor_flash::NorFlashErrorKind;
use wamr_proto::{AppName, Key};

use crate::cell::{CELL, Cell, Kind, number};
use crate::flash::Pages;

/// The first cell of a page.
const HEADER: Kind = *b"WAMRLGR\x01";
/// The others.
const ENTRY: Kind = *b"WAMRENT\x01";

const CELL_SIZE: u32 = CELL as u32;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    /// An app's name; the value is the lowest counter that is accepted.
    Counter = 1,
    /// A public key; the value is 1 when it is trusted, 0 when it was revoked.
    Key = 2,
}

/// Something that a device is to remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    topic: u8,
    key: Key,
    value: u32,
}

impl Entry {
    /// No app of this name with a lower counter is accepted from now on.
    pub(crate) fn counter(name: &AppName, counter: u32) -> Self {
        let mut key = [0; 32];
        key.iter_mut().zip(name.as_str().bytes()).for_each(|(place, byte)| *place = byte);
        Self { topic: Topic::Counter as u8, key, value: counter }
    }

    /// The key is trusted or revoked.
    pub(crate) fn key(key: &Key, trusted: bool) -> Self {
        Self { topic: Topic::Key as u8, key: *key, value: trusted.into() }
    }

    fn encode(&self) -> Cell {
        Cell::new(&ENTRY, &[&self.value.to_le_bytes(), &self.key, &[self.topic]])
    }

    fn decode(cell: &Cell) -> Option<Self> {
        let (value, rest) = number(cell.fields(&ENTRY)?)?;
        let (key, rest) = rest.split_first_chunk()?;
        Some(Self { topic: *rest.first()?, key: *key, value })
    }

    fn is_about_the_same_as(&self, other: &Self) -> bool {
        self.topic == other.topic && self.key == other.key
    }
}

/// How a ledger is read: gives the cell at an offset in the partition.
type Read<'r> = &'r mut dyn FnMut(u32) -> Cell;

/// The ledger, to be read.
pub(crate) struct Ledger<'r> {
    read: Read<'r>,
    page: u32,
    /// Where the page that counts starts, and the number in its header.
    active: Option<(u32, u32)>,
}

impl<'r> Ledger<'r> {
    /// Finds out which of the two pages counts.
    pub fn new(page: u32, read: Read<'r>) -> Self {
        let mut header = |at| Some((at, number(read(at).fields(&HEADER)?)?.0));
        let active = match (header(0), header(page)) {
            (Some(first), Some(second)) if first.1.wrapping_sub(second.1).cast_signed() > 0 => Some(first),
            (first, second) => second.or(first),
        };
        Self { read, page, active }
    }

    /// Looks at the ledger that these bytes are.
    pub fn of<R>(pages: &[u8], look: impl FnOnce(&mut Ledger<'_>) -> R) -> R {
        let mut read = |at| Cell::at(pages, at);
        look(&mut Ledger::new(pages.len() as u32 / 2, &mut read))
    }

    /// The lowest counter that an app of this name may have.
    pub fn lowest_counter(&mut self, name: &AppName) -> u32 {
        self.find(&Entry::counter(name, 0)).unwrap_or(0)
    }

    /// Whether the key was trusted or revoked on this device.
    pub fn is_trusted(&mut self, key: &Key) -> Option<bool> {
        self.find(&Entry::key(key, true)).map(|value| value != 0)
    }

    /// A key that was trusted on this device and not revoked: the first from a place on, and the place behind it.
    pub fn next_trusted(&mut self, from: u32) -> Option<(Key, u32)> {
        (from..self.cells()).find_map(|index| {
            let entry = self.entry(index).filter(|entry| entry.topic == Topic::Key as u8 && entry.value != 0)?;
            self.counts(index, &entry).then_some((entry.key, index + 1))
        })
    }

    /// Whether one more name can be remembered.
    pub fn has_room_for(&mut self, name: &AppName) -> bool {
        let used =
            (1..self.cells()).filter(|index| self.entry(*index).is_some_and(|entry| self.counts(*index, &entry)));
        used.count() < self.cells() as usize - 1 || self.find(&Entry::counter(name, 0)).is_some()
    }

    /// The value of the entry that counts.
    fn find(&mut self, wanted: &Entry) -> Option<u32> {
        (1..self.cells()).rev().find_map(|index| {
            let entry = self.entry(index)?;
            entry.is_about_the_same_as(wanted).then_some(entry.value)
        })
    }

    /// Whether no later entry is about the same.
    fn counts(&mut self, index: u32, entry: &Entry) -> bool {
        !(index + 1..self.cells()).any(|later| self.entry(later).is_some_and(|later| later.is_about_the_same_as(entry)))
    }

    fn entry(&mut self, index: u32) -> Option<Entry> {
        let (start, _) = self.active?;
        Entry::decode(&(self.read)(start + index * CELL_SIZE))
    }

    /// Where the next entry goes, if there is room.
    fn end(&mut self) -> Option<u32> {
        let (start, _) = self.active?;
        (1..self.cells()).map(|index| start + index * CELL_SIZE).find(|at| (self.read)(*at) == Cell::ERASED)
    }

    fn cells(&self) -> u32 {
        self.page / CELL_SIZE
    }
}

/// Appends an entry.
///
/// # Errors
/// That of the flash driver; [`NorFlashErrorKind::OutOfBounds`] when there are too many entries that count.
pub(crate) fn note(flash: &mut dyn Pages, page: u32, entry: &Entry) -> Result<(), NorFlashErrorKind> {
    let look = look(flash, page, |ledger| (ledger.find(entry) == Some(entry.value), ledger.end(), ledger.active));
    match look? {
        (true, ..) => Ok(()),
        (_, Some(end), _) => flash.write(end, &entry.encode()),
        (_, None, active) => compact(flash, page, active, entry),
    }
}

/// Copies the entries that count to the other page, and the new one with them.
fn compact(flash: &mut dyn Pages, page: u32, active: Option<(u32, u32)>, new: &Entry) -> Result<(), NorFlashErrorKind> {
    let to = if matches!(active, Some((0, _))) { page } else { 0 };
    flash.erase(to, to + page)?;
    let mut at = to + CELL_SIZE;
    for index in 1..page / CELL_SIZE {
        let counting = look(flash, page, |ledger| {
            ledger.entry(index).filter(|entry| !entry.is_about_the_same_as(new) && ledger.counts(index, entry))
        })?;
        if let Some(entry) = counting {
            flash.write(at, &entry.encode())?;
            at += CELL_SIZE;
        }
    }
    if at == to + page {
        return Err(NorFlashErrorKind::OutOfBounds);
    }
    flash.write(at, &new.encode())?;
    let number = active.map_or(0, |(_, number)| number.wrapping_add(1));
    flash.write(to, &Cell::new(&HEADER, &[&number.to_le_bytes()]))
}

/// Looks at the ledger in flash. What can't be read is an error, not something to be forgotten.
fn look<R>(flash: &mut dyn Pages, page: u32, look: impl FnOnce(&mut Ledger<'_>) -> R) -> Result<R, NorFlashErrorKind> {
    let mut result = Ok(());
    let mut read = |at| {
        let mut cell = Cell::ERASED;
        result = result.and(flash.read(at, &mut cell));
        cell
    };
    let seen = look(&mut Ledger::new(page, &mut read));
    result.map(|()| seen)
}
